package scheduler

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// Options are what a Scheduler needs to know. The zero of each is documented.
type Options struct {
	TTL      time.Duration                                            // of a lease; 0: one minute, at least 5 s
	Poll     time.Duration                                            // how often rows are looked at without a wake-up; 0: one second
	Now      func() time.Time                                         // nil: time.Now
	Log      *slog.Logger                                             // nil: silent
	Mint     func(sweep, trial int64, attempt int, run string) string // the token of an attempt; nil: no tokens
	ServerID string                                                   // of this process, new at each start
	Assemble Assembler                                                // nil: a stage with ensemble: fails, saying so
}

// Assembler makes an ensemble out of the prediction files of trials. members
// are the trials of the stages that it is made from which completed or were
// stopped early, by number; those without files are among them, to be counted.
type Assembler interface {
	Build(ctx context.Context, sweep trials.Sweep, st spec.Stage, members []trials.Trial) (trials.Ensemble, error)
}

// Scheduler is the server's sense of time. It is safe for concurrent use; its
// loops run within Run, its calls work without.
type Scheduler struct {
	store Store
	o     Options

	boards  boards
	fleet   fleet
	claims  waiters
	sweeps  bells[int64]  // rung when a sweep changes
	workers bells[string] // rung when a worker has a signal waiting
	asked   bells[int64]  // rung when an Ask of a sweep is over
	live    ledger
	sheets  sheets
	due     due
	hands   sync.WaitGroup // asks and builds in flight
	thought chan struct{}  // one token per sampler that may think at once
}

// New makes a scheduler over a store.
func New(store Store, o Options) *Scheduler {
	if o.TTL == 0 {
		o.TTL = time.Minute
	}
	o.TTL = max(o.TTL, 5*time.Second)
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Scheduler{store: store, o: o, thought: make(chan struct{}, max(runtime.GOMAXPROCS(0), 1))}
	s.due.ring = make(chan struct{}, 1)
	return s
}

// Wake says that something happened in these sweeps. It never blocks and may be
// called for every reading: wake-ups of a sweep are gathered.
func (s *Scheduler) Wake(sweeps ...int64) {
	s.due.add(sweeps...)
	for _, n := range sweeps {
		s.sweeps.ring(n)
	}
}

// Changed waits until a sweep may have changed after a change number, at most
// wait (50 s at most); it is what a long poll of changes rests on. It returns
// at once when the sweep's last known change is newer. The caller then reads
// the store.
func (s *Scheduler) Changed(ctx context.Context, sweep, after int64, wait time.Duration) error {
	bell := s.sweeps.listen(sweep)
	defer bell.leave()
	if s.boards.seq(sweep) > after {
		return nil
	}
	return pause(ctx, min(wait, maxWait), bell.c)
}

// maxWait is the longest long poll: common proxies give up after a minute.
const maxWait = 50 * time.Second

// pause waits for a channel, a time or the context, whose end alone is an
// error.
func pause(ctx context.Context, d time.Duration, c <-chan struct{}) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c:
		return nil
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Stopping tells whether an attempt was asked to stop, and why, from memory:
// the answer to every report carries it. An attempt that is not known here is
// not asked.
func (s *Scheduler) Stopping(ref trials.Ref) (bool, string) { return s.live.stopping(ref) }

// Drain tells a worker to claim no more, or to go on.
func (s *Scheduler) Drain(ctx context.Context, worker string, on bool) error {
	if err := s.store.Drain(ctx, worker, on); err != nil {
		return err
	}
	s.fleet.drain(worker, on)
	s.workers.ring(worker)
	s.claims.wake(worker)
	return nil
}

// Submit stores a sweep and begins it: its first stages are open when it
// returns, and the trials of points and grids are there to be queried. With a
// key that was used before it gives the sweep made then.
func (s *Scheduler) Submit(ctx context.Context, sw *trials.Sweep, key string) (*trials.Sweep, error) {
	if sw == nil || sw.Spec == nil || len(sw.Spec.Stages) == 0 {
		return nil, fault.Invalidf("a sweep has at least one stage")
	}
	made, err := s.store.CreateSweep(ctx, sw, key)
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx, made.No); err != nil && ctx.Err() == nil {
		s.o.Log.WarnContext(ctx, "a new sweep waits for the next poll", "sweep", made.ID, "error", err)
	}
	s.due.add(made.No)
	return made, nil
}

// begin looks at a new sweep until its first trials are there, whether this
// call or the loop, which may have been quicker, asks for them.
func (s *Scheduler) begin(ctx context.Context, sweep int64) error {
	for {
		bell := s.asked.listen(sweep)
		_, err := s.Step(ctx, sweep)
		owed := err == nil && s.asking(sweep)
		if owed {
			err = pause(ctx, s.o.Poll, bell.c)
		}
		bell.leave()
		if !owed || err != nil {
			return err
		}
	}
}

// asking tells whether an Ask of a sweep is in flight.
func (s *Scheduler) asking(sweep int64) bool {
	b := s.boards.of(sweep)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, br := range b.branches {
		if br.asking > 0 {
			return true
		}
	}
	return false
}

// Command carries out a person's order.
func (s *Scheduler) Command(ctx context.Context, sweep int64, c Command) (*trials.Sweep, error) {
	sw, err := s.store.Command(ctx, sweep, c)
	if err != nil {
		return nil, err
	}
	s.due.add(sweep)
	if c.Kind == CommandCancel {
		for _, w := range s.live.workers(sweep) {
			s.workers.ring(w)
		}
	}
	return sw, nil
}
