package storetest

import (
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
)

func pauseResume(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(6, 3))
	w.create(6)
	c := h.take("w1", 1)[0]
	s := h.command(w, scheduler.Command{Kind: scheduler.CommandPause, Actor: "ann"})
	is(t, "state", s.State, trials.SweepPaused)
	is(t, "why", s.WhyCode, "by_user")
	is(t, "revision", s.Revision, 2)
	is(t, "nothing is queued", w.counts().Held, 5)
	none, err := h.db.Claim(t.Context(), h.worker("w1", 1))
	h.must(err)
	is(t, "nothing is claimed", len(none), 0)
	h.report(c, 1, 1)
	h.settled(c, trials.Outcome{Verdict: trials.Succeeded})
	is(t, "live ones end, none follows", w.counts().Live, 0)
	h.command(w, scheduler.Command{Kind: scheduler.CommandResume})
	is(t, "as many as may be", w.counts().Live, 3)
	one, four, high := 1, 4, 9
	h.command(w, scheduler.Command{Kind: scheduler.CommandEdit, Parallel: &one})
	is(t, "fewer at once", w.counts().Live, 1)
	s = h.command(w, scheduler.Command{Kind: scheduler.CommandEdit, Parallel: &four, Priority: &high})
	is(t, "more at once", w.counts().Live, 4)
	is(t, "as the spec shows it", s.Spec.Budget.Parallel, 4)
	is(t, "priority", h.take("w1", 1)[0].Attempt.Priority, 9)
	if _, err := h.db.Command(t.Context(), w.no, scheduler.Command{Kind: "resum"}); !fault.Is(err, fault.Invalid) || fault.Of(err).Hint != "did you mean resume?" {
		t.Errorf("an unknown command: %v", err)
	}
}

func cancel(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(4, 2))
	w.create(4)
	got := h.take("w1", 2)
	if _, err := h.db.Command(t.Context(), w.no, scheduler.Command{Kind: scheduler.CommandCancel, Trials: []int{9}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("no such trial: %v", err)
	}
	is(t, "revision of what failed", w.look().Sweep.Revision, 1)
	h.settled(got[1], trials.Outcome{Verdict: trials.VerdictFailed}) // waits for a retry
	s := h.command(w, scheduler.Command{Kind: scheduler.CommandCancel, Why: "wrong data"})
	is(t, "state", s.State, trials.SweepCancelled)
	is(t, "why", s.Why, "wrong data")
	is(t, "stage", w.look().Stages[0].State, trials.StageFinished)
	is(t, "counts", w.counts().Cancelled, 3)
	is(t, "asked", h.beat("w1", got[0])[0].Cancel, true)
	h.settled(got[0], trials.Outcome{Verdict: trials.Lost})
	is(t, "a lost one is not queued again", w.trial(1).State, trials.Cancelled)
	is(t, "all", w.counts(), trials.Counts{Created: 4, Cancelled: 4, Attempts: 4})
	if _, err := h.db.Command(t.Context(), w.no, scheduler.Command{Kind: scheduler.CommandPause}); !fault.Is(err, fault.Conflict) {
		t.Errorf("pausing what has ended: %v, want conflict", err)
	}
}

func retryFailed(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(2, 0))
	w.create(2)
	for _, c := range h.take("w1", 2) {
		h.settled(c, trials.Outcome{Verdict: trials.VerdictFailed})
		w.applied(plan.Fail{Trial: c.Attempt.Trial, Attempts: 1, Why: "no"})
	}
	w.applied(plan.FinishStage{Stage: w.stage, State: trials.StageFinished, Proposed: 2}, plan.FinishSweep{State: trials.SweepFinished})
	h.command(w, scheduler.Command{Kind: scheduler.CommandRetry, Trials: []int{2}})
	is(t, "goes on", w.look().Sweep.State, trials.SweepRunning)
	is(t, "its stage too", w.changes.Stages[0].State, trials.StageOpen)
	is(t, "failed", w.counts().Failed, 1)
	if _, err := h.db.Command(t.Context(), w.no, scheduler.Command{Kind: scheduler.CommandRetry, Trials: []int{2}}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a trial that is not failed: %v", err)
	}
	h.command(w, scheduler.Command{Kind: scheduler.CommandRetry})
	is(t, "all failed", w.counts().Failed, 0)
	for _, c := range h.take("w1", 2) {
		is(t, "attempt", c.Attempt.Number, 2)
		h.report(c, 1, 1)
		h.settled(c, trials.Outcome{Verdict: trials.Succeeded})
	}
	is(t, "counts", w.counts().Completed, 2)
	if _, err := h.db.Command(t.Context(), w.no, scheduler.Command{Kind: scheduler.CommandRetry}); !fault.Is(err, fault.Conflict) {
		t.Errorf("nothing to retry: %v", err)
	}
}
