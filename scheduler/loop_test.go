package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// house is a store with a scheduler whose loops run.
type house struct {
	t     *testing.T
	ctx   context.Context
	store *watched
	sch   *scheduler.Scheduler
}

// watched counts and bends what goes to the real store.
type watched struct {
	*store.DB
	claims atomic.Int64
	rows   atomic.Int64 // trials that were read as changes
	broken atomic.Int64 // the sweep whose rows make no sense
}

func (w *watched) Claim(ctx context.Context, q scheduler.ClaimQuery) ([]scheduler.Claimed, error) {
	w.claims.Add(1)
	return w.DB.Claim(ctx, q)
}

func (w *watched) Changes(ctx context.Context, sweep, after int64, limit int) (*scheduler.Changes, error) {
	c, err := w.DB.Changes(ctx, sweep, after, limit)
	if err == nil {
		w.rows.Add(int64(len(c.Trials)))
	}
	if err == nil && sweep == w.broken.Load() {
		c.Branches = []trials.Branch{{No: 1, Stage: -1}}
	}
	return c, err
}

// running runs f in a bubble of time beside the loops of a scheduler over a real
// store.
func running(t *testing.T, f func(h *house)) {
	t.Helper()
	db := openStore(t, filepath.Join(t.TempDir(), "sweepd.db"))
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		h := &house{t: t, ctx: ctx, store: &watched{DB: db}}
		h.sch = scheduler.New(h.store, scheduler.Options{ServerID: "one"})
		db.OnChange = func(sweeps ...int64) { h.sch.Wake(sweeps...) }
		var loops sync.WaitGroup
		loops.Go(func() {
			if err := h.sch.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Run ended with %v", err)
			}
		})
		f(h)
		stop()
		loops.Wait()
	})
}

func (h *house) submit(text string) *trials.Sweep {
	h.t.Helper()
	sp, _, err := spec.Parse([]byte(text), spec.Options{Seed: func() uint64 { return 1 }})
	if err != nil {
		h.t.Fatal(err)
	}
	sw, err := h.sch.Submit(h.ctx, &trials.Sweep{Name: sp.Name, Source: text, Spec: sp}, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return sw
}

func (h *house) claim(worker string, slots int, wait time.Duration) trials.Claimed {
	h.t.Helper()
	got, err := h.sch.Claim(h.ctx, trials.Claim{Worker: worker, ClaimID: fmt.Sprint(worker, time.Now().UnixNano()), Slots: slots, CPU: 8, Wait: wait})
	if err != nil {
		h.t.Error(err)
	}
	return got
}

func (h *house) state(sweep int64) trials.Sweep {
	h.t.Helper()
	c, err := h.store.DB.Changes(h.ctx, sweep, 1<<40, 1)
	if err != nil {
		h.t.Fatal(err)
	}
	return c.Sweep
}

// points is a sweep of n trials.
func points(n int) string {
	var b strings.Builder
	b.WriteString("name: t\ncommand: [python, train.py]\nobjective: {metric: loss}\npoints:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {params: {x: %d}}\n", i)
	}
	return b.String()
}

func TestAWaitingClaimIsWokenBySubmission(t *testing.T) {
	running(t, func(h *house) {
		begin := time.Now()
		done := make(chan trials.Claimed)
		go func() { done <- h.claim("a", 1, 30*time.Second) }()
		time.Sleep(5 * time.Second)
		h.submit(points(1))
		got := <-done
		if waited := time.Since(begin); len(got.Leases) != 1 || waited > 5*time.Second+10*time.Millisecond {
			t.Errorf("%d leases after %v, want one as soon as there is work", len(got.Leases), waited)
		}
	})
}

func TestAClaimWithoutWorkComesBackWhenItsWaitIsOver(t *testing.T) {
	running(t, func(h *house) {
		begin := time.Now()
		if got := h.claim("a", 1, 30*time.Second); len(got.Leases) != 0 || time.Since(begin) != 30*time.Second {
			t.Errorf("%d leases after %v, want none after 30s", len(got.Leases), time.Since(begin))
		}
	})
}

func TestOneAttemptWakesOneClaim(t *testing.T) {
	running(t, func(h *house) {
		const workers = 20
		var all sync.WaitGroup
		var got atomic.Int64
		for i := range workers {
			all.Go(func() { got.Add(int64(len(h.claim(fmt.Sprint("w", i), 1, 900*time.Millisecond).Leases))) })
		}
		time.Sleep(100 * time.Millisecond)
		before := h.store.claims.Load()
		h.submit(points(2))
		time.Sleep(100 * time.Millisecond)
		if n := h.store.claims.Load() - before; n < 2 || n > 6 {
			t.Errorf("two attempts made %d of %d waiting claims ask the store", n, workers)
		}
		all.Wait()
		if got.Load() != 2 {
			t.Errorf("%d leases, want 2", got.Load())
		}
	})
}

