package scheduler

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sweepd/sweepd/scheduler/plan"
)

// breath is the least time between two looks at the same news: readings that
// come meanwhile share the next one.
const breath = 2 * time.Millisecond

// Run plans and reaps until ctx ends, and returns when all it started has
// ended. Its error is ctx's: what goes wrong inside is logged and tried again.
func (s *Scheduler) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.planLoop(ctx) })
	g.Go(func() error { return s.reapLoop(ctx) })
	err := g.Wait()
	s.hands.Wait()
	return err
}

// planLoop looks at the sweeps it is woken for, and at every poll at those
// whose rows are newer than their boards or that wait for the time of day.
func (s *Scheduler) planLoop(ctx context.Context) error {
	poll := time.NewTicker(s.o.Poll)
	defer poll.Stop()
	s.poll(ctx)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.due.ring:
		case <-poll.C:
			s.poll(ctx)
		}
		for _, sweep := range s.due.take() {
			s.attend(ctx, sweep)
		}
		if err := pause(ctx, breath, nil); err != nil {
			return err
		}
	}
}

// poll marks as due what the rows say has changed, and lets one claim look
// again: an attempt may have become ripe by time alone.
func (s *Scheduler) poll(ctx context.Context) {
	marks, err := s.store.Marks(ctx)
	if err != nil {
		s.complain(ctx, "sweeps could not be read", 0, err)
		return
	}
	open := make(map[int64]bool, len(marks))
	for _, m := range marks {
		open[m.Sweep] = true
		if s.boards.needs(m.Sweep, m.Seq) {
			s.due.add(m.Sweep)
		}
	}
	for _, n := range s.boards.all() {
		if !open[n] {
			s.due.add(n) // it has ended elsewhere: a last look
		}
	}
	s.claims.probe()
}

// attend plans a sweep as often as that changes something, and starts what
// takes long beside it.
func (s *Scheduler) attend(ctx context.Context, sweep int64) {
	for range rounds {
		applied, later, err := s.round(ctx, sweep)
		if err != nil {
			s.complain(ctx, "a sweep could not be planned", sweep, err)
			return
		}
		for _, a := range later {
			s.start(ctx, sweep, a)
		}
		if len(applied) == 0 {
			return
		}
	}
}

// start carries an action beside the loop; Run waits for it.
func (s *Scheduler) start(ctx context.Context, sweep int64, a plan.Action) {
	s.hands.Add(1)
	go func() {
		defer s.hands.Done()
		s.carry(ctx, sweep, a)
	}()
}

// reapLoop takes back attempts that are not renewed any more. A server that
// finds no other waits one lease first, so that its own restart loses nobody;
// likewise after a time in which it slept, its clock was set, or the database
// was away, since nobody could renew then.
func (s *Scheduler) reapLoop(ctx context.Context) error {
	tick := time.NewTicker(s.o.TTL / 6)
	defer tick.Stop()
	from, known := s.o.Now(), false
	last := from // when this server was registered
	for {
		alone, err := s.store.Serving(ctx, s.o.ServerID, s.o.TTL)
		now := s.o.Now()
		switch {
		case err != nil:
			s.complain(ctx, "this server could not be registered", 0, err)
		case !known:
			known, last = true, now
			if alone {
				from = from.Add(s.o.TTL)
			}
		default:
			// Without its monotonic part: that stands still while a machine sleeps.
			if away := now.Round(0).Sub(last.Round(0)); away > s.o.TTL/2 {
				from = now.Add(s.o.TTL)
			}
			last = now
		}
		if known && err == nil && !now.Before(from) {
			s.Reap(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Reap takes back the attempts whose lease is over.
func (s *Scheduler) Reap(ctx context.Context) {
	sweeps, err := s.store.Expire(ctx, s.o.TTL)
	if err != nil {
		s.complain(ctx, "leases could not be looked through", 0, err)
		return
	}
	s.due.add(sweeps...)
}

// complain logs what the loops try again.
func (s *Scheduler) complain(ctx context.Context, what string, sweep int64, err error) {
	if ctx.Err() != nil {
		return
	}
	s.o.Log.WarnContext(ctx, what, "sweep", sweep, "error", err)
}
