package scheduler

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler/plan"
)

// rounds bounds how often one step plans again; an action that keeps coming
// back is left to the next poll.
const rounds = 16

// Step looks at one sweep until there is nothing to do: it reads what changed,
// plans, applies, asks samplers and builds ensembles, all before it returns. It
// gives the actions that took effect. The loops do the same without waiting for
// samplers.
func (s *Scheduler) Step(ctx context.Context, sweep int64) ([]plan.Action, error) {
	var done []plan.Action
	for range rounds {
		applied, later, err := s.round(ctx, sweep)
		done = append(done, applied...)
		if err != nil {
			return done, err
		}
		if len(applied)+len(later) == 0 {
			return done, nil
		}
		for _, a := range later {
			done = append(done, a)
			s.carry(ctx, sweep, a)
		}
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
	}
	return done, nil
}

// round reads, plans and applies once. later are the actions that take long,
// marked as in flight; the caller carries each of them.
func (s *Scheduler) round(ctx context.Context, sweep int64) (applied, later []plan.Action, err error) {
	b := s.boards.of(sweep)
	b.mu.Lock()
	defer b.mu.Unlock()
	var own error // the sweep's own fault
	defer func() {
		if r := recover(); r != nil {
			own = fmt.Errorf("panic: %v", r)
			s.o.Log.ErrorContext(ctx, "planning panicked", "sweep", sweep, "panic", r, "stack", string(debug.Stack()))
		}
		if own != nil {
			s.setAside(ctx, b, own)
		}
		b.again.Store(err != nil)
	}()
	if over, err := s.over(ctx, b); over || err != nil {
		return nil, nil, err
	}
	attempts, err := b.catchUp(ctx, s.store)
	var bad *sick
	if errors.As(err, &bad) {
		own = bad
		return nil, nil, nil
	}
	if fault.Is(err, fault.NotFound) {
		s.boards.drop(sweep)
	}
	if err != nil {
		return nil, nil, err
	}
	s.note(b, attempts)
	if b.sweep.State.Ended() {
		s.farewell(b)
		return nil, nil, nil
	}
	as, planErr := plan.Next(b.view(s.o.Now(), s.slots))
	now, later := split(b, as)
	if len(now) > 0 {
		got, err := s.store.Apply(ctx, sweep, now)
		if err != nil {
			release(b, later)
			return nil, nil, err
		}
		applied = got.Done
		s.after(b, applied)
	}
	var st *plan.StageError
	switch {
	case errors.As(planErr, &st):
		if err := s.store.FailStage(ctx, sweep, st.Stage, st.Why()); err != nil {
			release(b, later)
			return applied, nil, err
		}
		s.due.add(sweep)
	case planErr != nil:
		own = planErr
	}
	return applied, later, nil
}

// over tells whether an empty board is that of a sweep which has ended, without
// reading all that happened in it: attempts that were live at its end still
// settle, one after the other.
func (s *Scheduler) over(ctx context.Context, b *board) (bool, error) {
	if b.sweep.No != 0 {
		return false, nil
	}
	c, err := s.store.Changes(ctx, b.no, math.MaxInt64-1, 1)
	if fault.Is(err, fault.NotFound) {
		s.boards.drop(b.no)
	}
	if err != nil || !c.Sweep.State.Ended() {
		return false, err
	}
	s.farewell(b)
	return true, nil
}

// split takes the long actions out of a plan and marks them as in flight.
func split(b *board, as []plan.Action) (now, later []plan.Action) {
	for _, a := range as {
		switch a := a.(type) {
		case plan.Ask:
			b.branches[a.Branch].asking = a.N
			later = append(later, a)
		case plan.BuildEnsemble:
			b.building(a.Stage, true)
			later = append(later, a)
		default:
			now = append(now, a)
		}
	}
	return now, later
}

// release takes the marks of split back.
func release(b *board, later []plan.Action) {
	for _, a := range later {
		switch a := a.(type) {
		case plan.Ask:
			b.branches[a.Branch].asking = 0
		case plan.BuildEnsemble:
			b.building(a.Stage, false)
		}
	}
}

func (b *board) building(no int64, on bool) {
	for _, st := range b.stages {
		if st.No == no {
			st.building = on
		}
	}
}
