package api

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// summary is what an overview is made of, kept per sweep and brought up to date
// by what changed, so that a page costs O(changes) to read and not O(history).
type summary struct {
	mu     sync.Mutex
	seq    int64
	last   *scheduler.Changes // sweep, stages and branches as they are now
	rows   map[int]row        // by trial number
	groups map[int]string     // whom a judged trial was ranked with; no entry is the branch
	rungs  map[rungKey]*rungCount
}

// row is what an overview keeps of a trial.
type row struct {
	state    trials.TrialState
	value    *float64 // final
	best     *float64
	resource int
	stage    string
	branch   int64
	ended    float64 // seconds since the sweep started; negative while it goes on
}

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

// summaries finds a sweep's summary. The zero value is ready.
type summaries struct {
	mu sync.Mutex
	of map[int64]*summary
}

// keptSummaries bounds the memory of a server that shows many sweeps.
const keptSummaries = 64

func (ss *summaries) get(sweep int64) *summary {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.of == nil {
		ss.of = map[int64]*summary{}
	}
	sm := ss.of[sweep]
	if sm == nil {
		if len(ss.of) >= keptSummaries {
			clear(ss.of)
		}
		sm = &summary{rows: map[int]row{}, groups: map[int]string{}, rungs: map[rungKey]*rungCount{}}
		ss.of[sweep] = sm
	}
	return sm
}

// update folds what changed since the last time. The caller holds mu.
func (sm *summary) update(ctx context.Context, r Reader, sweep int64) error {
	for {
		c, err := r.Changes(ctx, sweep, sm.seq, 10000)
		if err != nil {
			return err
		}
		sm.fold(c)
		if !c.More {
			return nil
		}
	}
}

func (sm *summary) fold(c *scheduler.Changes) {
	for i := range c.Trials {
		t := &c.Trials[i]
		rw := row{state: t.State, value: t.Value, best: t.Best, resource: t.Resource, stage: t.StageName, branch: t.Branch, ended: -1}
		if !t.Ended.IsZero() && !c.Sweep.Started.IsZero() {
			rw.ended = t.Ended.Sub(c.Sweep.Started).Seconds()
		}
		sm.rows[t.Number] = rw
	}
	for _, d := range c.Decisions {
		if d.Kind == "stop" || d.Kind == "promote" {
			sm.judged(d)
		}
	}
	sm.seq, sm.last = c.Seq, c
	sm.last.Trials, sm.last.Attempts, sm.last.Readings, sm.last.Decisions = nil, nil, nil, nil
}

// judged counts a verdict on its rung, in the branch of its trial. A verdict may
// be read twice.
func (sm *summary) judged(d trials.Decision) {
	var v search.Verdict
	if json.Unmarshal(d.Payload, &v) != nil {
		return
	}
	if v.Group != "" {
		sm.groups[d.Trial] = v.Group
	}
	key := rungKey{sm.rows[d.Trial].branch, v.Group, v.Resource}
	r := sm.rungs[key]
	if r == nil {
		r = &rungCount{judged: map[int]bool{}}
		sm.rungs[key] = r
	}
	if !r.judged[d.Trial] {
		r.judged[d.Trial] = true
		r.reached++
		if !v.Stop {
			r.promoted++
		}
	}
	r.cut = v.Cut
}
