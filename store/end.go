package store

import (
	"fmt"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

const (
	// lossBudget is how many attempts of a trial may be lost or preempted unless
	// the sweep says otherwise; Hatchet's cap of internal retries.
	lossBudget = 10
	// killedWorkers is how many different workers a trial may take with it.
	killedWorkers = 3
)

// ending is how an attempt ends.
type ending struct {
	verdict trials.Verdict
	said    trials.Verdict // the worker's own word
	failure *trials.Failure
	seconds float64
	peaks   trials.Peaks
}

// endAttempt ends a live attempt and charges its seconds to the trial, whose row
// the caller stores. Its place is free: whoever ends it promotes the
// sweep's next held attempt once the trial's own next one, if any, has had it.
func (t *tx) endAttempt(sw *sweepRow, a *attemptRow, tr *trialRow, e ending) error {
	var failed string
	if e.failure != nil {
		failed = encode(e.failure)
	}
	peaks := a.Peaks
	if e.peaks != (trials.Peaks{}) {
		peaks = encode(e.peaks)
	}
	if _, err := t.exec(`UPDATE attempts SET state = 'ended', verdict = ?, said = ?, failure = ?, peaks = ?, ended_at = ?, seq = ? WHERE no = ?`,
		string(e.verdict), string(e.said), failed, peaks, micros(t.now), sw.Seq, a.No); err != nil {
		return err
	}
	a.State, a.Verdict = string(trials.AttemptEnded), string(e.verdict)
	sw.Live--
	sw.Seconds += e.seconds
	tr.Seconds += e.seconds
	return nil
}

// count moves a trial from one of the sweep's counters to another.
func (r *sweepRow) count(from, to trials.TrialState) {
	*r.counter(from)--
	*r.counter(to)++
}

func (r *sweepRow) counter(s trials.TrialState) *int {
	switch s {
	case trials.Queued:
		return &r.Queued
	case trials.Running:
		return &r.Running
	case trials.Completed:
		return &r.Completed
	case trials.Stopped:
		return &r.Stopped
	case trials.Failed:
		return &r.Failed
	}
	return &r.Cancelled
}

// runStatus is the status of a trial's run in MLflow's words.
func runStatus(s trials.TrialState) tracking.Status {
	switch s {
	case trials.Queued:
		return tracking.Scheduled
	case trials.Running:
		return tracking.Running
	case trials.Failed:
		return tracking.Failed
	case trials.Cancelled:
		return tracking.Killed
	}
	return tracking.Finished
}

// endTrial ends a trial and its run. The columns that only some endings set are
// left as they are in the row; value is of a completed trial alone.
func (t *tx) endTrial(sw *sweepRow, tr *trialRow, to trials.TrialState, reason string, value *float64) error {
	sw.count(trials.TrialState(tr.State), to)
	tr.State, tr.Reason, tr.Value = string(to), reason, value
	if _, err := t.exec("UPDATE trials SET state = ?, reason = ?, value = ?, failure = ?, files = ?, seconds = ?, losses = ?, ended_at = ?, seq = ? WHERE no = ?",
		tr.State, reason, value, tr.Failure, tr.Files, tr.Seconds, tr.Losses, micros(t.now), sw.Seq, tr.No); err != nil {
		return err
	}
	_, err := t.exec("UPDATE runs SET status = ?, end_ms = ? WHERE no = ?", string(runStatus(to)), t.now.UnixMilli(), tr.RunNo)
	return err
}

// again puts a trial whose attempt was not its own fault back in the queue, or
// ends it when it was cancelled meanwhile or has used up its losses.
func (t *tx) again(sw *sweepRow, a *attemptRow, tr *trialRow, e ending) error {
	if err := t.endAttempt(sw, a, tr, e); err != nil {
		return err
	}
	if a.CancelAsked || trials.SweepState(sw.State).Ended() {
		return t.endTrial(sw, tr, trials.Cancelled, "cancelled", nil)
	}
	text := fmt.Sprintf("attempt %d was never started by worker %s; queued again", a.Number, a.Worker)
	if e.verdict != trials.Undelivered {
		tr.Losses++
		reason, err := t.givenUp(sw, tr)
		if err != nil {
			return err
		}
		if reason != "" {
			tr.Failure = encode(trials.Failure{Class: trials.ClassLost, Message: reason})
			if err := t.endTrial(sw, tr, trials.Failed, reason, nil); err != nil {
				return err
			}
			return t.decide(sw, trials.Decision{Actor: "store", Kind: "fail", Trial: tr.Number, Stage: tr.StageName, Text: reason})
		}
		word := "lost"
		if e.verdict == trials.Preempted {
			word = "preempted"
		}
		text = fmt.Sprintf("attempt %d was %s on worker %s after %.0f s; queued again (%d of at most %d losses)",
			a.Number, word, a.Worker, e.seconds, tr.Losses, t.losses(sw, tr))
	}
	if err := t.requeue(sw, a, tr, a.Effective, 0); err != nil {
		return err
	}
	return t.decide(sw, trials.Decision{Actor: "store", Kind: "lost", Trial: tr.Number, Stage: tr.StageName, Text: text})
}

// requeue makes a trial's next attempt and calls it queued.
func (t *tx) requeue(sw *sweepRow, last *attemptRow, tr *trialRow, effective string, notBefore int64) error {
	if err := t.enqueue(sw, *last, effective, notBefore); err != nil {
		return err
	}
	sw.count(trials.TrialState(tr.State), trials.Queued)
	tr.State, tr.Attempts = string(trials.Queued), last.Number+1
	_, err := t.exec("UPDATE trials SET state = 'queued', attempts = ?, reason = '', failure = ?, seconds = ?, losses = ?, ended_at = 0, seq = ? WHERE no = ?",
		tr.Attempts, tr.Failure, tr.Seconds, tr.Losses, sw.Seq, tr.No)
	return err
}

// losses is how often attempts of a trial may be lost.
func (t *tx) losses(sw *sweepRow, tr *trialRow) int {
	e, err := t.s.specs.of(t.db, sw.No)
	if err != nil {
		return lossBudget
	}
	st, err := e.stage(tr.StageName)
	if err != nil {
		return lossBudget
	}
	if rule, ok := st.Retry[string(trials.ClassLost)]; ok {
		return rule.Times
	}
	return lossBudget
}

// givenUp says why a trial is not tried again after a loss, "" when it is.
func (t *tx) givenUp(sw *sweepRow, tr *trialRow) (string, error) {
	if most := t.losses(sw, tr); tr.Losses > most {
		return fmt.Sprintf("lost %d times, which is more than the %d losses a trial has", tr.Losses, most), nil
	}
	var workers []string
	if _, err := t.scan(&workers, "SELECT DISTINCT worker FROM attempts WHERE trial = ? AND verdict = 'lost' ORDER BY worker", tr.No); err != nil {
		return "", err
	}
	if len(workers) >= killedWorkers {
		return fmt.Sprintf("it kills its worker: lost on %d different ones (%s, %s, %s)", len(workers), workers[0], workers[1], workers[2]), nil
	}
	return "", nil
}
