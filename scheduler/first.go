package scheduler

import (
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
)

// early watches the first attempts of a sweep: whether they fail alike, and
// whether one ended well without the objective. A person who resumes the sweep
// has seen it: what failed before does not count again.
type early struct {
	since  int64 // change number of the last resume
	alike  map[string]*plan.Alike
	seen   map[int]bool // trials whose failure is counted
	silent *plan.Silent
}

// failed takes in a failed attempt. Memory that a ladder answers to is no sign
// that the sweep as a whole is wrong.
func (e *early) failed(t *trial, a *trials.Attempt) {
	if a.Seq <= e.since {
		return
	}
	if a.Failure.Class == trials.ClassNoObjective {
		if e.silent == nil {
			e.silent = &plan.Silent{Trial: t.Number, Seen: a.Failure.Seen}
		}
		return
	}
	if a.Failure.Class.OOM() && t.stage.spec.OnOOM != nil || e.seen[t.Number] {
		return
	}
	print := a.Failure.Fingerprint
	if print == "" {
		print = string(a.Failure.Class) + a.Failure.Message
	}
	if e.alike == nil {
		e.alike, e.seen = map[string]*plan.Alike{}, map[int]bool{}
	}
	e.seen[t.Number] = true
	if e.alike[print] == nil {
		e.alike[print] = &plan.Alike{Fingerprint: print, Message: a.Failure.Message, Trial: t.Number}
	}
	e.alike[print].Count++
}

func (e *early) resumed(seq int64) {
	if seq > e.since {
		*e = early{since: seq}
	}
}

// most gives the failures that are alike, when all are.
func (e *early) most() plan.Alike {
	if len(e.alike) != 1 {
		return plan.Alike{}
	}
	for _, a := range e.alike {
		return *a
	}
	return plan.Alike{}
}
