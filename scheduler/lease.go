package scheduler

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// sheet is what leases of a sweep are made from; it never changes.
type sheet struct {
	id, code string
	spec     *spec.Spec
	stages   map[int64]int // number of a stage -> its index in the spec
}

// sheets keeps the sheets of sweeps whose attempts were claimed lately.
type sheets struct {
	mu sync.Mutex
	m  map[int64]*sheet
}

const maxSheets = 256

// sheet gives a sweep's sheet, from memory or from the rows.
func (s *Scheduler) sheet(ctx context.Context, sweep int64) (*sheet, error) {
	s.sheets.mu.Lock()
	got := s.sheets.m[sweep]
	s.sheets.mu.Unlock()
	if got != nil {
		return got, nil
	}
	c, err := s.store.Changes(ctx, sweep, math.MaxInt64-1, 1) // nothing changed since: the nouns alone
	if err != nil {
		return nil, err
	}
	got = &sheet{id: c.Sweep.ID, code: c.Sweep.Code, spec: c.Sweep.Spec, stages: map[int64]int{}}
	for _, st := range c.Stages {
		got.stages[st.No] = st.Index
	}
	s.sheets.mu.Lock()
	defer s.sheets.mu.Unlock()
	if s.sheets.m == nil || len(s.sheets.m) >= maxSheets {
		s.sheets.m = map[int64]*sheet{}
	}
	s.sheets.m[sweep] = got
	return got, nil
}

// lease makes what a worker is handed of an attempt that it claimed.
func (s *Scheduler) lease(ctx context.Context, c Claimed) (trials.Lease, error) {
	sh, err := s.sheet(ctx, c.Sweep)
	if err != nil {
		return trials.Lease{}, err
	}
	i, ok := sh.stages[c.Trial.Stage]
	if !ok || i >= len(sh.spec.Stages) {
		return trials.Lease{}, fmt.Errorf("trial %d of sweep %s belongs to stage %d, which the sweep does not have", c.Trial.Number, sh.id, c.Trial.Stage)
	}
	l := trials.Lease{
		Ref:     trials.Ref{Trial: c.Trial.No, Attempt: c.Attempt.Number},
		SweepID: sh.id, Number: c.Trial.Number, Run: c.Trial.Run, Experiment: sh.spec.Name,
		Devices: c.Attempt.Devices, Good: s.o.TTL / 2,
	}
	if left := c.Attempt.LeaseUntil.Sub(s.o.Now()); !c.Attempt.LeaseUntil.IsZero() && left > 0 {
		l.Good = min(l.Good, left) // claimed a while ago: the reply was lost
	}
	if s.o.Mint != nil {
		l.Token = s.o.Mint(c.Sweep, c.Trial.No, c.Attempt.Number, c.Trial.Run)
	}
	st := &sh.spec.Stages[i]
	vars := spec.TrialVars{ID: fmt.Sprintf("%s-%d", sh.id, c.Trial.Number), Number: c.Trial.Number, Seed: c.Trial.Seed}
	if c.Trial.UserID != "" {
		vars.ID = c.Trial.UserID
	}
	if st.ForEach != nil {
		if vars.Each, err = s.each(ctx, c); err != nil {
			return l, err
		}
	}
	l.Task, err = task(sh, st, c, vars)
	if err != nil {
		return l, fmt.Errorf("trial %d of sweep %s: %w", c.Trial.Number, sh.id, err)
	}
	return l, nil
}

// each is the item of for_each that an attempt's branch was made for.
func (s *Scheduler) each(ctx context.Context, c Claimed) (map[string]any, error) {
	b := s.boards.of(c.Sweep)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.branches[c.Trial.Branch] == nil {
		attempts, err := b.catchUp(ctx, s.store)
		if err != nil {
			return nil, err
		}
		s.note(b, attempts)
	}
	if br := b.branches[c.Trial.Branch]; br != nil {
		return br.Each, nil
	}
	return nil, nil
}

// task is what runs: the stage with the attempt's parameters filled in. Argv
// and Env leave the trial's directory to the worker: spec.ExpandPaths.
func task(sh *sheet, st *spec.Stage, c Claimed, vars spec.TrialVars) (trials.Task, error) {
	params := c.Attempt.Effective
	if params == nil {
		params = c.Trial.Params()
	}
	t := trials.Task{
		Python: st.Python, Interpreter: st.Interpreter, Warm: st.Warm, Params: params, Seed: c.Trial.Seed,
		Code: sh.code, Workdir: st.Workdir, Data: st.Data, Objective: st.Objective.Metric, Timeout: st.Budget.TrialTimeout,
		Resources: st.Resources, Stop: st.Stop,
	}
	var err error
	if t.Argv, err = st.Argv(params, vars); err != nil {
		return t, err
	}
	t.Env, err = st.Environ(params, vars)
	return t, err
}
