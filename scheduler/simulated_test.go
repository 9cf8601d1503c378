package scheduler_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

const simulated = `
name: simulated
command: [python, train.py]
objective: {metric: loss}
sampler: random
space: {x: {uniform: [0, 1]}, y: {uniform: [0, 1]}}
budget: {trials: 10000}
early_stop: {algorithm: asha, min: 1, max: 27, eta: 3}
`

// TestTenThousandTrials runs a sweep of 10,000 trials on simulated workers with
// the real loops and the real store, in a time that passes only when all wait.
// The budget must be exact, the workers must not wait for work, and a plan must
// cost what changed: the last thousand trials fold as many rows and allocate as
// much as the second thousand.
func TestTenThousandTrials(t *testing.T) {
	if testing.Short() {
		t.Skip("seconds of SQLite")
	}
	dsn := filepath.Join(t.TempDir(), "sweepd.db")
	db := openStore(t, dsn) // outside: gorm's caches keep goroutines for ever
	synctest.Test(t, func(t *testing.T) {
		const workers, slots = 2, 32
		sim := newSimulation(t, db)
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { _ = sim.sch.Run(ctx) })
		sp, _, err := spec.Parse([]byte(simulated), spec.Options{Seed: func() uint64 { return 1 }})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		sw, err := sim.sch.Submit(ctx, &trials.Sweep{Name: sp.Name, Source: simulated, Spec: sp}, "")
		if err != nil {
			t.Fatal(err)
		}
		sim.sweep = sw.No
		for i := range workers {
			all.Go(func() { sim.work(ctx, fmt.Sprintf("w%d", i), slots) })
		}
		for {
			time.Sleep(time.Second)
			c, err := sim.db.Changes(ctx, sw.No, 1<<40, 1)
			if err != nil {
				t.Fatal(err)
			}
			sim.mark(c.Sweep.Counts)
			if c.Sweep.State.Ended() {
				if got := c.Sweep.Counts; got.Created != 10_000 || got.Completed+got.Stopped != 10_000 || got.Stopped < 1000 {
					t.Errorf("counts %+v, want exactly 10000 trials, all ended well, a good part stopped early", got)
				}
				busy := c.Sweep.Counts.Seconds / (workers * slots)
				if wall := time.Since(start).Seconds(); wall > 1.05*busy+10 {
					t.Errorf("took %.0f s on slots that were busy for %.0f s", wall, busy)
				}
				break
			}
			if time.Since(start) > 24*time.Hour {
				t.Fatalf("not done after a day: %+v", c.Sweep.Counts)
			}
		}
		stop()
		all.Wait()
		sim.check()
	})
}

type simulation struct {
	t     *testing.T
	db    *store.DB
	sch   *scheduler.Scheduler
	sweep int64
	marks []mark // at each thousand of ended trials
}

type mark struct {
	ended         int
	folded, bytes int64
}

func openStore(t testing.TB, dsn string) *store.DB {
	t.Helper()
	return openStoreAt(t, dsn, nil)
}

func openStoreAt(t testing.TB, dsn string, now func() time.Time) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{DSN: dsn, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func newSimulation(t *testing.T, db *store.DB) *simulation {
	t.Helper()
	sim := &simulation{t: t, db: db, sch: scheduler.New(db, scheduler.Options{ServerID: "one"})}
	db.OnChange = func(sweeps ...int64) { sim.sch.Wake(sweeps...) }
	return sim
}

// mark notes what planning has cost when another thousand trials have ended.
func (s *simulation) mark(c trials.Counts) {
	ended := c.Completed + c.Stopped
	if ended/1000 <= len(s.marks) {
		return
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	s.marks = append(s.marks, mark{ended, scheduler.Folded(s.sch, s.sweep), int64(mem.TotalAlloc)})
}

// check compares the last thousand that were measured with the second.
func (s *simulation) check() {
	s.t.Helper()
	per := func(i int) (rows, bytes float64) {
		a, b := s.marks[i-1], s.marks[i]
		n := float64(b.ended - a.ended)
		return float64(b.folded-a.folded) / n, float64(b.bytes-a.bytes) / n
	}
	if len(s.marks) < 9 {
		s.t.Fatalf("only %d thousands were measured", len(s.marks))
	}
	rows, bytes := per(1)
	lastRows, lastBytes := per(8)
	s.t.Logf("rows folded per trial: %.1f, in the ninth thousand %.1f; bytes: %.0f, then %.0f", rows, lastRows, bytes, lastBytes)
	if lastRows > 1.5*rows {
		s.t.Errorf("a trial of the ninth thousand folds %.1f rows, one of the second %.1f: planning reads history", lastRows, rows)
	}
	if lastBytes > 3*bytes {
		s.t.Errorf("a trial of the ninth thousand allocates %.0f bytes, one of the second %.0f: something grows with history", lastBytes, bytes)
	}
}

// work is a worker that fills its slots, runs what it was given side by side,
// and settles all of it with the next claim.
func (s *simulation) work(ctx context.Context, name string, slots int) {
	if _, err := s.sch.Hello(ctx, trials.Worker{ID: name, Slots: slots, CPU: float64(slots)}); err != nil {
		s.t.Errorf("hello: %v", err)
		return
	}
	var done []trials.Settlement
	for n := 0; ctx.Err() == nil; n++ {
		got, err := s.sch.Claim(ctx, trials.Claim{
			Worker: name, ClaimID: fmt.Sprintf("%s-%d", name, n), Slots: slots, CPU: float64(slots), Wait: 30 * time.Second, Settle: done,
		})
		if err == nil {
			done, err = s.trials(ctx, name, got.Leases)
		}
		if err != nil {
			if ctx.Err() == nil {
				s.t.Error(err)
			}
			return
		}
	}
}

// trials takes two seconds for each; every fourth reports after the first and is
// stopped when it is told to.
func (s *simulation) trials(ctx context.Context, worker string, ls []trials.Lease) ([]trials.Settlement, error) {
	if len(ls) == 0 {
		return nil, nil
	}
	beat := trials.Beat{Worker: worker}
	for _, l := range ls {
		beat.Held = append(beat.Held, l.Ref)
	}
	if _, err := s.sch.Beat(ctx, beat); err != nil {
		return nil, err
	}
	time.Sleep(time.Second)
	quality := func(l trials.Lease) float64 { return rand.New(rand.NewPCG(uint64(l.Number), 1)).Float64() }
	for _, l := range ls {
		if l.Number%4 != 0 {
			continue
		}
		by := tracking.Author{Owner: trials.Owner(l.Trial), Attempt: l.Attempt}
		err := s.db.LogBatch(ctx, by, l.Run, tracking.Batch{Metrics: []tracking.Metric{
			{Key: "loss", Step: 1, Value: quality(l), Time: time.Now().UnixMilli()},
		}})
		if err != nil {
			return nil, err
		}
	}
	time.Sleep(time.Second)
	beaten, err := s.sch.Beat(ctx, beat)
	if err != nil {
		return nil, err
	}
	out := make([]trials.Settlement, len(ls))
	for i, l := range ls {
		out[i] = trials.Settlement{Ref: l.Ref, Outcome: trials.Outcome{
			Verdict: trials.Succeeded, Seconds: 2, Result: map[string]float64{"loss": quality(l)},
		}}
		if beaten.Signals[i].Stop {
			out[i].Outcome = trials.Outcome{Verdict: trials.VerdictStopped, Seconds: 2}
		}
	}
	return out, nil
}
