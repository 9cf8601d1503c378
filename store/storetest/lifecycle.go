package storetest

import (
	"testing"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
)

// lifecycle is one trial from submission to the sweep's end.
func lifecycle(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(2, 1))
	w.create(2)
	is(t, "held", w.counts().Held, 1)

	c := h.take("w1", 1)[0]
	is(t, "number", c.Trial.Number, 1)
	is(t, "state", c.Trial.State, trials.Running)
	is(t, "seed", c.Trial.Seed, 1<<63)
	if x, ok := c.Trial.Point["x"].(float64); !ok || x != 0 {
		t.Errorf("x came back as %#v", c.Trial.Point["x"])
	}
	h.report(c, 1, 0.5)
	h.report(c, 2, 0.25)
	h.settled(c, trials.Outcome{Verdict: trials.Succeeded, Seconds: 3})
	tr := w.trial(1)
	is(t, "state", tr.State, trials.Completed)
	is(t, "value", *tr.Value, 0.25)
	is(t, "best step", tr.BestStep, 2)

	c = h.take("w1", 1)[0]
	h.report(c, 1, 0.75)
	h.settled(c, trials.Outcome{Verdict: trials.Succeeded, Seconds: 3})
	w.applied(plan.FinishStage{Stage: w.stage, State: trials.StageFinished, Proposed: 2}, plan.FinishSweep{State: trials.SweepFinished})
	got := w.look().Sweep
	is(t, "sweep", got.State, trials.SweepFinished)
	is(t, "counts", got.Counts, trials.Counts{Created: 2, Completed: 2, Attempts: 2, Seconds: 6, Readings: 3})
	is(t, "best", *got.Best, trials.Best{Trial: 1, Value: 0.25, Step: 2})
	marks, err := h.db.Marks(t.Context())
	h.must(err)
	is(t, "open sweeps", len(marks), 0)
}
