package storetest

import (
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// guards: every action is refused when what it was made from is not so any more,
// and takes effect once.
func guards(t *testing.T, open Open) {
	h := build(t, open)
	sp := oneStage(4, 0)
	second := sp.Stages[0]
	second.Name = "second"
	sp.Stages = append(sp.Stages, second)
	w := h.submit(sp)
	next := w.changes.Stages[1].No
	w.create(4)
	got := h.take("w1", 3)
	no := got[0].Attempt.Trial

	w.refused(plan.OpenStage{Stage: w.stage})
	w.refused(plan.Stop{Trial: no, Attempt: 2})
	w.refused(plan.Retry{Trial: no, Attempts: 1})               // an attempt is live
	w.refused(plan.Fail{Trial: no, Attempts: 1})                // likewise
	w.refused(plan.Cancel{Trial: no, Attempts: 1})              // likewise
	w.refused(plan.Exhaust{Branch: w.branch, K: 3})             // four were proposed
	w.refused(plan.FinishStage{Stage: w.stage, Proposed: 4})    // trials are open
	w.refused(plan.FinishSweep{State: trials.SweepFinished})    // stages are open
	w.refused(plan.Stop{Trial: no + 1000, Attempt: 1})          // no such trial
	w.refused(plan.FinishStage{Stage: w.stage + 1000})          // no such stage
	w.refused(plan.Record{Trial: no + 1000})                    // no such trial
	w.applied(stopOf(got[0]))                                   //
	w.refused(stopOf(got[0]))                                   // asked already
	waiting := w.trial(4)                                       //
	w.applied(plan.Cancel{Trial: waiting.No, Attempts: 1})      // queued
	w.refused(plan.Cancel{Trial: waiting.No, Attempts: 1})      //
	is(t, "cancelled", w.trial(4).State, trials.Cancelled)      //
	is(t, "its attempt", w.attempts(4)[0].Verdict, "cancelled") //

	failed := trials.Outcome{Verdict: trials.VerdictFailed, Failure: &trials.Failure{Class: trials.ClassError, Message: "x"}}
	h.settled(got[1], failed)
	h.settled(got[2], failed)
	w.refused(plan.Retry{Trial: got[1].Attempt.Trial, Attempts: 2}) // there was one attempt
	w.applied(plan.Fail{Trial: got[1].Attempt.Trial, Attempts: 1, Why: "no retries"})
	w.refused(plan.Fail{Trial: got[1].Attempt.Trial, Attempts: 1})
	w.refused(plan.Retry{Trial: got[1].Attempt.Trial, Attempts: 1})
	is(t, "failed", w.trial(2).Reason, "no retries")
	w.applied(plan.Retry{Trial: got[2].Attempt.Trial, Attempts: 1, Why: "once more"})
	w.refused(plan.Retry{Trial: got[2].Attempt.Trial, Attempts: 1}) // its attempt is queued
	w.applied(plan.Cancel{Trial: got[2].Attempt.Trial, Attempts: 2})

	h.beat("w1", got[0])
	h.settled(got[0], trials.Outcome{Verdict: trials.VerdictStopped})
	w.refused(plan.FinishStage{Stage: w.stage, Proposed: 3})
	w.applied(plan.Exhaust{Branch: w.branch, K: 4})
	w.refused(plan.Exhaust{Branch: w.branch, K: 4})
	w.applied(plan.FinishStage{Stage: w.stage, State: trials.StageFinished, Proposed: 4})
	w.refused(plan.FinishStage{Stage: w.stage, State: trials.StageFinished, Proposed: 4})
	w.applied(plan.OpenStage{Stage: next, Skip: true, Why: "nothing to do"})
	w.refused(plan.OpenStage{Stage: next})
	is(t, "skipped", w.look().Stages[1].State, trials.StageSkipped)
	w.applied(plan.Pause{Code: "early_failures", Why: "three alike"})
	w.refused(plan.Pause{Code: "early_failures", Why: "three alike"})
	is(t, "why", w.look().Sweep.WhyCode, "early_failures")
	w.applied(plan.FinishSweep{State: trials.SweepFinished})
	w.refused(plan.FinishSweep{State: trials.SweepFinished})
	c := w.counts()
	is(t, "counts", c, trials.Counts{Created: 4, Stopped: 1, Failed: 1, Cancelled: 2, Attempts: 5})
}

func recordOnce(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	c := h.take("w1", 1)[0]
	keep := plan.Record{Trial: c.Attempt.Trial, Number: 1, Verdict: search.Verdict{Trial: 1, Rule: "asha", Rung: 0, Resource: 1, Rank: 1, Of: 3, Cut: 2}}
	w.applied(keep)
	w.refused(keep)
	keep.Verdict.Rung = 1
	w.applied(keep)
	log, err := h.db.Decisions(t.Context(), w.no, 1, 0, 10)
	h.must(err)
	is(t, "entries", len(log), 2)
	is(t, "kind", log[0].Kind, "promote")
	is(t, "payload", len(log[0].Payload) > 0, true)

	// A stop that a lost attempt never heard of meets the next attempt.
	w.applied(stopOf(c))
	h.settled(c, trials.Outcome{Verdict: trials.Preempted})
	again := h.take("w1", 1)[0]
	w.applied(stopOf(again))
	is(t, "asked", w.attempts(1)[1].StopAsked, true)
}

func retry(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	c := h.take("w1", 1)[0]
	h.settled(c, trials.Outcome{Verdict: trials.VerdictFailed, Failure: &trials.Failure{Class: trials.ClassOOMHost, Message: "oom"}})
	notBefore := time.Now().Add(time.Second) // PostgreSQL's clock is the real one
	w.applied(plan.Retry{
		Trial: c.Attempt.Trial, Attempts: 1, OOM: true, Effective: search.Point{"x": 0.5, "kind": "a0"}, Why: "half of it",
		NotBefore: notBefore,
	})
	is(t, "rungs", w.trial(1).OOMs, 1)
	is(t, "not the user's fault", w.trial(1).Failures, 0)
	early, err := h.db.Claim(t.Context(), h.worker("w1", 1))
	h.must(err)
	is(t, "not before its time", len(early), 0)
	var got int
	for limit := time.Now().Add(20 * time.Second); got == 0 && time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		h.clock.move(5 * time.Millisecond)
		claimed, err := h.db.Claim(t.Context(), h.worker("w1", 1))
		h.must(err)
		got = len(claimed)
	}
	is(t, "claimed then", got, 1)
	tr := w.trial(1)
	is(t, "effective", tr.Params()["x"].(float64), 0.5)
	is(t, "proposed", tr.Point["x"].(float64), 0)
	r, err := h.db.Run(t.Context(), tr.Run)
	h.must(err)
	for _, p := range r.Params {
		if p.Key == "x" {
			is(t, "param of the run", p.Value, "0.5")
		}
	}
}

