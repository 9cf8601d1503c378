package api

import (
	"context"
	"sync"

	"github.com/sweepd/sweepd/trials"
)

// stages keeps the stages of sweeps as they were at a change number, so that a
// list of sweeps costs one query and one more for each sweep that has changed.
// The zero value is ready.
type stages struct {
	mu sync.Mutex
	of map[int64]staged // by sweep
}

type staged struct {
	seq      int64
	stages   []trials.Stage
	branches []trials.Branch
}

// keptStages is a page of the longest list.
const keptStages = 1000

// get gives the stages and branches of a sweep, at least as new as sw. They are
// shared and not to be changed.
func (ss *stages) get(ctx context.Context, r Reader, sw *trials.Sweep) ([]trials.Stage, []trials.Branch, error) {
	ss.mu.Lock()
	kept, ok := ss.of[sw.No]
	ss.mu.Unlock()
	if ok && kept.seq >= sw.Seq {
		return kept.stages, kept.branches, nil
	}
	st, br, err := r.Stages(ctx, sw.No)
	if err != nil {
		return nil, nil, err
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.of == nil || len(ss.of) >= keptStages {
		ss.of = map[int64]staged{}
	}
	ss.of[sw.No] = staged{sw.Seq, st, br}
	return st, br, nil
}
