package storetest

import (
	"math"
	"testing"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// stopOf asks a live attempt to end early.
func stopOf(c scheduler.Claimed) plan.Stop {
	return plan.Stop{Trial: c.Attempt.Trial, Number: c.Trial.Number, Attempt: c.Attempt.Number, Verdict: search.Verdict{
		Trial: c.Trial.Number, Stop: true, Rule: "asha", Resource: 1, Loss: 2, Rank: 3, Of: 3, Cut: 1,
	}}
}

func verdicts(t *testing.T, open Open) {
	h := build(t, open)
	failure := &trials.Failure{Class: trials.ClassError, Message: "ValueError"}
	oom := &trials.Failure{Class: trials.ClassOOMHost, Message: "out of memory"}
	for _, c := range []struct {
		name    string
		before  func(*sweep, scheduler.Claimed)
		outcome trials.Outcome
		verdict trials.Verdict
		state   trials.TrialState
		run     tracking.Status
	}{
		{"succeeded", nil, trials.Outcome{Verdict: trials.Succeeded}, trials.Succeeded, trials.Completed, tracking.Finished},
		{"failed", nil, trials.Outcome{Verdict: trials.VerdictFailed, Failure: failure}, trials.VerdictFailed, trials.Running, tracking.Running},
		{"failed without a reason", nil, trials.Outcome{Verdict: trials.VerdictFailed}, trials.VerdictFailed, trials.Running, tracking.Running},
		{"out of memory", nil, trials.Outcome{Verdict: trials.VerdictFailed, Failure: oom}, trials.VerdictFailed, trials.Running, tracking.Running},
		{"lost", nil, trials.Outcome{Verdict: trials.Lost}, trials.Lost, trials.Queued, tracking.Running},
		{"preempted", nil, trials.Outcome{Verdict: trials.Preempted}, trials.Preempted, trials.Queued, tracking.Running},
		{
			"stopped when delivered", func(w *sweep, c scheduler.Claimed) { w.applied(stopOf(c)); h.beat("w1", c) },
			trials.Outcome{Verdict: trials.VerdictStopped},
			trials.VerdictStopped, trials.Stopped, tracking.Finished,
		},
		{
			"stopped when only asked", func(w *sweep, c scheduler.Claimed) { w.applied(stopOf(c)) },
			trials.Outcome{Verdict: trials.VerdictStopped},
			trials.VerdictStopped, trials.Stopped, tracking.Finished,
		},
		{"stopped by nobody", nil, trials.Outcome{Verdict: trials.VerdictStopped}, trials.VerdictFailed, trials.Running, tracking.Running},
		{"cancelled by a person", func(w *sweep, c scheduler.Claimed) {
			h.command(w, scheduler.Command{Kind: scheduler.CommandCancel, Trials: []int{1}})
		}, trials.Outcome{Verdict: trials.VerdictCanceled}, trials.VerdictCanceled, trials.Cancelled, tracking.Killed},
		{"cancelled by nobody", nil, trials.Outcome{Verdict: trials.VerdictCanceled}, trials.Preempted, trials.Queued, tracking.Running},
		{"failed while cancelled", func(w *sweep, c scheduler.Claimed) {
			h.command(w, scheduler.Command{Kind: scheduler.CommandCancel, Trials: []int{1}})
		}, trials.Outcome{Verdict: trials.VerdictFailed, Failure: failure}, trials.VerdictFailed, trials.Cancelled, tracking.Killed},
	} {
		w := h.submit(oneStage(1, 1))
		w.create(1)
		got := h.take("w1", 1)[0]
		h.report(got, 1, 0.5)
		if c.before != nil {
			c.before(w, got)
		}
		h.settled(got, c.outcome)
		tr, at := w.trial(1), w.attempts(1)[0]
		is(t, c.name+": verdict", at.Verdict, c.verdict)
		is(t, c.name+": trial", tr.State, c.state)
		if c.verdict == trials.VerdictFailed && (tr.Failure == nil || at.Failure == nil) {
			t.Errorf("%s: no failure is stored", c.name)
		}
		r, err := h.db.Run(t.Context(), tr.Run)
		h.must(err)
		is(t, c.name+": run", r.Status, c.run)
		is(t, c.name+": run has ended", r.End != 0, c.state.Ended())
		n := w.counts()
		is(t, c.name+": one trial", n.Queued+n.Running+n.Completed+n.Stopped+n.Failed+n.Cancelled, 1)
		h.command(w, scheduler.Command{Kind: scheduler.CommandPause}) // out of the next one's way
	}
}

func noObjective(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(4, 0))
	w.create(4)
	got := h.take("w1", 4)
	h.must(h.log(got[0], tracking.Metric{Key: "accuracy", Value: 1}, tracking.Metric{Key: "los", Value: 1}))
	h.must(h.log(got[1], tracking.Metric{Key: "loss", Value: math.NaN()}))
	h.must(h.log(got[2], tracking.Metric{Key: "loss", Value: math.Inf(-1)}))
	for i, class := range []trials.Class{trials.ClassNoObjective, trials.ClassNaN, trials.ClassNaN, trials.ClassNoObjective} {
		h.settled(got[i], trials.Outcome{Verdict: trials.Succeeded})
		tr := w.trial(i + 1)
		is(t, "state", tr.State, trials.Running)
		if tr.Failure == nil || tr.Failure.Class != class {
			t.Fatalf("trial %d failed by %+v, want %s", i+1, tr.Failure, class)
		}
	}
	f := w.trial(1).Failure
	is(t, "nearest first", f.Seen[0], "los")
	is(t, "all of them", len(f.Seen), 2)
	is(t, "repeated", h.settle(got[0], trials.Outcome{Verdict: trials.Succeeded}), trials.SettledRepeated)
}

