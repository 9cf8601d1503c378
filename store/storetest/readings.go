package storetest

import (
	"math"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

func readings(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	c := h.take("w1", 1)[0]
	p := func(step, at int64, v float64) tracking.Metric {
		return tracking.Metric{Key: "loss", Step: step, Time: at, Value: v}
	}
	h.must(h.log(c, p(10, 1, 0.5), p(20, 2, 0.3), tracking.Metric{Key: "other", Value: 9}))
	h.must(h.log(c, p(10, 1, 0.5), p(20, 2, 0.3))) // repeated
	tr := w.trial(1)
	is(t, "ordinals", tr.Resource, 2)
	is(t, "best", *tr.Best, 0.3)
	is(t, "last", *tr.Last, 0.3)
	seq := w.look().Seq

	h.must(h.log(c, p(10, 1, 0.5))) // nothing new
	is(t, "no change", w.look().Seq, seq)

	h.must(h.log(c, p(20, 3, 0.7))) // a second value at a step
	tr = w.trial(1)
	is(t, "replaced", tr.Resource, 2)
	is(t, "best is found anew", *tr.Best, 0.5)
	is(t, "last follows", *tr.Last, 0.7)
	h.must(h.log(c, p(20, 2, 0.3))) // the first value of that step comes late
	is(t, "what was there stays dropped", *w.trial(1).Last, 0.7)

	h.must(h.log(c, p(5, 4, math.NaN()), p(6, 4, math.Inf(1))))
	tr = w.trial(1)
	is(t, "NaN counts as a report", tr.Resource, 4)
	is(t, "and is never best", *tr.Best, 0.5)
	got := w.look().Readings
	is(t, "readings", len(got), 4)
	for i, want := range []struct {
		step    int64
		ordinal int
		value   float64
	}{{10, 1, 0.5}, {20, 2, 0.7}, {5, 3, math.NaN()}, {6, 4, math.Inf(1)}} {
		r := got[i]
		if r.Step != want.step || r.Ordinal != want.ordinal || r.Value != want.value && !(math.IsNaN(r.Value) && math.IsNaN(want.value)) {
			t.Errorf("reading %d is %+v, want %+v", i, r, want)
		}
	}
	is(t, "counted", w.changes.Sweep.Counts.Readings, 4)

	child, err := h.db.CreateRun(t.Context(), author(c), tracking.Run{ID: "c0ffee", Experiment: w.changes.Sweep.Experiment, Name: "child", Status: tracking.Running})
	h.must(err)
	h.must(h.db.LogBatch(t.Context(), author(c), child.ID, tracking.Batch{Metrics: []tracking.Metric{p(99, 9, 0.01)}}))
	is(t, "a child's points are none", w.trial(1).Resource, 4)

	for range 300 {
		h.must(h.log(c, p(int64(100+w.trial(1).Resource), 9, 0.4)))
		if w.trial(1).Resource >= 40 {
			break
		}
	}
	thin, err := h.db.Readings(t.Context(), w.no, []int{1, 7}, 9)
	h.must(err)
	if len(thin) < 3 || len(thin) > 9 {
		t.Errorf("thinned to %d readings, want at most 9", len(thin))
	}
}

func readingsReset(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	first := h.take("w1", 1)[0]
	h.report(first, 1, 0.1)
	h.report(first, 2, 0.2)
	h.settled(first, trials.Outcome{Verdict: trials.Preempted})
	is(t, "kept until the next reports", w.trial(1).Resource, 2)
	second := h.take("w1", 1)[0]
	is(t, "number", second.Attempt.Number, 2)
	h.report(second, 1, 0.4)
	tr := w.trial(1)
	is(t, "anew", tr.Resource, 1)
	is(t, "best of this attempt", *tr.Best, 0.4)
	is(t, "old readings stay", len(w.look().Readings), 3)
	r, err := h.db.Run(t.Context(), tr.Run)
	h.must(err)
	is(t, "the run's latest", r.Metrics[0].Value, 0.4)
	h.settled(second, trials.Outcome{Verdict: trials.Succeeded})
	is(t, "value", *w.trial(1).Value, 0.4)

	lazy := h.submit(oneStage(1, 1))
	lazy.create(1)
	first = h.take("w1", 1)[0]
	h.report(first, 1, 0.1)
	h.settled(first, trials.Outcome{Verdict: trials.Preempted})
	h.settled(h.take("w1", 1)[0], trials.Outcome{Verdict: trials.Succeeded})
	is(t, "the objective is of the attempt that settled", lazy.trial(1).Failure.Class, trials.ClassNoObjective)
}

func fence(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	c := h.take("w1", 1)[0]
	first, err := h.db.Bind(t.Context(), ref(c), "req-1")
	h.must(err)
	again, err := h.db.Bind(t.Context(), ref(c), "req-1")
	h.must(err)
	other, err := h.db.Bind(t.Context(), ref(c), "")
	h.must(err)
	is(t, "bound once, the same answer to the same request", []bool{first, again, other}[0] && again && !other, true)
	h.settled(c, trials.Outcome{Verdict: trials.Preempted})
	before := w.look().Seq
	for what, err := range map[string]error{
		"points": h.log(c, tracking.Metric{Key: "loss", Value: 1}),
		"tags":   h.db.LogBatch(t.Context(), author(c), c.Trial.Run, tracking.Batch{Tags: []tracking.Tag{{Key: "a", Value: "b"}}}),
		"may":    h.db.MayWrite(t.Context(), author(c), c.Trial.Run),
	} {
		if !fault.Is(err, fault.Stale) {
			t.Errorf("%s of an ended attempt: %v, want stale", what, err)
		}
	}
	if _, err := h.db.Bind(t.Context(), ref(c), ""); !fault.Is(err, fault.Stale) {
		t.Errorf("binding an ended attempt: %v, want stale", err)
	}
	is(t, "nothing changed", w.look().Seq, before)
}
