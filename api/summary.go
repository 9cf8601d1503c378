package api

import (
	"context"
	"sync"
	"time"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// summary is what an overview is made of, kept per sweep and brought up to date
// by what changed: a page costs O(changes) and its own caps, never O(history).
// The first page after a start reads the history once.
type summary struct {
	mu      sync.Mutex
	loaded  bool
	seq     int64
	last    *scheduler.Changes // sweep, stages and branches as they are now
	rows    map[int]row        // by trial number
	corners []corner           // of the best so far, by time; each better than the one before
	dots    map[int]dot        // by trial number, at most maxDots
	stride  int                // dots are kept of trials whose number it divides
	stages  map[string]*tally
	rungs   map[rungKey]*rungCount

	page    wire.Overview // made last, with pageTop rows at change number page.Seq
	pageTop int           // 0: none was made
}

// row is what is kept of a trial.
type row struct {
	state    trials.TrialState
	value    *float64 // final
	best     *float64
	resource int
	stage    string
	branch   int64
	ended    time.Time // zero while it goes on
}

// corner is where the best value so far changed.
type corner struct {
	at    time.Time
	value float64
	trial int
}

// dot is a result at its time.
type dot struct {
	at    time.Time
	value float64
	state trials.TrialState
}

// tally counts a stage's trials that ran to their end, and those that were
// stopped early, by how far they came.
type tally struct{ completed, stopped map[int]int }

type rungKey struct {
	branch   int64
	group    string
	resource float64
}

type rungCount struct {
	reached, promoted int
	cut               float64 // a loss
	judged            map[int]bool
}

func newSummary() *summary {
	return &summary{
		rows: map[int]row{}, dots: map[int]dot{}, stride: 1, stages: map[string]*tally{}, rungs: map[rungKey]*rungCount{},
	}
}

// update folds what changed since the last time. The caller holds mu.
func (sm *summary) update(ctx context.Context, r Reader, sw *trials.Sweep) error {
	if !sm.loaded {
		if err := sm.load(ctx, r, sw); err != nil {
			return err
		}
		sm.loaded = true
	}
	for {
		c, err := r.Changes(ctx, sw.No, sm.seq, 10000)
		if err != nil {
			return err
		}
		sm.fold(sw.Spec.Objective.Goal, c.Trials, c.Decisions)
		sm.seq = c.Seq
		if !c.More {
			sm.last = &scheduler.Changes{Sweep: c.Sweep, Stages: c.Stages, Branches: c.Branches}
			return nil
		}
	}
}

// load reads the trials and decisions there are. What changes meanwhile is read
// again by the update that follows, and folding twice changes nothing.
func (sm *summary) load(ctx context.Context, r Reader, sw *trials.Sweep) error {
	const chunk = 10000
	seq := int64(-1)
	for q := (trials.TrialQuery{Limit: chunk}); ; {
		page, err := r.Trials(ctx, sw.No, q)
		if err != nil {
			return err
		}
		if seq < 0 {
			seq = page.Seq
		}
		sm.fold(sw.Spec.Objective.Goal, page.Trials, nil)
		if q.Page = page.Next; q.Page == "" {
			break
		}
	}
	for after := int64(0); ; {
		ds, more, err := decisions(ctx, r, sw.No, 0, after, chunk)
		if err != nil {
			return err
		}
		sm.fold(sw.Spec.Objective.Goal, nil, ds)
		if !more {
			break
		}
		after = ds[len(ds)-1].Seq
	}
	sm.seq = seq
	return nil
}

// fold takes trials and decisions in; the same again changes nothing.
func (sm *summary) fold(goal spec.Goal, ts []trials.Trial, ds []trials.Decision) {
	for i := range ts {
		t := &ts[i]
		now := row{state: t.State, value: t.Value, best: t.Best, resource: t.Resource, stage: t.StageName, branch: t.Branch, ended: t.Ended}
		before, was := sm.rows[t.Number]
		sm.rows[t.Number] = now
		if was {
			sm.count(before, -1)
		}
		sm.count(now, 1)
		sm.draw(t.Number, now)
		switch {
		case was && before.value != nil && (now.value == nil || *now.value != *before.value || !now.ended.Equal(before.ended)):
			sm.retrace(goal)
		case now.value != nil && !now.ended.IsZero() && (!was || before.value == nil):
			sm.trace(goal, corner{now.ended, *now.value, t.Number})
		}
	}
	for _, d := range ds {
		if d.Kind == "stop" || d.Kind == "promote" {
			sm.judged(d)
		}
	}
}

// result is what a trial came to: its value, or for one stopped early its best
// reading.
func (r row) result() *float64 {
	if r.value != nil {
		return r.value
	}
	if r.state == trials.Stopped {
		return r.best
	}
	return nil
}
