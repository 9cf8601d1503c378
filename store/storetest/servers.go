package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// TwoServers lets two servers of one database plan, claim, report and settle the
// same sweep at once: the budget is exact, no attempt is claimed twice, each
// stage is opened and finished once.
func TwoServers(t *testing.T, a, b *store.DB) {
	const budget = 120
	h := &house{TB: t, db: a, clock: newClock()}
	w := h.submit(oneStage(budget, 0))
	servers := []*store.DB{a, b}

	var mu sync.Mutex
	claimed := map[trials.Ref]int{}
	made, finished := 0, 0
	var wg sync.WaitGroup
	limit := time.Now().Add(2 * time.Minute)
	for s, db := range servers {
		wg.Go(func() { // plans
			for time.Now().Before(limit) {
				c, err := db.Changes(t.Context(), w.no, 0, 1)
				if err != nil {
					t.Error(err)
					return
				}
				if c.Sweep.State.Ended() {
					return
				}
				n, err := db.CreateTrials(t.Context(), scheduler.Create{
					Sweep: w.no, Branch: w.branch, K: c.Branches[0].Proposed, Revision: 1, Trials: proposals(c.Branches[0].Proposed, 7),
				})
				if err != nil && !fault.Is(err, fault.Stale) {
					t.Error(err)
					return
				}
				got, err := db.Apply(t.Context(), w.no, []plan.Action{
					plan.FinishStage{Stage: w.stage, State: trials.StageFinished, Proposed: budget},
					plan.FinishSweep{State: trials.SweepFinished},
				})
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				made += n
				finished += len(got.Done)
				mu.Unlock()
			}
			t.Error("the sweep did not end")
		})
		for i := range 4 {
			wg.Go(func() { // works
				for n := 0; time.Now().Before(limit); n++ {
					got, err := db.Claim(t.Context(), scheduler.ClaimQuery{
						Claim: trials.Claim{Worker: fmt.Sprint("w", s, i), ClaimID: fmt.Sprint(s, i, n), CPU: 3}, Max: 3, TTL: ttl,
					})
					if err != nil {
						t.Error(err)
						return
					}
					for _, c := range got {
						mu.Lock()
						claimed[ref(c)]++
						mu.Unlock()
						// The report goes to one server, the verdict to the other.
						if err := servers[n%2].LogBatch(t.Context(), author(c), c.Trial.Run, tracking.Batch{Metrics: []tracking.Metric{{Key: "loss", Value: 1}}}); err != nil {
							t.Error(err)
							return
						}
						if _, err := servers[(n+1)%2].Settle(t.Context(), []trials.Settlement{{Ref: ref(c), Outcome: trials.Outcome{Verdict: trials.Succeeded}}}); err != nil {
							t.Error(err)
							return
						}
					}
					if len(got) == 0 {
						c, err := db.Marks(t.Context())
						if err != nil || len(c) == 0 {
							return
						}
					}
				}
			})
		}
	}
	wg.Wait()
	is(t, "trials made", made, budget)
	is(t, "stage and sweep finished once", finished, 2)
	is(t, "attempts claimed", len(claimed), budget)
	for r, n := range claimed {
		if n != 1 {
			t.Errorf("%v was claimed %d times", r, n)
		}
	}
	is(t, "counts", w.counts(), trials.Counts{Created: budget, Completed: budget, Attempts: budget, Readings: budget})
}
