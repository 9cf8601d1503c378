package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
)

var (
	linkColumns        = []string{"run", "model", "input", "step"}
	modelMetricColumns = []string{"model", "key", "time_ms", "step", "run", "value", "kind", "dataset_name", "dataset_digest", "attempt"}
)

// LinkModels adds models to an active run.
func (s *DB) LinkModels(ctx context.Context, by tracking.Author, run string, l tracking.Links) error {
	var rows [][]any
	for _, id := range l.Inputs {
		ref, err := s.modelRef(ctx, id)
		if err != nil {
			return err
		}
		rows = append(rows, []any{nil, ref.No, true, int64(0)})
	}
	for _, o := range l.Outputs {
		ref, err := s.modelRef(ctx, o.Model)
		if err != nil {
			return err
		}
		if ref.Owner != by.Owner {
			return tracking.ModelOwned(o.Model)
		}
		rows = append(rows, []any{nil, ref.No, false, o.Step})
	}
	return s.fenced(ctx, by, run, true, func(t *tx, ref runRef) error {
		for _, r := range rows {
			r[0] = ref.No
		}
		_, err := t.insert("run_models", linkColumns, rows, "ON CONFLICT DO NOTHING")
		return err
	})
}

// addLinks completes runs with their models.
func addLinks(db *gorm.DB, nos []int64, at map[int64]*tracking.Run) error {
	var rows []struct {
		Run   int64
		ID    string
		Input bool
		Step  int64
	}
	err := db.Raw("SELECT l.run, m.id, l.input, l.step FROM run_models l JOIN models m ON m.no = l.model WHERE l.run IN ? ORDER BY l.run, l.no", nos).Scan(&rows).Error
	for _, r := range rows {
		l := &at[r.Run].Models
		if r.Input {
			l.Inputs = append(l.Inputs, r.ID)
		} else {
			l.Outputs = append(l.Outputs, tracking.Output{Model: r.ID, Step: r.Step})
		}
	}
	return err
}

// addModelPoints adds points that a run has logged of models, which may be
// anybody's: a measurement says what the run has seen. Points that exist are
// dropped.
func (t *tx) addModelPoints(run int64, attempt int, points []tracking.ModelMetric) error {
	if len(points) == 0 {
		return nil
	}
	nos := map[string]int64{}
	rows := make([][]any, 0, len(points))
	for _, p := range points {
		no, known := nos[p.Model]
		if !known {
			n, err := t.scan(&no, "SELECT no FROM models WHERE id = ?", p.Model)
			if err != nil {
				return err
			}
			if n == 0 {
				return tracking.ModelNotFound(p.Model)
			}
			nos[p.Model] = no
		}
		value, kind := split(p.Value)
		rows = append(rows, []any{no, p.Key, p.Time, p.Step, run, value, kind, p.Dataset.Name, p.Dataset.Digest, attempt})
	}
	_, err := t.insert("model_metrics", modelMetricColumns, rows, "ON CONFLICT DO NOTHING")
	return err
}
