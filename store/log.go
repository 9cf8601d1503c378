package store

import (
	"context"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials/spec"
)

// LogBatch adds points, params and tags to a run, whole or not at all. New
// points of the objective on a trial's own run become readings with it: only
// then has the sweep changed. See tracking.RunStore.
func (s *DB) LogBatch(ctx context.Context, by tracking.Author, id string, b tracking.Batch) error {
	ref, err := s.runRef(ctx, id)
	if err != nil {
		return err
	}
	objective, err := s.objectiveOf(ctx, ref)
	if err != nil {
		return err
	}
	reads := objective.Metric != "" && slices.ContainsFunc(b.Metrics, func(m tracking.Metric) bool { return m.Key == objective.Metric })
	points := slices.Clone(b.Metrics)
	for i := range points {
		points[i].Attempt = by.Attempt
	}
	err = s.write(ctx, ref.Sweep, false, func(t *tx) error {
		if reads {
			if err := t.lockSweep(ref.Sweep); err != nil {
				return err
			}
		}
		if err := t.fence(by, id, ref.Owner); err != nil {
			return err
		}
		if _, err := t.active(ref, id, len(b.Params) > 0); err != nil {
			return err
		}
		if err := t.setParams(by, id, ref, b.Params); err != nil {
			return err
		}
		if err := t.setTags(ref.No, b.Tags); err != nil {
			return err
		}
		if err := t.addModelPoints(ref.No, by.Attempt, b.Models); err != nil {
			return err
		}
		fresh, err := t.addPoints(ref.No, points, objective.Metric)
		if err != nil || len(fresh) == 0 {
			return err
		}
		sw, err := t.sweep(ref.Sweep)
		if err != nil {
			return err
		}
		return t.read(sw, ref.Trial, by.Attempt, objective, fresh)
	})
	if err != nil {
		return err
	}
	return s.learnKeys(s.reader(ctx), points)
}

// objectiveOf is the objective of the stage that a trial's own run belongs to;
// the zero Objective for other runs.
func (s *DB) objectiveOf(ctx context.Context, ref runRef) (spec.Objective, error) {
	if ref.Trial == 0 {
		return spec.Objective{}, nil
	}
	of, err := s.trialRef(ctx, ref.Trial)
	if err != nil {
		return spec.Objective{}, err
	}
	e, err := s.specs.of(s.reader(ctx), ref.Sweep)
	if err != nil {
		return spec.Objective{}, err
	}
	st, err := e.stage(of.StageName)
	if err != nil {
		return spec.Objective{}, err
	}
	return st.Objective, nil
}

// setParams adds params. One that has another value is refused, unless it was
// logged by an earlier attempt of the trial.
func (t *tx) setParams(by tracking.Author, id string, ref runRef, params []tracking.Param) error {
	if len(params) == 0 {
		return nil
	}
	keys := make([]string, len(params))
	rows := make([][]any, len(params))
	for i, p := range params {
		keys[i] = p.Key
		rows[i] = []any{ref.No, p.Key, p.Value, number(p.Value), by.Attempt}
	}
	var have []paramRow
	if _, err := t.scan(&have, "SELECT * FROM params WHERE run = ? AND key IN ?", ref.No, keys); err != nil {
		return err
	}
	var changes []tracking.ParamChange
	for _, p := range params {
		i := slices.IndexFunc(have, func(r paramRow) bool { return r.Key == p.Key })
		if i >= 0 && have[i].Value != legibleText(p.Value) && have[i].Attempt == by.Attempt {
			changes = append(changes, tracking.ParamChange{Key: p.Key, Old: have[i].Value, New: p.Value})
		}
	}
	if len(changes) > 0 {
		return tracking.ParamsChanged(id, changes)
	}
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[1].(string), b[1].(string)) })
	_, err := t.insert("params", paramColumns, rows,
		"ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, number = excluded.number, attempt = excluded.attempt")
	return err
}

// setTags sets tags; the last value of a key wins, and the run's name follows
// its tag.
func (t *tx) setTags(run int64, tags []tracking.Tag) error {
	if len(tags) == 0 {
		return nil
	}
	last := map[string]string{}
	for _, g := range tags {
		last[g.Key] = g.Value
	}
	rows := make([][]any, 0, len(last))
	for k, v := range last {
		rows = append(rows, []any{run, k, v})
	}
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[1].(string), b[1].(string)) })
	if _, err := t.insert("tags", tagColumns, rows, "ON CONFLICT (run, key) DO UPDATE SET value = excluded.value"); err != nil {
		return err
	}
	if name, ok := last[tracking.TagRunName]; ok {
		_, err := t.exec("UPDATE runs SET name = ? WHERE no = ?", name, run)
		return err
	}
	return nil
}
