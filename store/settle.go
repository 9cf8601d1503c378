package store

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// Settle ends attempts as their workers saw them and makes the verdicts. Each is
// independent of the others: one that is not held any more is stale, one that
// was settled alike before is repeated. Answers come in the order of ss.
func (s *DB) Settle(ctx context.Context, ss []trials.Settlement) ([]trials.Settled, error) {
	out := make([]trials.Settled, len(ss))
	bySweep := map[int64][]int{}
	for i, st := range ss {
		ref, err := s.trialRef(ctx, st.Trial)
		if err != nil {
			return nil, err
		}
		out[i] = trials.SettledStale
		if ref.Sweep != 0 {
			bySweep[ref.Sweep] = append(bySweep[ref.Sweep], i)
		}
	}
	for _, sweep := range slices.Sorted(maps.Keys(bySweep)) {
		err := s.write(ctx, sweep, true, func(t *tx) (err error) {
			for _, i := range bySweep[sweep] {
				if out[i], err = t.settle(sweep, ss[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// settle ends one attempt of a sweep.
func (t *tx) settle(sweep int64, s trials.Settlement) (trials.Settled, error) {
	if err := t.lockSweep(sweep); err != nil {
		return "", err
	}
	a, tr, err := t.attempt("a.trial = ? AND a.number = ?", s.Trial, s.Attempt)
	if err != nil || a == nil {
		return trials.SettledStale, err
	}
	if a.State != string(trials.AttemptLive) {
		if a.Said != "" && a.Said == string(s.Outcome.Verdict) {
			return trials.SettledRepeated, nil
		}
		return trials.SettledStale, nil
	}
	sw, err := t.sweep(sweep)
	if err != nil {
		return "", err
	}
	e, err := t.s.specs.of(t.db, sweep)
	if err != nil {
		return "", err
	}
	st, err := e.stage(tr.StageName)
	if err != nil {
		return "", err
	}
	if err := t.judge(sw, a, tr, e.spec, st, s.Outcome); err != nil {
		return "", err
	}
	return trials.SettledOK, t.promote(sw)
}

// judge makes the verdict of what a worker saw.
func (t *tx) judge(sw *sweepRow, a *attemptRow, tr *trialRow, sp *spec.Spec, st *spec.Stage, o trials.Outcome) error {
	e := ending{verdict: o.Verdict, said: o.Verdict, failure: o.Failure, seconds: max(0, finiteOr(o.Seconds, 0)), peaks: o.Peaks}
	if len(o.Predictions) > 0 {
		tr.Files = encode(o.Predictions)
	}
	switch o.Verdict {
	case trials.Succeeded:
		value, failed, err := t.reduced(sw, a, tr, st.Objective, o.Result)
		if err != nil {
			return err
		}
		if failed != nil {
			e.verdict, e.failure = trials.VerdictFailed, failed
			return t.failed(sw, a, tr, e)
		}
		if err := t.endAttempt(sw, a, tr, e); err != nil {
			return err
		}
		tr.Failure = ""
		if err := t.endTrial(sw, tr, trials.Completed, "", value); err != nil {
			return err
		}
		if value != nil && st.Objective == sp.Objective {
			sw.better(tr, *value, sp.Objective.Goal)
		}
		return nil
	case trials.VerdictStopped:
		// The worker says stopped only when the trial has heard of it, in the answer
		// to a report or by a signal; what counts here is that it was asked.
		if !a.StopAsked {
			e.verdict = trials.VerdictFailed
			e.failure = &trials.Failure{Class: trials.ClassError, Message: "it ended as stopped although nobody asked it to stop"}
			return t.failed(sw, a, tr, e)
		}
		if err := t.endAttempt(sw, a, tr, e); err != nil {
			return err
		}
		tr.Failure = ""
		return t.endTrial(sw, tr, trials.Stopped, a.StopReason, nil)
	case trials.Lost, trials.Preempted:
		return t.again(sw, a, tr, e)
	case trials.VerdictCanceled:
		if !a.CancelAsked && !trials.SweepState(sw.State).Ended() {
			e.verdict = trials.Preempted
		}
		return t.again(sw, a, tr, e)
	}
	if e.failure == nil {
		e.failure = &trials.Failure{Class: trials.ClassError, Message: "it failed without saying why"}
	}
	e.verdict = trials.VerdictFailed
	return t.failed(sw, a, tr, e)
}

// failed ends an attempt by a failure. The trial goes on until it is retried or
// given up, unless a person has cancelled it.
func (t *tx) failed(sw *sweepRow, a *attemptRow, tr *trialRow, e ending) error {
	if err := t.endAttempt(sw, a, tr, e); err != nil {
		return err
	}
	tr.Failure = encode(e.failure)
	if a.CancelAsked || trials.SweepState(sw.State).Ended() {
		return t.endTrial(sw, tr, trials.Cancelled, "cancelled", nil)
	}
	if !e.failure.Class.OOM() {
		tr.Failures++
	}
	_, err := t.exec("UPDATE trials SET failure = ?, failures = ?, reason = ?, files = ?, seconds = ?, seq = ? WHERE no = ?",
		tr.Failure, tr.Failures, e.failure.Message, tr.Files, tr.Seconds, sw.Seq, tr.No)
	return err
}

// better keeps the sweep's best completed trial: ties go to the lower number.
func (r *sweepRow) better(tr *trialRow, value float64, goal spec.Goal) {
	if r.BestTrial != 0 && !goal.Better(value, r.BestValue) && (value != r.BestValue || tr.Number > r.BestTrial) {
		return
	}
	r.BestTrial, r.BestValue, r.BestStep = tr.Number, value, tr.BestStep
}

// reduced is the objective of an attempt that succeeded, nil for a stage without
// one, or why it has none. The result that the attempt left is logged first and
// may be one more reading.
func (t *tx) reduced(sw *sweepRow, a *attemptRow, tr *trialRow, o spec.Objective, result map[string]float64) (*float64, *trials.Failure, error) {
	if len(result) > 0 {
		if err := t.logResult(sw, a, tr, o, result); err != nil {
			return nil, nil, err
		}
	}
	if o.Metric == "" {
		return nil, nil, nil
	}
	if tr.ReadingAttempt != a.Number || tr.Resource == 0 {
		seen, err := t.metricsSeen(tr.RunNo)
		if err != nil {
			return nil, nil, err
		}
		return nil, noObjective(o.Metric, seen), nil
	}
	value, err := t.reduce(a, tr, o)
	if err != nil {
		return nil, nil, err
	}
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return nil, &trials.Failure{
			Class: trials.ClassNaN, Message: fmt.Sprintf("the objective %s is %v", o.Metric, value),
			Fingerprint: "nan:" + o.Metric,
		}, nil
	}
	return &value, nil, nil
}

// reduce is the objective over the readings of an attempt, of which there are
// some.
func (t *tx) reduce(a *attemptRow, tr *trialRow, o spec.Objective) (float64, error) {
	if o.LastK == 0 && o.Reduce != "last" {
		if tr.Best == nil {
			return math.NaN(), nil
		}
		return *tr.Best, nil
	}
	var last []readingRow
	if _, err := t.scan(&last, "SELECT value, kind FROM readings WHERE trial = ? AND attempt = ? ORDER BY ordinal DESC LIMIT ?",
		a.Trial, a.Number, max(o.LastK, 1)); err != nil {
		return 0, err
	}
	sum := 0.0
	for _, r := range last {
		sum += join(r.Value, r.Kind)
	}
	return sum / float64(len(last)), nil
}

// noObjective is the failure of a trial that ended well and never said how well.
func noObjective(metric string, seen []string) *trials.Failure {
	f := &trials.Failure{Class: trials.ClassNoObjective, Fingerprint: "no_objective:" + metric, Seen: seen}
	f.Message = fmt.Sprintf("it ended without reporting %s", metric)
	if near := fault.Nearest(metric, seen); near != "" {
		i := slices.Index(seen, near)
		f.Seen = slices.Insert(slices.Delete(seen, i, i+1), 0, near)
		f.Message += ", but " + near
	} else if len(seen) == 0 {
		f.Message += "; it reported no metric at all"
	}
	return f
}

// metricsSeen are the keys logged on a run, by name.
func (t *tx) metricsSeen(run int64) ([]string, error) {
	var keys []string
	_, err := t.scan(&keys, "SELECT k.key FROM metric_summary s JOIN metric_keys k ON k.no = s.key WHERE s.run = ? ORDER BY k.key", run)
	return keys, err
}

func finiteOr(v, otherwise float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return otherwise
	}
	return v
}
