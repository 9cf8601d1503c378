package store_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// stage opens a sweep of one branch that minimises loss.
func stage(b testing.TB, db *store.DB) (sweep, branch int64) {
	o := spec.Objective{Metric: "loss", Goal: spec.Minimize, Reduce: "best"}
	s, err := db.CreateSweep(b.Context(), &trials.Sweep{Name: "bench", Spec: &spec.Spec{
		Name: "bench", Objective: o, Weight: 1,
		Stages: []spec.Stage{{Name: "search", Kind: spec.SearchStage, Objective: o, Resources: spec.Resources{CPU: 1}}},
	}}, "")
	fatal(b, err)
	c, err := db.Changes(b.Context(), s.No, 0, 10)
	fatal(b, err)
	_, err = db.Apply(b.Context(), s.No, []plan.Action{plan.OpenStage{Stage: c.Stages[0].No, Branches: []plan.NewBranch{{}}}})
	fatal(b, err)
	_, branches, err := db.Stages(b.Context(), s.No)
	fatal(b, err)
	return s.No, branches[0].No
}

func fatal(b testing.TB, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func points(from, n int) []scheduler.NewTrial {
	out := make([]scheduler.NewTrial, n)
	for i := range out {
		x := from + i
		out[i] = scheduler.NewTrial{Point: search.Point{"lr": float64(x) / 1e5, "width": int64(x % 100), "kind": "k" + strconv.Itoa(x%7)}, Hash: strconv.Itoa(x)}
	}
	return out
}

// BenchmarkLifecycle is a trial from creation to its verdict, by 16 callers at
// once: create, claim, one reading, settle; every commit but the reading's is on
// the disk before its answer. Trials are made eight at a time, as a board does
// that keeps ahead of its workers.
func BenchmarkLifecycle(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { lifecycles(b, onSQLite(b, time.Now)) })
	b.Run("postgres", func(b *testing.B) { lifecycles(b, onPostgres(b)(b, time.Now)) })
}

// BenchmarkLifecycleOfManySweeps is the same in eight sweeps of two callers each.
func BenchmarkLifecycleOfManySweeps(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { manySweeps(b, onSQLite(b, time.Now)) })
	b.Run("postgres", func(b *testing.B) { manySweeps(b, onPostgres(b)(b, time.Now)) })
}

