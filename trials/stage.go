package trials

import (
	"time"

	"github.com/sweepd/sweepd/search"
)

// StageState is where a stage stands.
type StageState string

// The states of a stage. All but waiting and open are final.
const (
	StageWaiting   StageState = "waiting" // for the stages it comes after
	StageOpen      StageState = "open"
	StageFinished  StageState = "finished"
	StageExhausted StageState = "exhausted" // every branch ran out of points before its budget
	StageSkipped   StageState = "skipped"   // nothing to do: empty for_each, or `when` was false
	StageFailed    StageState = "failed"
)

// Ended tells whether the state is final.
func (s StageState) Ended() bool { return s != StageWaiting && s != StageOpen }

// Stage is a phase of a sweep as it runs; what it does is in the Spec.
type Stage struct {
	No       int64
	Sweep    int64
	Index    int // position in Spec.Stages
	Name     string
	State    StageState
	Why      string
	Budget   int    // trials it may create, 0: no limit of its own
	Proposed int    // trials created
	Output   []byte // JSON: an ensemble's summary; nil when there is none
	Opened   time.Time
	Ended    time.Time
	Seq      int64
}

// Branch is one space of a search stage with one Sampler and one Stopper. A
// stage without for_each has one branch named "".
type Branch struct {
	No        int64
	Sweep     int64
	Stage     int64
	StageName string
	Index     int
	Name      string             // the item, as text
	Each      map[string]any     // loop name -> item; nil without for_each
	Space     *search.Definition // resolved when the stage opened; nil with points
	Seed      uint64
	Budget    int  // trials of its own; with a shared split the least it may claim
	Shared    bool // may use what the other branches of the stage leave
	Proposed  int  // trials created = k of the next proposal
	Exhausted bool
	Open      bool
	Seq       int64
}
