package trials

import "time"

// Ref is the fence: a write that names a (trial, attempt) which is not live is
// stale.
type Ref struct {
	Trial   int64 `json:"trial"` // internal number
	Attempt int   `json:"attempt"`
}

// Lease is one attempt handed to a worker.
type Lease struct {
	Ref
	SweepID    string        `json:"sweep_id"`
	Number     int           `json:"number"` // of the trial in its sweep
	Token      string        `json:"token"`  // of this attempt
	Run        string        `json:"run"`
	Experiment string        `json:"experiment"` // name
	Devices    []string      `json:"devices,omitempty"`
	Good       time.Duration `json:"good"` // how long from the sending of the claim
	Resume     bool          `json:"resume,omitempty"`
	Task       Task          `json:"task"`
}

// Signal is what a worker is told about an attempt it holds.
type Signal struct {
	Ref
	Stale  bool          `json:"stale,omitempty"`  // not held any more: kill it, send nothing
	Stop   bool          `json:"stop,omitempty"`   // early stopping: go down the ladder
	Cancel bool          `json:"cancel,omitempty"` // by a person: go down the ladder
	Reason string        `json:"reason,omitempty"`
	Good   time.Duration `json:"good,omitempty"` // new length of the lease, from the sending of the beat
}

// Outcome is how an attempt ended, as its worker saw it. The server makes the
// final verdict of it: a success without the objective is a failure.
type Outcome struct {
	Verdict     Verdict            `json:"verdict"` // succeeded, stopped, failed, preempted, lost, cancelled
	Failure     *Failure           `json:"failure,omitempty"`
	Seconds     float64            `json:"seconds"`          // from start to end of the process
	Result      map[string]float64 `json:"result,omitempty"` // result file or what python: returned; one more reading at the end
	Predictions []Prediction       `json:"predictions,omitempty"`
	Peaks       Peaks              `json:"peaks"`
}

// Settlement ends an attempt.
type Settlement struct {
	Ref
	Outcome Outcome `json:"outcome"`
}

// Settled is the answer to a Settlement.
type Settled string

// The answers. Repeated: the same verdict is there already. Stale: the attempt
// was taken back; forget it.
const (
	SettledOK       Settled = "ok"
	SettledRepeated Settled = "repeated"
	SettledStale    Settled = "stale"
)

// Claim asks for attempts.
type Claim struct {
	Worker  string            `json:"worker"`
	ClaimID string            `json:"claim_id"` // the worker's own: the same again gives the same leases
	Slots   int               `json:"slots"`    // attempts wanted at most
	CPU     float64           `json:"cpu"`      // cores free
	Memory  int64             `json:"memory"`   // bytes free to promise; 0: not counted
	Devices []string          `json:"devices,omitempty"`
	Labels  map[string]string `json:"labels,omitempty"`
	Wait    time.Duration     `json:"wait"` // how long to wait for work, at most 50 s
	Settle  []Settlement      `json:"settle,omitempty"`
}

// Claimed answers a Claim. Settled has one entry per Settle, in order.
type Claimed struct {
	Settled []Settled `json:"settled,omitempty"`
	Leases  []Lease   `json:"leases,omitempty"`
	Drain   bool      `json:"drain,omitempty"` // claim no more
}

// Beat renews all that a worker holds and fetches signals. With Wait the answer
// comes as soon as there is a signal, at the latest when Wait is over; the
// renewal itself is done before waiting.
type Beat struct {
	Worker string          `json:"worker"`
	Held   []Ref           `json:"held"`
	Peaks  map[int64]Peaks `json:"peaks,omitempty"` // by trial
	Wait   time.Duration   `json:"wait,omitempty"`
}

// Beaten answers a Beat: one Signal per attempt held, even when there is
// nothing to say, since it carries the new length of the lease.
type Beaten struct {
	Signals []Signal `json:"signals"`
	Drain   bool     `json:"drain,omitempty"`
}
