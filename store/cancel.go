package store

import (
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// cancelSweep ends a sweep: what waits is cancelled, what is live is asked to
// end.
func (t *tx) cancelSweep(sw *sweepRow, actor, why string) error {
	if why == "" {
		why = "cancelled by " + actor
	}
	sw.State = string(trials.SweepCancelled) // first, so that nothing held is queued meanwhile
	if err := t.cancelOpen(sw, why); err != nil {
		return err
	}
	var stages []stageRow
	if _, err := t.scan(&stages, "SELECT * FROM stages WHERE sweep = ? AND state IN ('waiting', 'open') ORDER BY idx", sw.No); err != nil {
		return err
	}
	for i := range stages {
		to := trials.StageFinished
		if stages[i].State == string(trials.StageWaiting) {
			to = trials.StageSkipped
		}
		if err := t.endStage(sw, &stages[i], to, why); err != nil {
			return err
		}
	}
	sw.Why, sw.WhyCode, sw.EndedAt = why, "by_user", micros(t.now)
	return t.decide(sw, trials.Decision{Actor: actor, Kind: "cancel", Text: why})
}

// cancelOpen is cancelTrial for all trials of a sweep that have not ended, in as
// many statements for ten thousand as for one.
func (t *tx) cancelOpen(sw *sweepRow, why string) error {
	now := micros(t.now)
	for _, w := range []struct {
		state trials.AttemptState
		count *int
	}{{trials.AttemptHeld, &sw.Held}, {trials.AttemptQueued, &sw.Live}} {
		n, err := t.exec("UPDATE attempts SET state = 'ended', verdict = ?, ended_at = ?, seq = ? WHERE sweep = ? AND state = ?",
			string(trials.VerdictCanceled), now, sw.Seq, sw.No, string(w.state))
		if err != nil {
			return err
		}
		*w.count -= int(n)
	}
	if _, err := t.exec("UPDATE attempts SET cancel_asked = TRUE, stop_reason = ?, seq = ? WHERE sweep = ? AND state = 'live'", why, sw.Seq, sw.No); err != nil {
		return err
	}
	for _, from := range []trials.TrialState{trials.Queued, trials.Running} {
		n, err := t.exec(`UPDATE trials SET state = 'cancelled', reason = ?, value = NULL, ended_at = ?, seq = ? WHERE sweep = ? AND state = ?
			AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.trial = trials.no AND a.state = 'live')`, why, now, sw.Seq, sw.No, string(from))
		if err != nil {
			return err
		}
		*sw.counter(from) -= int(n)
		sw.Cancelled += int(n)
	}
	_, err := t.exec("UPDATE runs SET status = ?, end_ms = ? WHERE no IN (SELECT run_no FROM trials WHERE sweep = ? AND seq = ? AND state = 'cancelled')",
		string(tracking.Killed), t.now.UnixMilli(), sw.No, sw.Seq)
	return err
}

// cancelTrial ends a trial that no worker holds; a live attempt is asked to end,
// and its trial is cancelled when it does.
func (t *tx) cancelTrial(sw *sweepRow, tr *trialRow, why string) error {
	a, _, err := t.attempt("a.trial = ? AND a.number = ?", tr.No, tr.Attempts)
	if err != nil {
		return err
	}
	switch {
	case a == nil || a.State == string(trials.AttemptEnded):
		return t.endTrial(sw, tr, trials.Cancelled, why, nil)
	case a.waits():
		return t.cancelWaiting(sw, a, tr, why)
	}
	_, err = t.exec("UPDATE attempts SET cancel_asked = TRUE, stop_reason = ?, seq = ? WHERE no = ?", why, sw.Seq, a.No)
	return err
}

// named reads trials by their numbers; one that does not exist is an error.
func (t *tx) named(sw *sweepRow, numbers []int) ([]trialRow, error) {
	var rows []trialRow
	if len(numbers) > memberRows {
		return nil, fault.Invalidf("%d trials in one request, which is more than %d", len(numbers), memberRows)
	}
	if _, err := t.scan(&rows, "SELECT * FROM trials WHERE sweep = ? AND number IN ? ORDER BY number", sw.No, numbers); err != nil {
		return nil, err
	}
	for _, n := range numbers {
		if !slices.ContainsFunc(rows, func(r trialRow) bool { return r.Number == n }) {
			return nil, fault.NotFoundf("sweep %s has no trial %d", sw.ID, n).Fix("it has trials 1 to %d", sw.Created)
		}
	}
	return rows, nil
}

func (t *tx) cancelTrials(sw *sweepRow, actor string, c scheduler.Command) error {
	rows, err := t.named(sw, c.Trials)
	if err != nil {
		return err
	}
	why := c.Why
	if why == "" {
		why = "cancelled by " + actor
	}
	for i := range rows {
		tr := &rows[i]
		if trials.TrialState(tr.State).Ended() {
			continue
		}
		if err := t.cancelTrial(sw, tr, why); err != nil {
			return err
		}
		if err := t.decide(sw, trials.Decision{Actor: actor, Kind: "cancel", Trial: tr.Number, Stage: tr.StageName, Text: why}); err != nil {
			return err
		}
	}
	return nil
}

// retryTrials queues failed trials again. A stage or sweep that had ended goes
// on for them.
func (t *tx) retryTrials(sw *sweepRow, actor string, c scheduler.Command) error {
	if sw.State == string(trials.SweepCancelled) {
		return fault.Conflictf("sweep %s is cancelled", sw.ID).Coded("sweep_ended")
	}
	rows, err := t.named(sw, c.Trials)
	if err != nil {
		return err
	}
	if c.Trials == nil {
		if _, err := t.scan(&rows, "SELECT * FROM trials WHERE sweep = ? AND state = 'failed' ORDER BY number", sw.No); err != nil {
			return err
		}
	}
	if len(rows) == 0 {
		return fault.Conflictf("sweep %s has no failed trial", sw.ID).Coded("nothing_to_retry")
	}
	if trials.SweepState(sw.State).Ended() {
		sw.State, sw.Why, sw.WhyCode, sw.EndedAt = string(trials.SweepRunning), "", "", 0
	}
	for i := range rows {
		tr := &rows[i]
		if tr.State != string(trials.Failed) {
			return fault.Conflictf("trial %d is %s, not failed", tr.Number, tr.State).Coded("trial_not_failed")
		}
		a, _, err := t.attempt("a.trial = ? AND a.number = ?", tr.No, tr.Attempts)
		if err != nil {
			return err
		}
		if _, err := t.exec("UPDATE stages SET state = 'open', why = '', ended_at = 0, seq = ? WHERE no = ? AND state <> 'open'", sw.Seq, tr.Stage); err != nil {
			return err
		}
		if err := t.requeue(sw, a, tr, a.Effective, 0); err != nil {
			return err
		}
		text := "tried again by " + actor
		if c.Why != "" {
			text += ": " + c.Why
		}
		if err := t.decide(sw, trials.Decision{Actor: actor, Kind: "retry", Trial: tr.Number, Stage: tr.StageName, Text: text}); err != nil {
			return err
		}
	}
	return nil
}