func reductions(t *testing.T, open Open) {
	h := build(t, open)
	for reduce, want := range map[string]float64{"best": 0.1, "last": 0.6, "mean_last:2": 0.4} {
		sp := oneStage(1, 1)
		sp.Stages[0].Objective.Reduce = reduce
		if reduce == "mean_last:2" {
			sp.Stages[0].Objective.LastK = 2
		}
		w := h.submit(sp)
		w.create(1)
		c := h.take("w1", 1)[0]
		for i, v := range []float64{0.1, 0.9, 0.2, 0.6} {
			h.report(c, int64(i), v)
		}
		h.settled(c, trials.Outcome{Verdict: trials.Succeeded})
		if got := *w.trial(1).Value; math.Abs(got-want) > 1e-12 {
			t.Errorf("%s of 0.1 0.9 0.2 0.6 is %v, want %v", reduce, got, want)
		}
	}
}

func result(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(2, 0))
	w.create(2)
	got := h.take("w1", 2)
	h.report(got[0], 7, 0.5)
	h.settled(got[0], trials.Outcome{Verdict: trials.Succeeded, Result: map[string]float64{"loss": 0.25, "acc": 0.9}})
	h.settled(got[1], trials.Outcome{Verdict: trials.Succeeded, Result: map[string]float64{"loss": 0.75}})
	is(t, "value", *w.trial(1).Value, 0.25)
	is(t, "step after the last", w.trial(1).LastStep, 8)
	is(t, "readings", w.trial(1).Resource, 2)
	is(t, "value of a return alone", *w.trial(2).Value, 0.75)
	is(t, "its step", w.trial(2).LastStep, 0)
	r, err := h.db.Run(t.Context(), w.trial(1).Run)
	h.must(err)
	is(t, "metrics on the run", len(r.Metrics), 2)
}

func settleTwice(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	c := h.take("w1", 1)[0]
	h.report(c, 1, 1)
	h.settled(c, trials.Outcome{Verdict: trials.Succeeded, Seconds: 2})
	before := w.counts()
	is(t, "the same again", h.settle(c, trials.Outcome{Verdict: trials.Succeeded, Seconds: 2}), trials.SettledRepeated)
	is(t, "another", h.settle(c, trials.Outcome{Verdict: trials.VerdictFailed}), trials.SettledStale)
	c.Attempt.Number = 2
	is(t, "of no attempt", h.settle(c, trials.Outcome{Verdict: trials.Succeeded}), trials.SettledStale)
	c.Attempt.Trial += 1000
	is(t, "of no trial", h.settle(c, trials.Outcome{Verdict: trials.Succeeded}), trials.SettledStale)
	is(t, "nothing changed", w.counts(), before)
}
