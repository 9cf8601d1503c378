package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

type modelRow struct {
	No          int64 `gorm:"primaryKey"`
	ID          string
	Experiment  int64
	Name        string
	Type        string
	ArtifactURI string `gorm:"column:artifact_uri"`
	Status      string
	Lifecycle   string
	CreatedMs   int64
	UpdatedMs   int64
	SourceRun   string
	Owner       string
	Sweep       int64 // 0 outside sweeps
}

func (modelRow) TableName() string { return "models" }

var modelTextColumns = []string{"model", "key", "value"}

// CreateModel stores a model; see tracking.ModelStore, here and below. A model
// that an attempt makes belongs to its trial.
func (s *DB) CreateModel(ctx context.Context, by tracking.Author, m tracking.Model) (tracking.Model, error) {
	create := func() error { return s.write(ctx, 0, true, func(t *tx) error { return t.createModel(by, m) }) }
	err := create()
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		err = create() // another server made it in this moment
	}
	if err != nil {
		return tracking.Model{}, err
	}
	return s.Model(ctx, m.ID)
}

func (t *tx) createModel(by tracking.Author, m tracking.Model) error {
	e, err := t.activeExperiment(m.Experiment)
	if err != nil {
		return err
	}
	var sweep int64
	if !by.Ordinary() {
		if err := t.live(by); err != nil {
			return err
		}
		trial, _ := trials.OwnerTrial(by.Owner)
		if _, err := t.scan(&sweep, "SELECT sweep FROM trials WHERE no = ?", trial); err != nil {
			return err
		}
	}
	var old modelRow
	n, err := t.scan(&old, "SELECT * FROM models WHERE id = ?", m.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		if old.Experiment != e.No || old.Owner != by.Owner {
			return tracking.ModelExists(m.ID)
		}
		return nil
	}
	row := modelRow{
		ID: m.ID, Experiment: e.No, Name: m.Name, Type: m.Type, ArtifactURI: tracking.ModelArtifactURI(e.ArtifactLocation, m.ID),
		Status: string(m.Status), Lifecycle: string(m.Lifecycle), CreatedMs: m.Created, UpdatedMs: m.Updated,
		SourceRun: m.SourceRun, Owner: by.Owner, Sweep: sweep,
	}
	t.wrote = true
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	if err := t.addModelParams(row.No, m.Params); err != nil {
		return err
	}
	return t.setModelTags(row.No, m.Tags)
}

// addModelParams adds params that the model does not have.
func (t *tx) addModelParams(model int64, params []tracking.Param) error {
	rows := make([][]any, len(params))
	for i, p := range params {
		rows[i] = []any{model, p.Key, p.Value}
	}
	_, err := t.insert("model_params", modelTextColumns, rows, "ON CONFLICT DO NOTHING")
	return err
}

// setModelTags sets tags of distinct keys.
func (t *tx) setModelTags(model int64, tags []tracking.Tag) error {
	rows := make([][]any, len(tags))
	for i, g := range tags {
		rows[i] = []any{model, g.Key, g.Value}
	}
	_, err := t.insert("model_tags", modelTextColumns, rows, "ON CONFLICT (model, key) DO UPDATE SET value = excluded.value")
	return err
}

// modelRef finds what never changes about a model.
func (s *DB) modelRef(ctx context.Context, id string) (modelRow, error) {
	var r modelRow
	res := s.reader(ctx).Raw("SELECT no, owner, sweep FROM models WHERE id = ?", id).Scan(&r)
	if res.Error == nil && res.RowsAffected == 0 {
		return r, tracking.ModelNotFound(id)
	}
	return r, res.Error
}

// MayWriteModel tells whether by could write to the model at this moment.
func (s *DB) MayWriteModel(ctx context.Context, by tracking.Author, id string) error {
	ref, err := s.modelRef(ctx, id)
	if err != nil {
		return err
	}
	if by.Owner != ref.Owner {
		return tracking.ModelOwned(id)
	}
	if by.Ordinary() {
		return nil
	}
	trial, _ := trials.OwnerTrial(by.Owner)
	var live int
	err = s.reader(ctx).Raw("SELECT COUNT(*) FROM attempts WHERE trial = ? AND number = ? AND state = 'live'", trial, by.Attempt).Scan(&live).Error
	if err == nil && live == 0 {
		return tracking.AttemptStale(by)
	}
	return err
}

// fencedModel runs one write to a model that by may write to, whose row is
// locked until the commit.
func (s *DB) fencedModel(ctx context.Context, by tracking.Author, id string, fn func(*tx, *modelRow) error) error {
	ref, err := s.modelRef(ctx, id)
	if err != nil {
		return err
	}
	return s.write(ctx, ref.Sweep, false, func(t *tx) error {
		if err := t.fenceModel(by, id, ref.Owner); err != nil {
			return err
		}
		var row modelRow
		if _, err := t.scan(&row, "SELECT * FROM models WHERE no = ?"+t.s.d.lock, ref.No); err != nil {
			return err
		}
		return fn(t, &row)
	})
}

// fenceModel is fence for a model.
func (t *tx) fenceModel(by tracking.Author, id, owner string) error {
	if by.Owner != owner {
		return tracking.ModelOwned(id)
	}
	if by.Ordinary() {
		return nil
	}
	return t.live(by)
}

// UpdateModel changes a model and gives it in full.
func (s *DB) UpdateModel(ctx context.Context, by tracking.Author, id string, c tracking.ModelChange, at int64) (tracking.Model, error) {
	err := s.fencedModel(ctx, by, id, func(t *tx, row *modelRow) error {
		if c.Status != nil {
			row.Status = string(*c.Status)
		}
		if c.Lifecycle != nil {
			row.Lifecycle = string(*c.Lifecycle)
		}
		_, err := t.exec("UPDATE models SET status = ?, lifecycle = ?, updated_ms = ? WHERE no = ?", row.Status, row.Lifecycle, at, row.No)
		return err
	})
	if err != nil {
		return tracking.Model{}, err
	}
	return s.Model(ctx, id)
}

// LogModelParams adds params, all or none.
func (s *DB) LogModelParams(ctx context.Context, by tracking.Author, id string, params []tracking.Param) error {
	return s.fencedModel(ctx, by, id, func(t *tx, row *modelRow) error {
		var rows []modelText
		if _, err := t.scan(&rows, "SELECT * FROM model_params WHERE model = ?", row.No); err != nil {
			return err
		}
		have := make(map[string]string, len(rows))
		for _, r := range rows {
			have[r.Key] = r.Value
		}
		for _, p := range params {
			if old, ok := have[p.Key]; ok && old != legibleText(p.Value) {
				return tracking.ModelParamsChanged(id, tracking.ParamChange{Key: p.Key, Old: old, New: p.Value})
			}
		}
		return t.addModelParams(row.No, params)
	})
}

// SetModelTags sets tags.
func (s *DB) SetModelTags(ctx context.Context, by tracking.Author, id string, tags []tracking.Tag) error {
	return s.fencedModel(ctx, by, id, func(t *tx, row *modelRow) error { return t.setModelTags(row.No, tags) })
}

// DeleteModelTag removes a tag.
func (s *DB) DeleteModelTag(ctx context.Context, by tracking.Author, id, key string) error {
	return s.fencedModel(ctx, by, id, func(t *tx, row *modelRow) error {
		n, err := t.exec("DELETE FROM model_tags WHERE model = ? AND key = ?", row.No, key)
		if err == nil && n == 0 {
			return tracking.ModelTagNotFound(id, key)
		}
		return err
	})
}
