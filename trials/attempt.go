package trials

import (
	"time"

	"github.com/sweepd/sweepd/search"
)

// AttemptState is where an attempt stands.
type AttemptState string

// The states of an attempt. Held ones wait for the sweep's own parallel bound,
// queued ones for a worker.
const (
	AttemptHeld   AttemptState = "held"
	AttemptQueued AttemptState = "queued"
	AttemptLive   AttemptState = "live"
	AttemptEnded  AttemptState = "ended"
)

// Verdict is how an attempt ended.
type Verdict string

// The verdicts. Lost, Preempted and Undelivered put the trial back in the
// queue; they never count as the user's failure.
const (
	Succeeded       Verdict = "succeeded"
	VerdictStopped  Verdict = "stopped"
	VerdictFailed   Verdict = "failed"
	Lost            Verdict = "lost"
	Preempted       Verdict = "preempted"
	Undelivered     Verdict = "undelivered" // claimed, never renewed: free of every budget
	VerdictCanceled Verdict = "cancelled"
)

// Attempt is one try at a trial: made once, claimed at most once.
type Attempt struct {
	Trial      int64
	TrialNo    int // number of the trial in its sweep
	Number     int // from 1
	Sweep      int64
	State      AttemptState
	Worker     string // id; "" before it is claimed
	ClaimID    string
	Devices    []string     // GPU uuids
	Effective  search.Point // nil: the trial's point
	StopAsked  bool
	StopReason string
	Delivered  bool // the stop was handed to the worker
	Bound      bool // the trial view has bound the trial's run
	Verdict    Verdict
	Failure    *Failure
	Peaks      Peaks
	Priority   int
	VTime      float64
	NotBefore  time.Time // not claimed earlier; zero: at once
	Queued     time.Time
	Claimed    time.Time
	Started    time.Time
	Ended      time.Time
	LeaseUntil time.Time
	Seq        int64
}

// Peaks is the most an attempt used.
type Peaks struct {
	RSS        int64   `json:"rss,omitempty"`        // bytes, sum over the process tree
	GPUMemory  int64   `json:"gpu_memory,omitempty"` // bytes
	CPUSeconds float64 `json:"cpu_seconds,omitempty"`
}
