package trials

import (
	"time"

	"github.com/sweepd/sweepd/search"
)

// TrialState is where a trial stands.
type TrialState string

// The states of a trial.
const (
	Queued    TrialState = "queued" // not started; its attempt may be held
	Running   TrialState = "running"
	Completed TrialState = "completed"
	Stopped   TrialState = "stopped" // early, by a stopper; never "pruned"
	Failed    TrialState = "failed"
	Cancelled TrialState = "cancelled"
)

// Ended tells whether the state is final.
func (s TrialState) Ended() bool { return s != Queued && s != Running }

// Trial is one configuration.
type Trial struct {
	No        int64 // internal
	Sweep     int64
	Number    int // within the sweep, from 1
	Stage     int64
	StageName string
	Branch    int64
	K         int // the branch's proposal counter, -1 for one that no sampler made
	Replicate int
	UserID    string       // the user's own id of a point, "" when none
	Name      string       // likewise
	Point     search.Point // as proposed
	Hash      string       // canonical, unique with branch and replicate
	Effective search.Point // as the last attempt ran it; nil: Point
	By        string       // who proposed it
	Note      string       // why
	State     TrialState
	Reason    string   // why it stopped or failed, for people
	Value     *float64 // the objective, reduced; set when it completed
	Best      *float64 // best reading so far of the current attempt
	BestStep  int64
	Last      *float64 // last reading
	LastStep  int64
	Resource  int    // ordinal of the last reading: distinct steps so far
	Run       string // MLflow run id
	Seed      uint64
	Attempts  int // made so far; the number of the newest
	OOMs      int // rungs of the ladder taken
	Losses    int // attempts lost or preempted
	Failures  int // attempts failed by the user's own fault
	Failure   *Failure
	Files     []Prediction // validated prediction files of the attempt that settled
	Created   time.Time
	Started   time.Time // first attempt's start
	Ended     time.Time
	Seconds   float64 // of all its attempts
	Seq       int64
}

// Params is what the trial ran with: Effective, else Point.
func (t *Trial) Params() search.Point {
	if t.Effective != nil {
		return t.Effective
	}
	return t.Point
}

// Prediction is a prediction file that an attempt left and the server keeps.
type Prediction struct {
	Split  string `json:"split"` // oof, val, test
	Name   string `json:"name"`  // file name
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
	Rows   int    `json:"rows,omitempty"`
	Cols   int    `json:"cols,omitempty"`
}

// Reading is a point of the objective on the trial's own run.
type Reading struct {
	Trial   int64
	Number  int // of the trial
	Attempt int
	Step    int64
	Ordinal int     // distinct steps so far in this attempt, from 1
	Value   float64 // NaN and infinities allowed
	At      time.Time
	Seq     int64
}