func TestAClaimThatDoesNotFitPassesTheNewsOn(t *testing.T) {
	running(t, func(h *house) {
		small := make(chan trials.Claimed)
		go func() {
			got, err := h.sch.Claim(h.ctx, trials.Claim{Worker: "small", ClaimID: "1", Slots: 1, CPU: 1, Wait: 20 * time.Second})
			if err != nil {
				t.Error(err)
			}
			small <- got
		}()
		time.Sleep(time.Millisecond)
		large := make(chan time.Duration)
		go func() {
			begin := time.Now()
			if n := len(h.claim("large", 1, 20*time.Second).Leases); n != 1 {
				t.Errorf("%d leases, want 1", n)
			}
			large <- time.Since(begin)
		}()
		time.Sleep(time.Millisecond)
		h.submit(points(1) + "resources: {cpu: 4}\n")
		if waited := <-large; waited > 100*time.Millisecond {
			t.Errorf("the worker that fits waited for %v", waited)
		}
		if got := <-small; len(got.Leases) != 0 {
			t.Error("an attempt of 4 cores went to a worker with 1")
		}
	})
}

func TestABeatIsWokenByAnOrderToStop(t *testing.T) {
	running(t, func(h *house) {
		sw := h.submit(points(1))
		l := h.claim("a", 1, 0).Leases[0]
		var all sync.WaitGroup
		defer all.Wait()
		all.Go(func() {
			time.Sleep(7 * time.Second)
			if _, err := h.sch.Command(h.ctx, sw.No, scheduler.Command{Kind: scheduler.CommandCancel}); err != nil {
				t.Error(err)
			}
		})
		begin := time.Now()
		got, err := h.sch.Beat(h.ctx, trials.Beat{Worker: "a", Held: []trials.Ref{l.Ref}, Wait: 30 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); !got.Signals[0].Cancel || waited > 7*time.Second+10*time.Millisecond {
			t.Errorf("signal %+v after %v, want cancel at once", got.Signals[0], waited)
		}
	})
}

func TestALostWorkerIsReapedByTheLoops(t *testing.T) {
	running(t, func(h *house) {
		h.submit(points(1))
		l := h.claim("a", 1, 0).Leases[0]
		if _, err := h.sch.Beat(h.ctx, trials.Beat{Worker: "a", Held: []trials.Ref{l.Ref}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(61 * time.Second) // the server is alone: it reaps after one lease of grace
		begin := time.Now()
		got := h.claim("b", 1, 30*time.Second)
		if len(got.Leases) != 1 || got.Leases[0].Attempt != 2 {
			t.Fatalf("got %+v, want attempt 2", got.Leases)
		}
		if waited := time.Since(begin); waited > 15*time.Second {
			t.Errorf("it came back %v after its lease, want a twelfth and a sixth of one at most", waited)
		}
	})
}

func TestASickSweepIsSetAsideAndTheOthersGoOn(t *testing.T) {
	running(t, func(h *house) {
		h.store.broken.Store(1)
		sick := h.submit(points(1))
		time.Sleep(3 * time.Second)
		if got := h.state(sick.No); got.State != trials.SweepPaused || got.WhyCode != "cannot_go_on" || !strings.Contains(got.Why, "panic") {
			t.Errorf("the sick sweep is %s (%s: %s), want paused with the reason", got.State, got.WhyCode, got.Why)
		}
		well := h.submit(points(1))
		if n := len(h.claim("a", 1, 5*time.Second).Leases); n != 1 {
			t.Fatalf("%d leases of the other sweep, want 1", n)
		}
		h.store.broken.Store(0)
		if _, err := h.sch.Command(h.ctx, sick.No, scheduler.Command{Kind: scheduler.CommandResume}); err != nil {
			t.Fatal(err)
		}
		if n := len(h.claim("a", 1, 5*time.Second).Leases); n != 1 {
			t.Errorf("%d leases of the sick sweep once it is well, want 1 (the other one is %s)", n, h.state(well.No).State)
		}
	})
}

func TestAClaimSettlesFirst(t *testing.T) {
	running(t, func(h *house) {
		sw := h.submit(points(2) + "budget: {parallel: 1}\n")
		l := h.claim("a", 1, 0).Leases[0]
		got, err := h.sch.Claim(h.ctx, trials.Claim{
			Worker: "a", ClaimID: "next", Slots: 1, CPU: 1, Wait: time.Second,
			Settle: []trials.Settlement{{Ref: l.Ref, Outcome: trials.Outcome{Verdict: trials.Succeeded, Result: map[string]float64{"loss": 1}}}, {Ref: trials.Ref{Trial: 99, Attempt: 1}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Settled) != 2 || got.Settled[0] != trials.SettledOK || got.Settled[1] != trials.SettledStale {
			t.Errorf("settled %v, want ok and stale", got.Settled)
		}
		if len(got.Leases) != 1 || got.Leases[0].Number != 2 {
			t.Errorf("leases %+v, want trial 2, which waited for the parallel bound", got.Leases)
		}
		if c := h.state(sw.No).Counts; c.Completed != 1 || c.Running != 1 {
			t.Errorf("counts %+v", c)
		}
	})
}

func TestChangedComesBackWithAChange(t *testing.T) {
	running(t, func(h *house) {
		sw := h.submit(points(1))
		time.Sleep(time.Second)
		seq := h.state(sw.No).Seq
		var all sync.WaitGroup
		defer all.Wait()
		all.Go(func() {
			time.Sleep(3 * time.Second)
			h.claim("a", 1, 0)
		})
		begin := time.Now()
		if err := h.sch.Changed(h.ctx, sw.No, seq, 30*time.Second); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(begin); waited < 3*time.Second || waited > 3*time.Second+10*time.Millisecond || h.state(sw.No).Seq <= seq {
			t.Errorf("woken after %v at change %d, want the claim's own after 3s", waited, h.state(sw.No).Seq)
		}
		begin = time.Now()
		if err := h.sch.Changed(h.ctx, sw.No, 0, 30*time.Second); err != nil || time.Since(begin) > 0 {
			t.Errorf("%v after %v, want at once: there is something newer", err, time.Since(begin))
		}
	})
}

func TestADrainedWorkerGetsNothing(t *testing.T) {
	running(t, func(h *house) {
		if _, err := h.sch.Hello(h.ctx, trials.Worker{ID: "a", Slots: 1, CPU: 8}); err != nil {
			t.Fatal(err)
		}
		done := make(chan trials.Claimed)
		go func() { done <- h.claim("a", 1, 30*time.Second) }()
		time.Sleep(time.Second)
		if err := h.sch.Drain(h.ctx, "a", true); err != nil {
			t.Fatal(err)
		}
		if got := <-done; !got.Drain || len(got.Leases) > 0 {
			t.Errorf("got %+v, want drain", got)
		}
		h.submit(points(1))
		if got := h.claim("a", 1, time.Second); !got.Drain || len(got.Leases) > 0 {
			t.Errorf("got %+v, want drain", got)
		}
	})
}

// TestTwoServersKeepTheBudget lets two schedulers plan and two workers claim one
// sweep, each as fast as it can.
func TestTwoServersKeepTheBudget(t *testing.T) {
	db := openStore(t, filepath.Join(t.TempDir(), "sweepd.db"))
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		var servers []*scheduler.Scheduler
		for _, id := range []string{"one", "two"} {
			s := scheduler.New(db, scheduler.Options{ServerID: id, Poll: 100 * time.Millisecond})
			servers = append(servers, s)
			all.Go(func() { _ = s.Run(ctx) })
		}
		db.OnChange = func(sweeps ...int64) {
			for _, s := range servers {
				s.Wake(sweeps...)
			}
		}
		h := &house{t: t, ctx: ctx, store: &watched{DB: db}, sch: servers[0]}
		sw := h.submit("name: t\ncommand: [python, train.py]\nobjective: {metric: loss}\nsampler: tpe\nspace: {x: {uniform: [0, 1]}}\nbudget: {trials: 60}\n")
		var mu sync.Mutex
		given := map[int]int{}
		for i, s := range servers {
			all.Go(func() {
				for n := 0; ctx.Err() == nil; n++ {
					c := trials.Claim{Worker: fmt.Sprint(i), ClaimID: fmt.Sprint(i, "-", n), Slots: 3, CPU: 8, Wait: time.Second}
					got, err := s.Claim(ctx, c)
					if err != nil {
						return
					}
					time.Sleep(10 * time.Millisecond)
					for _, l := range got.Leases {
						mu.Lock()
						given[l.Number]++
						mu.Unlock()
						x, _ := l.Task.Params["x"].(float64)
						o := trials.Outcome{Verdict: trials.Succeeded, Result: map[string]float64{"loss": x * x}}
						if _, err := s.Settle(ctx, c.Worker, []trials.Settlement{{Ref: l.Ref, Outcome: o}}); err != nil && ctx.Err() == nil {
							t.Error(err)
						}
					}
				}
			})
		}
		for begin := time.Now(); !h.state(sw.No).State.Ended(); time.Sleep(100 * time.Millisecond) {
			if time.Since(begin) > 10*time.Minute {
				t.Fatalf("not done: %+v", h.state(sw.No))
			}
		}
		stop()
		all.Wait()
		h.ctx = t.Context()
		if got := h.state(sw.No); got.Counts.Created != 60 || got.Counts.Completed != 60 || got.State != trials.SweepFinished {
			t.Errorf("%s %+v, want exactly 60 completed", got.State, got.Counts)
		}
		for n, times := range given {
			if times != 1 {
				t.Errorf("trial %d was leased %d times", n, times)
			}
		}
	})
}

func TestRetriesThatRipenTogetherWakeAllWhoWait(t *testing.T) {
	running(t, func(h *house) {
		h.submit(points(4) + "retry: {error: {times: 1, delay: 20s}}\nfailures: {pause_after_first: 0}\n")
		var failed []trials.Settlement
		for _, l := range h.claim("a", 4, 0).Leases {
			failed = append(failed, trials.Settlement{Ref: l.Ref, Outcome: trials.Outcome{
				Verdict: trials.VerdictFailed, Failure: &trials.Failure{Class: trials.ClassError, Message: "it broke"},
			}})
		}
		if _, err := h.sch.Settle(h.ctx, "a", failed); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		begin := time.Now()
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				if n := len(h.claim(fmt.Sprint("w", i), 1, 40*time.Second).Leases); n != 1 {
					t.Errorf("%d leases, want 1", n)
				}
			})
		}
		all.Wait()
		if waited := time.Since(begin); waited < 19*time.Second || waited > 22*time.Second {
			t.Errorf("all four were claimed after %v, want a poll after the delay of 20s", waited)
		}
	})
}

// TestASweepThatHasEndedIsNotReadAgain: what was live at the end of a sweep
// settles late, and none of that may cost as much as the sweep was long.
func TestASweepThatHasEndedIsNotReadAgain(t *testing.T) {
	running(t, func(h *house) {
		const all, live = 200, 12
		sw := h.submit(points(all))
		leases := h.claim("a", live, 0).Leases
		if _, err := h.sch.Command(h.ctx, sw.No, scheduler.Command{Kind: scheduler.CommandCancel}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		h.store.rows.Store(0)
		for _, l := range leases {
			if _, err := h.sch.Settle(h.ctx, "a", []trials.Settlement{{Ref: l.Ref, Outcome: trials.Outcome{Verdict: trials.VerdictCanceled}}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		if n := h.store.rows.Load(); n > live {
			t.Errorf("%d trials were read for %d late settlements", n, live)
		}
		if got := h.state(sw.No).Counts; got.Cancelled != all {
			t.Errorf("%+v, want %d cancelled", got, all)
		}
	})
}

// TestAMachineThatSleptLosesNobody: the wall clock has gone on by hours and no
// worker could renew; those that are still there do so first.
func TestAMachineThatSleptLosesNobody(t *testing.T) {
	var slept atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }
	db := openStoreAt(t, filepath.Join(t.TempDir(), "sweepd.db"), now)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		h := &house{t: t, ctx: ctx, store: &watched{DB: db}}
		h.sch = scheduler.New(h.store, scheduler.Options{ServerID: "one", Now: now})
		var loops sync.WaitGroup
		loops.Go(func() { _ = h.sch.Run(ctx) })
		sw := h.submit(points(2))
		time.Sleep(2 * time.Minute) // past the grace of its start
		held := h.claim("a", 2, 0).Leases
		beat := func() []trials.Signal {
			got, err := h.sch.Beat(ctx, trials.Beat{Worker: "a", Held: []trials.Ref{held[0].Ref}})
			if err != nil {
				t.Fatal(err)
			}
			return got.Signals
		}
		beat()
		slept.Store(int64(8 * time.Hour))
		time.Sleep(20 * time.Second) // the server is awake first
		if got := beat(); got[0].Stale {
			t.Error("a worker that was there lost its trial")
		}
		for range 12 {
			time.Sleep(10 * time.Second)
			beat()
		}
		if got := h.state(sw.No).Counts; got.Live != 2 || got.Attempts != 3 {
			t.Errorf("%+v, want the trial that nobody renewed taken back", got)
		}
		stop()
		loops.Wait()
	})
}
