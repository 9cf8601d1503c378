package scheduler

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
)

// carry does one long action. What is the sweep's own fault ends its stage or
// sets it aside, with the reason; anything else is tried again at the next poll.
func (s *Scheduler) carry(ctx context.Context, sweep int64, a plan.Action) {
	b := s.boards.of(sweep)
	err := s.try(ctx, b, a)
	var own *sick
	if errors.As(err, &own) && ctx.Err() == nil {
		if e, ok := a.(plan.BuildEnsemble); ok {
			err = s.store.FailStage(ctx, sweep, e.Stage, own.Error())
		} else {
			b.mu.Lock()
			s.setAside(ctx, b, own)
			b.mu.Unlock()
			return
		}
	}
	if err != nil {
		b.again.Store(true)
		s.complain(ctx, "tried again at the next poll: "+a.String(), sweep, err)
		return
	}
	s.due.add(sweep)
}

func (s *Scheduler) try(ctx context.Context, b *board, a plan.Action) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.o.Log.ErrorContext(ctx, "a sweep panicked", "sweep", b.no, "action", a.String(), "panic", r, "stack", string(debug.Stack()))
			err = &sick{fmt.Errorf("%s: panic: %v", a, r)}
		}
	}()
	switch a := a.(type) {
	case plan.Ask:
		return s.ask(ctx, b, a)
	case plan.BuildEnsemble:
		return s.build(ctx, b, a)
	}
	return nil
}

// build makes an ensemble and stores it, which ends its stage.
func (s *Scheduler) build(ctx context.Context, b *board, a plan.BuildEnsemble) error {
	defer func() {
		b.mu.Lock()
		b.building(a.Stage, false)
		b.mu.Unlock()
	}()
	if s.o.Assemble == nil {
		return &sick{fault.Invalidf("this server builds no ensembles")}
	}
	b.mu.Lock()
	sweep := b.sweep
	st, members := b.members(a.Stage)
	b.mu.Unlock()
	if st == nil {
		return nil // the board was dropped meanwhile
	}
	e, err := s.o.Assemble.Build(ctx, sweep, *st.spec, members)
	if err != nil && !fault.Is(err, fault.Unavailable) {
		return &sick{err}
	}
	if err != nil {
		return err
	}
	e.Sweep, e.Stage = b.no, st.Name
	if e.Created.IsZero() {
		e.Created = s.o.Now()
	}
	err = s.store.SaveEnsemble(ctx, b.no, a.Stage, e)
	if fault.Is(err, fault.Stale) || fault.Is(err, fault.Conflict) {
		return nil // another server built it
	}
	return err
}

// members are the trials that an ensemble may be made of, by number.
func (b *board) members(no int64) (*stage, []trials.Trial) {
	var st *stage
	for _, other := range b.stages {
		if other.No == no {
			st = other
		}
	}
	if st == nil {
		return nil, nil
	}
	var out []trials.Trial
	for _, name := range st.spec.Ensemble.From {
		for _, t := range b.trialsOf(name) {
			if t.State == trials.Completed || t.State == trials.Stopped {
				out = append(out, *t)
			}
		}
	}
	return st, out
}

// setAside pauses a sweep that cannot be planned, with the reason, and forgets
// its board. The others go on; a person resumes it. b.mu is held.
func (s *Scheduler) setAside(ctx context.Context, b *board, why error) {
	s.o.Log.ErrorContext(ctx, "a sweep is set aside", "sweep", b.no, "error", why)
	got, err := s.store.Apply(ctx, b.no, []plan.Action{plan.Pause{Code: "cannot_go_on", Why: why.Error()}})
	seq := b.seq
	if err == nil {
		seq = max(seq, got.Seq)
	}
	s.boards.drop(b.no)
	s.boards.setAside(b.no, seq)
}