func manySweeps(b *testing.B, db *store.DB) {
	const sweeps, callers = 8, 2
	var all sync.WaitGroup
	b.ResetTimer()
	for s := range sweeps {
		sweep, branch := stage(b, db)
		all.Go(func() {
			_, err := db.CreateTrials(b.Context(), scheduler.Create{Sweep: sweep, Branch: branch, Revision: 1, Trials: points(0, b.N/sweeps+1)})
			if err != nil {
				b.Error(err)
				return
			}
			for c := range callers {
				all.Go(func() {
					for n := range b.N/sweeps/callers + 1 {
						if err := one(b, db, fmt.Sprint(s, "-", c), n); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lifecycles/s")
}

func lifecycles(b *testing.B, db *store.DB) {
	sweep, branch := stage(b, db)
	const ahead = 8
	var made sync.Mutex
	var k, taken int
	var done atomic.Int64
	next := func() error { // one of b.N trials to claim
		made.Lock()
		defer made.Unlock()
		if taken++; taken <= k {
			return nil
		}
		n, err := db.CreateTrials(b.Context(), scheduler.Create{Sweep: sweep, Branch: branch, K: k, Revision: 1, Trials: points(k, ahead)})
		k += n
		return err
	}
	b.ResetTimer()
	var left atomic.Int64
	left.Store(int64(b.N))
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for n := 0; left.Add(-1) >= 0; n++ {
				err := next()
				if err == nil {
					err = one(b, db, fmt.Sprint(w), n)
				}
				if err != nil {
					b.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(done.Load())/b.Elapsed().Seconds(), "lifecycles/s")
}

// one claims a trial, reports once and settles it.
func one(b testing.TB, db *store.DB, worker string, n int) error {
	got, err := db.Claim(b.Context(), scheduler.ClaimQuery{
		Claim: trials.Claim{Worker: worker, ClaimID: fmt.Sprint(worker, "/", n), CPU: 1}, Max: 1, TTL: time.Minute,
	})
	if err != nil {
		return err
	}
	for _, c := range got {
		by := tracking.Author{Owner: trials.Owner(c.Attempt.Trial), Attempt: c.Attempt.Number}
		err := db.LogBatch(b.Context(), by, c.Trial.Run, tracking.Batch{Metrics: []tracking.Metric{{Key: "loss", Value: 1, Step: 1, Time: 1}}})
		if err != nil {
			return err
		}
		if _, err := db.Settle(b.Context(), []trials.Settlement{{
			Ref: trials.Ref{Trial: c.Attempt.Trial, Attempt: c.Attempt.Number}, Outcome: trials.Outcome{Verdict: trials.Succeeded, Seconds: 1},
		}}); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkLogBatch logs points, a tenth of them the objective, from 8 trials at
// once.
func BenchmarkLogBatch(b *testing.B) {
	for _, size := range []int{100, 1000} {
		b.Run(fmt.Sprint("sqlite/", size), func(b *testing.B) { logBatches(b, onSQLite(b, time.Now), size) })
		b.Run(fmt.Sprint("postgres/", size), func(b *testing.B) { logBatches(b, onPostgres(b)(b, time.Now), size) })
	}
}

func logBatches(b *testing.B, db *store.DB, size int) {
	sweep, branch := stage(b, db)
	_, err := db.CreateTrials(b.Context(), scheduler.Create{Sweep: sweep, Branch: branch, Revision: 1, Trials: points(0, 8)})
	fatal(b, err)
	got, err := db.Claim(b.Context(), scheduler.ClaimQuery{Claim: trials.Claim{Worker: "w", CPU: 8}, Max: 8, TTL: time.Hour})
	fatal(b, err)
	var next atomic.Int64
	b.ResetTimer()
	var wg sync.WaitGroup
	for _, c := range got {
		by := tracking.Author{Owner: trials.Owner(c.Attempt.Trial), Attempt: c.Attempt.Number}
		wg.Go(func() {
			for {
				n := next.Add(1)
				if n > int64(b.N) {
					return
				}
				batch := tracking.Batch{Metrics: make([]tracking.Metric, size)}
				for i := range batch.Metrics {
					key := "loss"
					if i%10 != 0 {
						key = "m" + strconv.Itoa(i%10)
					}
					batch.Metrics[i] = tracking.Metric{Key: key, Step: n*int64(size) + int64(i), Time: n, Value: float64(i)}
				}
				if err := db.LogBatch(b.Context(), by, c.Trial.Run, batch); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "points/s")
}

// BenchmarkTenThousand makes ten thousand trials of one submission and pages
// through them.
func BenchmarkTenThousand(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { tenThousand(b, onSQLite(b, time.Now)) })
	b.Run("postgres", func(b *testing.B) { tenThousand(b, onPostgres(b)(b, time.Now)) })
}

func tenThousand(b *testing.B, db *store.DB) {
	var create, page, filtered, changes time.Duration
	for range b.N {
		sweep, branch := stage(b, db)
		at := time.Now()
		lap := func(d *time.Duration) { *d += time.Since(at); at = time.Now() }
		_, err := db.CreateTrials(b.Context(), scheduler.Create{Sweep: sweep, Branch: branch, Revision: 1, Parallel: 4, Trials: points(0, 10000)})
		fatal(b, err)
		lap(&create)
		_, err = db.Trials(b.Context(), sweep, trials.TrialQuery{Limit: 100, Sort: []trials.Order{{Field: "value"}}})
		fatal(b, err)
		lap(&page)
		_, err = db.Trials(b.Context(), sweep, trials.TrialQuery{
			Limit: 100, Sort: []trials.Order{{Field: "params.lr", Desc: true}}, Filter: []trials.Term{{Field: "params.kind", Op: "=", Value: "k3"}},
		})
		fatal(b, err)
		lap(&filtered)
		_, err = db.Changes(b.Context(), sweep, 0, 1000)
		fatal(b, err)
		lap(&changes)
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N) }
	b.ReportMetric(ms(create), "create-ms")
	b.ReportMetric(ms(page), "page-ms")
	b.ReportMetric(ms(filtered), "params-page-ms")
	b.ReportMetric(ms(changes), "changes-page-ms")
}
