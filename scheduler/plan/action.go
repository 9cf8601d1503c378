// Package plan is policy: a view of a sweep in, actions out. Next is a pure
// function - no clock, no store, no sampler - so that the same view gives the
// same actions, and none once they are applied.
package plan

import (
	"fmt"
	"time"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// Action is one decision. Applying it is guarded by the state it was made
// from: an action whose guard fails is skipped, and the next view shows why.
type Action interface {
	fmt.Stringer
	action()
}

// NewBranch is a branch that OpenStage makes.
type NewBranch struct {
	Name   string
	Each   map[string]any
	Space  *search.Definition // nil with points
	Seed   uint64
	Budget int
	Shared bool
}

// The actions, each with its guard.
type (
	// OpenStage opens a stage with its branches. Guard: the stage is waiting.
	// Skip ends it at once as skipped with Why.
	OpenStage struct {
		Stage    int64
		Name     string
		Branches []NewBranch
		Budget   int
		Skip     bool
		Why      string
	}
	// Ask wants n proposals from the branch's sampler. It is carried out by the
	// scheduler outside any transaction and ends in a Create.
	Ask struct {
		Branch int64
		Name   string // stage/branch, for people
		N      int
	}
	// Stop asks a running trial to stop early. Guard: the attempt is live and
	// not asked yet.
	Stop struct {
		Trial   int64
		Number  int
		Attempt int
		Verdict search.Verdict
	}
	// Record stores a verdict that lets a trial go on. Guard: not recorded yet.
	Record struct {
		Trial   int64
		Number  int
		Verdict search.Verdict
	}
	// Retry queues the next attempt. Guard: the trial is running, its attempts
	// so far are Attempts and none is held, queued or live.
	Retry struct {
		Trial     int64
		Number    int
		Attempts  int
		Effective search.Point // nil: as before
		OOM       bool         // a rung of the ladder
		NotBefore time.Time
		Why       string
	}
	// Fail gives a trial up. Guard: as Retry.
	Fail struct {
		Trial    int64
		Number   int
		Attempts int
		Why      string
	}
	// Cancel ends a trial that no worker holds: its time is up before it began,
	// or before it could begin again. Guard: its attempts so far are Attempts
	// and the newest is held or queued; that attempt ends as cancelled too.
	Cancel struct {
		Trial    int64
		Number   int
		Attempts int
		Why      string
	}
	// Exhaust closes a branch that has no more points; a shared budget flows on
	// to the others. Guard: the branch is open and its proposals so far are K.
	Exhaust struct {
		Branch int64
		Name   string
		K      int
	}
	// FinishStage ends a stage. Guard: it is open, no trial of it is open and no
	// proposal is owed (Proposed trials so far).
	FinishStage struct {
		Stage    int64
		Name     string
		State    trials.StageState
		Proposed int
		Why      string
	}
	// BuildEnsemble is carried out by the scheduler outside any transaction and
	// ends in SaveEnsemble.
	BuildEnsemble struct {
		Stage int64
		Name  string
	}
	// FinishSweep ends the sweep. Guard: no stage waiting or open.
	FinishSweep struct {
		State trials.SweepState
		Why   string
	}
	// Pause holds the sweep until a person resumes it. Guard: running.
	Pause struct {
		Code string
		Why  string
	}
)

func (OpenStage) action()     {}
func (Ask) action()           {}
func (Stop) action()          {}
func (Record) action()        {}
func (Retry) action()         {}
func (Fail) action()          {}
func (Cancel) action()        {}
func (Exhaust) action()       {}
func (FinishStage) action()   {}
func (BuildEnsemble) action() {}
func (FinishSweep) action()   {}
func (Pause) action()         {}

func (a OpenStage) String() string {
	if a.Skip {
		return fmt.Sprintf("skip stage %s: %s", a.Name, a.Why)
	}
	return fmt.Sprintf("open stage %s: %d branches, budget %d", a.Name, len(a.Branches), a.Budget)
}
func (a Ask) String() string { return fmt.Sprintf("ask %s for %d", a.Name, a.N) }
func (a Stop) String() string {
	return fmt.Sprintf("stop %d/%d: %s", a.Number, a.Attempt, Reason(a.Verdict))
}
func (a Record) String() string { return fmt.Sprintf("keep %d: %s", a.Number, Reason(a.Verdict)) }
func (a Retry) String() string {
	return fmt.Sprintf("retry %d after %d: %s", a.Number, a.Attempts, a.Why)
}

func (a Fail) String() string {
	return fmt.Sprintf("fail %d after %d: %s", a.Number, a.Attempts, a.Why)
}
func (a Cancel) String() string { return fmt.Sprintf("cancel %d: %s", a.Number, a.Why) }
func (a Exhaust) String() string {
	return fmt.Sprintf("exhaust %s at %d", a.Name, a.K)
}

func (a FinishStage) String() string   { return fmt.Sprintf("finish stage %s: %s", a.Name, a.State) }
func (a BuildEnsemble) String() string { return fmt.Sprintf("build ensemble %s", a.Name) }
func (a FinishSweep) String() string   { return fmt.Sprintf("finish sweep: %s", a.State) }
func (a Pause) String() string         { return fmt.Sprintf("pause: %s", a.Why) }

// Reason is a verdict as a sentence. The numbers are losses; the scheduler turns
// their sign for a goal of maximize before it stores the text.
func Reason(v search.Verdict) string {
	if v.Rule == Wall {
		return "stopped early: the time of the sweep is up"
	}
	return v.Reason()
}
