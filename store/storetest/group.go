package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// groupMembers: of writes that come at once, those that are refused leave the
// others alone, before and after they have written something.
func groupMembers(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(2, 0))
	w.create(2)
	got := h.take("w1", 2)
	stale := got[1]
	h.settled(stale, trials.Outcome{Verdict: trials.Preempted})
	var wg sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, 90)
	for i := range errs {
		wg.Go(func() {
			<-start
			m := tracking.Metric{Key: "loss", Step: int64(i), Value: float64(i)}
			switch i % 3 {
			case 0:
				errs[i] = h.log(got[0], m)
			case 1:
				errs[i] = h.log(stale, m)
			case 2: // a second value for the param, found after others have written
				errs[i] = h.db.LogBatch(t.Context(), author(got[0]), got[0].Trial.Run, tracking.Batch{
					Metrics: []tracking.Metric{m}, Params: []tracking.Param{{Key: "p", Value: fmt.Sprint(i)}},
				})
			}
		})
	}
	close(start)
	wg.Wait()
	wrote := 0
	for i, err := range errs {
		switch {
		case err == nil && i%3 != 1:
			wrote++
		case i%3 == 1 && fault.Is(err, fault.Stale), i%3 == 2 && fault.Is(err, fault.Invalid):
		default:
			t.Errorf("write %d: %v", i, err)
		}
	}
	is(t, "30 reports, one of 30 params", wrote, 31)
	is(t, "readings", w.trial(1).Resource, 31)
	is(t, "none of the stale one", w.trial(2).Resource, 0)
}
