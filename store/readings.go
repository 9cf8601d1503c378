package store

import (
	"maps"
	"math"
	"slices"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials/spec"
)

// read turns points of the objective into readings of an attempt, in their
// order: a new step has the next ordinal, a known one takes the new value. The
// points are new to the run: a repeated request has been sorted out before.
func (t *tx) read(sw *sweepRow, trial int64, attempt int, o spec.Objective, points []tracking.Metric) error {
	if len(points) == 0 {
		return nil
	}
	var tr trialRow
	if _, err := t.scan(&tr, `SELECT no, number, best, best_step, last, last_step, resource, reading_attempt FROM trials WHERE no = ?`, trial); err != nil {
		return err
	}
	return t.readInto(sw, &tr, attempt, o, points)
}

// readInto is read for a trial that is at hand; its columns are kept in step.
func (t *tx) readInto(sw *sweepRow, tr *trialRow, attempt int, o spec.Objective, points []tracking.Metric) error {
	if tr.ReadingAttempt != attempt { // it begins anew
		tr.ReadingAttempt, tr.Best, tr.BestStep, tr.Last, tr.LastStep, tr.Resource = attempt, nil, 0, nil, 0, 0
	}
	known, err := t.ordinals(tr.No, attempt, points)
	if err != nil {
		return err
	}
	at := map[int64]int{} // step -> index in rows
	var rows [][]any
	replaced := false
	for _, m := range points {
		value, kind := split(m.Value)
		ordinal, old := known[m.Step]
		if !old {
			tr.Resource++
			ordinal = tr.Resource
			known[m.Step] = ordinal
			sw.Readings++
		}
		row := []any{sw.No, sw.Seq, tr.No, tr.Number, attempt, m.Step, ordinal, value, kind, m.Time * 1000}
		if i, again := at[m.Step]; again {
			rows[i] = row
		} else {
			at[m.Step] = len(rows)
			rows = append(rows, row)
		}
		replaced = replaced || old
		if !math.IsNaN(m.Value) && (tr.Best == nil || o.Goal.Better(m.Value, *tr.Best)) {
			v := m.Value
			tr.Best, tr.BestStep = &v, m.Step
		}
		if !old || m.Step == tr.LastStep {
			tr.LastStep, tr.Last = m.Step, nil
			if v := m.Value; !math.IsNaN(v) {
				tr.Last = &v
			}
		}
	}
	_, err = t.insert("readings", readingColumns, rows, `ON CONFLICT (trial, attempt, step) DO UPDATE
		SET seq = excluded.seq, value = excluded.value, kind = excluded.kind, at = excluded.at`)
	if err != nil {
		return err
	}
	if replaced {
		if err := t.best(tr, attempt, o.Goal); err != nil {
			return err
		}
	}
	_, err = t.exec(`UPDATE trials SET best = ?, best_step = ?, last = ?, last_step = ?, resource = ?, reading_attempt = ?, seq = ? WHERE no = ?`,
		tr.Best, tr.BestStep, tr.Last, tr.LastStep, tr.Resource, tr.ReadingAttempt, sw.Seq, tr.No)
	return err
}

var readingColumns = []string{"sweep", "seq", "trial", "number", "attempt", "step", "ordinal", "value", "kind", "at"}

// ordinals gives those of the points' steps that the attempt has read already.
func (t *tx) ordinals(trial int64, attempt int, points []tracking.Metric) (map[int64]int, error) {
	steps := make([]int64, 0, len(points))
	for _, m := range points {
		steps = append(steps, m.Step)
	}
	known := map[int64]int{}
	for first := 0; first < len(steps); first += memberRows {
		var rows []readingRow
		if _, err := t.scan(&rows, "SELECT step, ordinal FROM readings WHERE trial = ? AND attempt = ? AND step IN ?",
			trial, attempt, steps[first:min(first+memberRows, len(steps))]); err != nil {
			return nil, err
		}
		for _, r := range rows {
			known[r.Step] = r.Ordinal
		}
	}
	return known, nil
}

// best finds the best reading of an attempt anew: a value has been replaced.
func (t *tx) best(tr *trialRow, attempt int, goal spec.Goal) error {
	var rows []readingRow
	if _, err := t.scan(&rows, "SELECT step, value, kind FROM readings WHERE trial = ? AND attempt = ? ORDER BY ordinal", tr.No, attempt); err != nil {
		return err
	}
	tr.Best, tr.BestStep = nil, 0
	for _, r := range rows {
		v := join(r.Value, r.Kind)
		if !math.IsNaN(v) && (tr.Best == nil || goal.Better(v, *tr.Best)) {
			tr.Best, tr.BestStep = &v, r.Step
		}
	}
	return nil
}

// resultKey is the key under which a name of a result is logged. A trial that
// ends well is settled whatever it called its numbers: a name that no client
// could have logged is cut, not refused.
func resultKey(name string) string {
	name = legibleText(name)
	if len(name) <= tracking.MaxKey {
		return name
	}
	runes := []rune(name)
	return string(runes[:min(len(runes), tracking.MaxKey)])
}

// logResult logs what an attempt left at its end, one step after its last
// reading; the objective among it is one more reading.
func (t *tx) logResult(sw *sweepRow, a *attemptRow, tr *trialRow, o spec.Objective, result map[string]float64) error {
	step := int64(0)
	if tr.ReadingAttempt == a.Number && tr.Resource > 0 {
		if _, err := t.scan(&step, "SELECT MAX(step) + 1 FROM readings WHERE trial = ? AND attempt = ?", a.Trial, a.Number); err != nil {
			return err
		}
	}
	var points []tracking.Metric
	for _, name := range slices.Sorted(maps.Keys(result)) {
		points = append(points, tracking.Metric{Key: resultKey(name), Value: result[name], Step: step, Time: t.now.UnixMilli(), Attempt: a.Number})
	}
	fresh, err := t.addPoints(tr.RunNo, points, o.Metric)
	if err != nil || len(fresh) == 0 {
		return err
	}
	return t.readInto(sw, tr, a.Number, o, fresh)
}
