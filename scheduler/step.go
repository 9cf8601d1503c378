package scheduler

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
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

// note takes in what a board learned about attempts: who holds them, who is to
// be told, and how many wait for a claim.
func (s *Scheduler) note(b *board, as []trials.Attempt) {
	waiting := 0
	for i := range as {
		a := &as[i]
		ref := trials.Ref{Trial: a.Trial, Attempt: a.Number}
		switch a.State {
		case trials.AttemptQueued:
			waiting++
		case trials.AttemptLive:
			s.live.put(ref, holding{sweep: b.no, worker: a.Worker, asked: a.StopAsked, reason: a.StopReason})
			if a.StopAsked && !a.Delivered {
				s.workers.ring(a.Worker)
			}
		case trials.AttemptEnded:
			if h, ok := s.live.get(ref); ok {
				s.live.drop(ref)
				s.workers.ring(h.worker)
			}
		}
	}
	s.claims.ring(waiting)
	if s.boards.saw(b.no, b.seq) {
		s.sweeps.ring(b.no)
	}
}

// after spreads the news of applied actions before the next look at the rows.
func (s *Scheduler) after(b *board, done []plan.Action) {
	for _, a := range done {
		if a, ok := a.(plan.Stop); ok {
			ref := trials.Ref{Trial: a.Trial, Attempt: a.Attempt}
			if h, ok := s.live.get(ref); ok {
				h.asked, h.reason = true, plan.Reason(a.Verdict)
				s.live.put(ref, h)
				s.workers.ring(h.worker)
			}
		}
	}
	if len(done) > 0 {
		s.sweeps.ring(b.no)
	}
}

// farewell forgets a sweep that has ended, once its workers have been told.
func (s *Scheduler) farewell(b *board) {
	for _, w := range s.live.workers(b.no) {
		s.workers.ring(w)
	}
	s.live.forget(b.no)
	s.boards.drop(b.no)
	s.sweeps.ring(b.no)
}

// slots is how many attempts of a stage fit on the workers seen lately.
func (s *Scheduler) slots(st *stage) int {
	return s.fleet.slots(st.spec.Resources, s.o.Now().Add(-2*max(s.o.TTL, time.Minute)))
}
