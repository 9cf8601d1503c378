package storetest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// together: sweeps of one name that are submitted at once, without a key, need
// the same new experiment, shape and metric keys, and all of them get on.
func together(t *testing.T, open Open) {
	h := build(t, open)
	for round := range 3 {
		sp := oneStage(2, 0)
		sp.Name = fmt.Sprint("new", round)
		sp.Stages[0].Resources.CPU = float64(1 + round)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 8 {
			wg.Go(func() {
				<-start
				if err := begin(t, h, sp.Name, i, &trials.Sweep{Name: sp.Name, Source: "x", Spec: sp}); err != nil {
					t.Errorf("sweep %d: %v", i, err)
				}
			})
		}
		close(start)
		wg.Wait()
	}
}

// begin takes a sweep from its submission to its first report.
func begin(t *testing.T, h *house, name string, i int, sw *trials.Sweep) error {
	made, err := h.db.CreateSweep(t.Context(), sw, "")
	if err != nil {
		return fmt.Errorf("submit: %w", err)
	}
	c, err := h.db.Changes(t.Context(), made.No, 0, 1)
	if err != nil {
		return err
	}
	if _, err = h.db.Apply(t.Context(), made.No, []plan.Action{plan.OpenStage{Stage: c.Stages[0].No, Budget: 2, Branches: []plan.NewBranch{{}}}}); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if c, err = h.db.Changes(t.Context(), made.No, 0, 100); err != nil {
		return err
	}
	if _, err = h.db.CreateTrials(t.Context(), scheduler.Create{Sweep: made.No, Branch: c.Branches[0].No, Revision: 1, Trials: proposals(0, 2)}); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	got, err := h.db.Claim(t.Context(), scheduler.ClaimQuery{Claim: trials.Claim{Worker: fmt.Sprint("w", i), ClaimID: fmt.Sprint(name, i), CPU: 64}, Max: 1, TTL: ttl})
	if err != nil {
		return fmt.Errorf("claim: %w", err)
	}
	for _, a := range got {
		points := []tracking.Metric{{Key: name + "/a", Value: 1}, {Key: name + "/b", Value: 1}, {Key: name + "/c", Value: 1}}
		if i%2 == 0 {
			points[0], points[2] = points[2], points[0]
		}
		if err := h.log(a, points...); err != nil {
			return fmt.Errorf("log: %w", err)
		}
	}
	return nil
}
