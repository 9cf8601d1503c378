package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// Apply carries out what plan decided. Each action is guarded by itself: those
// that met their guard are given back, the others take effect together.
func (s *DB) Apply(ctx context.Context, sweep int64, actions []plan.Action) (*scheduler.Applied, error) {
	var out *scheduler.Applied
	err := s.write(ctx, sweep, true, func(t *tx) error {
		out = &scheduler.Applied{}
		sw, err := t.sweep(sweep)
		if err != nil {
			return err
		}
		for _, a := range actions {
			done, err := t.apply(sw, a)
			if err != nil {
				return fmt.Errorf("%s: %w", a, err)
			}
			if done {
				out.Done = append(out.Done, a)
			} else {
				out.Refused = append(out.Refused, a)
			}
		}
		out.Seq = sw.Seq
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// apply carries out one action, false when its guard refused it.
func (t *tx) apply(sw *sweepRow, a plan.Action) (bool, error) {
	switch a := a.(type) {
	case plan.OpenStage:
		return t.openStage(sw, a)
	case plan.Stop:
		return t.stop(sw, a)
	case plan.Record:
		return t.keep(sw, a)
	case plan.Retry:
		return t.retry(sw, a)
	case plan.Fail:
		return t.fail(sw, a)
	case plan.Cancel:
		return t.cancel(sw, a)
	case plan.Exhaust:
		return t.exhaust(sw, a)
	case plan.FinishStage:
		return t.finishStage(sw, a)
	case plan.FinishSweep:
		return t.finishSweep(sw, a)
	case plan.Pause:
		return t.pause(sw, trials.Decision{Actor: "plan", Text: a.Why}, a.Code)
	}
	return false, fault.Newf(fault.Internal, "action %T is not one of the store's", a)
}

// waiting reads a trial that runs without an open attempt after so many; nil
// when it is otherwise.
func (t *tx) waiting(sw *sweepRow, trial int64, attempts int) (*attemptRow, *trialRow, error) {
	a, tr, err := t.attempt("a.trial = ? AND a.sweep = ? AND a.number = ?", trial, sw.No, attempts)
	if err != nil || a == nil {
		return nil, nil, err
	}
	if tr.State != string(trials.Running) || tr.Attempts != attempts || a.State != string(trials.AttemptEnded) {
		return nil, nil, nil
	}
	return a, tr, nil
}

func (t *tx) retry(sw *sweepRow, r plan.Retry) (bool, error) {
	a, tr, err := t.waiting(sw, r.Trial, r.Attempts)
	if err != nil || a == nil {
		return false, err
	}
	effective := a.Effective
	if r.Effective != nil {
		effective = encodePoint(r.Effective)
	}
	if r.OOM {
		if _, err := t.exec("UPDATE trials SET ooms = ooms + 1 WHERE no = ?", tr.No); err != nil {
			return false, err
		}
	}
	if err := t.requeue(sw, a, tr, effective, micros(r.NotBefore)); err != nil {
		return false, err
	}
	return true, t.decide(sw, trials.Decision{
		Actor: "plan", Kind: "retry", Trial: tr.Number, Stage: tr.StageName, Text: r.Why, Payload: []byte(encode(retryPayload{
			Attempt: r.Attempts + 1, OOM: r.OOM, Effective: json.RawMessage(effective),
		})),
	})
}

// retryPayload is what a retry's log entry holds beside its text.
type retryPayload struct {
	Attempt   int             `json:"attempt"`
	OOM       bool            `json:"oom,omitempty"`
	Effective json.RawMessage `json:"effective,omitempty"` // the parameters, when they are not the trial's own
}

func (t *tx) fail(sw *sweepRow, f plan.Fail) (bool, error) {
	a, tr, err := t.waiting(sw, f.Trial, f.Attempts)
	if err != nil || a == nil {
		return false, err
	}
	if err := t.endTrial(sw, tr, trials.Failed, f.Why, nil); err != nil {
		return false, err
	}
	return true, t.decide(sw, trials.Decision{
		Actor: "plan", Kind: "fail", Trial: tr.Number, Stage: tr.StageName, Text: f.Why, Payload: []byte(tr.Failure),
	})
}

// stop asks a live attempt to end early.
func (t *tx) stop(sw *sweepRow, s plan.Stop) (bool, error) {
	a, tr, err := t.attempt("a.trial = ? AND a.sweep = ? AND a.number = ?", s.Trial, sw.No, s.Attempt)
	if err != nil || a == nil || a.State != string(trials.AttemptLive) || a.StopAsked {
		return false, err
	}
	reason, err := t.reason(sw, tr, s.Verdict)
	if err != nil {
		return false, err
	}
	if _, err := t.exec("UPDATE attempts SET stop_asked = TRUE, stop_reason = ?, seq = ? WHERE no = ?", reason, sw.Seq, a.No); err != nil {
		return false, err
	}
	_, err = t.record(sw, trials.Decision{
		Actor: s.Verdict.Rule, Kind: "stop", Trial: tr.Number, Stage: tr.StageName, Text: reason, Payload: []byte(encode(s.Verdict)),
	}, mark(tr, s.Verdict))
	return true, err
}

// keep stores a verdict that lets a trial go on, once.
func (t *tx) keep(sw *sweepRow, r plan.Record) (bool, error) {
	var tr trialRow
	if n, err := t.scan(&tr, "SELECT * FROM trials WHERE no = ? AND sweep = ?", r.Trial, sw.No); err != nil || n == 0 {
		return false, err
	}
	text, err := t.reason(sw, &tr, r.Verdict)
	if err != nil {
		return false, err
	}
	return t.record(sw, trials.Decision{
		Actor: r.Verdict.Rule, Kind: "promote", Trial: tr.Number, Stage: tr.StageName, Text: text, Payload: []byte(encode(r.Verdict)),
	}, mark(&tr, r.Verdict))
}

// reason is a verdict as a sentence, in values and not in losses.
func (t *tx) reason(sw *sweepRow, tr *trialRow, v search.Verdict) (string, error) {
	e, err := t.s.specs.of(t.db, sw.No)
	if err != nil {
		return "", err
	}
	st, err := e.stage(tr.StageName)
	if err != nil {
		return "", err
	}
	v.Loss, v.Cut = st.Objective.Goal.Value(v.Loss), st.Objective.Goal.Value(v.Cut)
	return plan.Reason(v), nil
}

// mark is what a verdict is recorded once by.
func mark(tr *trialRow, v search.Verdict) *string {
	m := fmt.Sprintf("%d/%s/%d", tr.Number, v.Rule, v.Rung)
	return &m
}

// cancel ends a trial that no worker holds, with its attempt.
func (t *tx) cancel(sw *sweepRow, c plan.Cancel) (bool, error) {
	a, tr, err := t.attempt("a.trial = ? AND a.sweep = ? AND a.number = ?", c.Trial, sw.No, c.Attempts)
	if err != nil || a == nil || tr.Attempts != c.Attempts || !a.waits() {
		return false, err
	}
	if err := t.cancelWaiting(sw, a, tr, c.Why); err != nil {
		return false, err
	}
	return true, t.decide(sw, trials.Decision{Actor: "plan", Kind: "cancel", Trial: tr.Number, Stage: tr.StageName, Text: c.Why})
}

// waits tells whether no worker has the attempt yet.
func (r *attemptRow) waits() bool {
	return r.State == string(trials.AttemptHeld) || r.State == string(trials.AttemptQueued)
}

// cancelWaiting ends an attempt that waits, and its trial.
func (t *tx) cancelWaiting(sw *sweepRow, a *attemptRow, tr *trialRow, why string) error {
	if _, err := t.exec("UPDATE attempts SET state = 'ended', verdict = ?, ended_at = ?, seq = ? WHERE no = ?",
		string(trials.VerdictCanceled), micros(t.now), sw.Seq, a.No); err != nil {
		return err
	}
	if a.State == string(trials.AttemptHeld) {
		sw.Held--
	} else {
		sw.Live--
	}
	if err := t.endTrial(sw, tr, trials.Cancelled, why, nil); err != nil {
		return err
	}
	return t.promote(sw)
}
