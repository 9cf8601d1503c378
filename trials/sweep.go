package trials

import (
	"time"

	"github.com/sweepd/sweepd/trials/spec"
)

// SweepState is where a sweep stands.
type SweepState string

// The states of a sweep. Finished, SweepFailed and SweepCancelled are final.
const (
	SweepRunning   SweepState = "running"
	SweepPaused    SweepState = "paused" // by a person or by the system; nothing new is queued, live attempts go on
	SweepFinished  SweepState = "finished"
	SweepFailed    SweepState = "failed" // a stage could not be opened or built; Why names it
	SweepCancelled SweepState = "cancelled"
)

// Ended tells whether the state is final.
func (s SweepState) Ended() bool {
	return s == SweepFinished || s == SweepFailed || s == SweepCancelled
}

// Sweep is one submission.
type Sweep struct {
	No         int64  // internal number, the key of everything inside
	ID         string // public, "s-" and 10 characters of lower-case base32
	Name       string
	Owner      string     // of the token that submitted it
	Experiment string     // MLflow experiment id
	Source     string     // the text as submitted, YAML or JSON
	Spec       *spec.Spec // resolved
	Code       string     // digest of the frozen directory, "" when there is none
	State      SweepState
	Why        string // reason of a pause, a failure, a cancellation; empty otherwise
	WhyCode    string // stable word of that reason: objective_never_reported, early_failures, by_user, ...
	Seq        int64  // number of the last change
	Revision   int64  // bumped by user commands; an Ask made under another revision is refused
	Priority   int
	Weight     float64
	Counts     Counts
	Best       *Best // over the completed trials of stages with the sweep's own objective; nil before the first
	Created    time.Time
	Started    time.Time // first claim; zero before
	Ended      time.Time // zero while it goes on
}

// Counts are a sweep's counters, kept in the transaction that changes them.
type Counts struct {
	Created   int     `json:"created"` // trials that count against the budget
	Queued    int     `json:"queued"`  // trials not started, held ones included
	Running   int     `json:"running"`
	Completed int     `json:"completed"`
	Stopped   int     `json:"stopped"`
	Failed    int     `json:"failed"`
	Cancelled int     `json:"cancelled"`
	Attempts  int     `json:"attempts"` // ever made
	Live      int     `json:"live"`     // attempts queued or live: what parallel bounds
	Held      int     `json:"held"`
	Seconds   float64 `json:"seconds"`  // of all ended attempts
	Readings  int64   `json:"readings"` // of the objective
}

// Open is the number of trials that have not ended.
func (c Counts) Open() int { return c.Queued + c.Running }

// Best is the best completed trial.
type Best struct {
	Trial int     `json:"trial"`
	Value float64 `json:"value"`
	Step  int64   `json:"step"`
}