func ensembles(t *testing.T, open Open) {
	w := build(t, open).submit(oneStage(1, 1))
	e := trials.Ensemble{Metric: "log_loss", Split: "val", Members: []trials.EnsembleMember{{Trial: 1, Weight: 1}}, Considered: 1}
	w.must(w.db.SaveEnsemble(t.Context(), w.no, w.stage, e))
	got, err := w.db.Ensembles(t.Context(), w.no)
	w.must(err)
	is(t, "ensembles", len(got), 1)
	is(t, "stage", got[0].Stage, "search")
	is(t, "ended", w.look().Stages[0].State, trials.StageFinished)
	is(t, "output", len(w.changes.Stages[0].Output) > 0, true)
	if err := w.db.SaveEnsemble(t.Context(), w.no, w.stage, e); !fault.Is(err, fault.Stale) {
		t.Errorf("a stage that has ended: %v, want stale", err)
	}
}

func failStage(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(2, 0))
	w.create(2)
	c := h.take("w1", 1)[0]
	h.must(h.db.FailStage(t.Context(), w.no, w.stage, "best is null at line 7"))
	s := w.look()
	is(t, "sweep", s.Sweep.State, trials.SweepFailed)
	is(t, "stage", s.Stages[0].State, trials.StageFailed)
	is(t, "why", s.Sweep.Why, "stage search: best is null at line 7")
	is(t, "waiting trial", w.trial(2).State, trials.Cancelled)
	is(t, "live one is asked to end", h.beat("w1", c)[0].Cancel, true)
	if err := h.db.FailStage(t.Context(), w.no, w.stage, "again"); !fault.Is(err, fault.Stale) {
		t.Errorf("twice: %v, want stale", err)
	}
}
