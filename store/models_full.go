package store

import (
	"context"
	"slices"
	"strconv"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
)

// modelText is a param or tag of a model.
type modelText struct {
	Model int64
	Key   string
	Value string
}

// Model gives one full model.
func (s *DB) Model(ctx context.Context, id string) (out tracking.Model, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		var rows []modelRow
		if err := db.Raw("SELECT * FROM models WHERE id = ?", id).Scan(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return tracking.ModelNotFound(id)
		}
		full, err := fullModels(db, rows)
		if err == nil {
			out = full[0]
		}
		return err
	})
	return out, err
}

// noun is the model without params, tags and metrics.
func (r *modelRow) noun() tracking.Model {
	return tracking.Model{
		ID: r.ID, Experiment: strconv.FormatInt(r.Experiment, 10), Name: r.Name, Type: r.Type, ArtifactURI: r.ArtifactURI,
		Status: tracking.ModelStatus(r.Status), Lifecycle: tracking.Lifecycle(r.Lifecycle), Created: r.CreatedMs, Updated: r.UpdatedMs,
		SourceRun: r.SourceRun, Owner: r.Owner,
	}
}

// fullModels completes models with their params, tags and points, in the order
// given.
func fullModels(db *gorm.DB, rows []modelRow) ([]tracking.Model, error) {
	out := make([]tracking.Model, len(rows))
	at := make(map[int64]*tracking.Model, len(rows))
	nos := make([]int64, len(rows))
	for i := range rows {
		out[i] = rows[i].noun()
		at[rows[i].No], nos[i] = &out[i], rows[i].No
	}
	for part := range slices.Chunk(nos, memberRows) {
		var params, tags []modelText
		if err := db.Raw("SELECT * FROM model_params WHERE model IN ? ORDER BY model, key", part).Scan(&params).Error; err != nil {
			return nil, err
		}
		for _, p := range params {
			at[p.Model].Params = append(at[p.Model].Params, tracking.Param{Key: p.Key, Value: p.Value})
		}
		if err := db.Raw("SELECT * FROM model_tags WHERE model IN ? ORDER BY model, key", part).Scan(&tags).Error; err != nil {
			return nil, err
		}
		for _, g := range tags {
			at[g.Model].Tags = append(at[g.Model].Tags, tracking.Tag{Key: g.Key, Value: g.Value})
		}
		if err := addModelMetrics(db, part, at); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func addModelMetrics(db *gorm.DB, nos []int64, at map[int64]*tracking.Model) error {
	var rows []struct {
		Model         int64
		Key           string
		TimeMs        int64
		Step          int64
		RunID         string
		Value         float64
		Kind          int
		DatasetName   string
		DatasetDigest string
		Attempt       int
	}
	err := db.Raw(`SELECT p.*, r.id AS run_id FROM model_metrics p JOIN runs r ON r.no = p.run
		WHERE p.model IN ? ORDER BY p.model, p.key, p.time_ms, p.step, p.run, p.no`, nos).Scan(&rows).Error
	for _, r := range rows {
		m := at[r.Model]
		m.Metrics = append(m.Metrics, tracking.ModelMetric{
			Metric: tracking.Metric{Key: r.Key, Value: join(r.Value, r.Kind), Step: r.Step, Time: r.TimeMs, Attempt: r.Attempt},
			Model:  m.ID, Run: r.RunID, Dataset: tracking.DatasetRef{Name: r.DatasetName, Digest: r.DatasetDigest},
		})
	}
	return err
}
