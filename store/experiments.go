package store

import (
	"context"
	"errors"
	"strconv"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
)

type experimentRow struct {
	No               int64 `gorm:"primaryKey"`
	Name             string
	ArtifactLocation string
	Lifecycle        string
	CreatedMs        int64
	UpdatedMs        int64
}

func (experimentRow) TableName() string { return "experiments" }

func (r *experimentRow) noun(tags []tracking.Tag) tracking.Experiment {
	return tracking.Experiment{
		ID: strconv.FormatInt(r.No, 10), Name: r.Name, ArtifactLocation: r.ArtifactLocation,
		Lifecycle: tracking.Lifecycle(r.Lifecycle), Created: r.CreatedMs, Updated: r.UpdatedMs, Tags: tags,
	}
}

// experimentNo reads an experiment's ID.
func experimentNo(id string) (int64, error) {
	no, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(no, 10) != id {
		return 0, tracking.ExperimentNotFound(id)
	}
	return no, nil
}

// insertExperiment stores an active experiment and gives its number.
func (t *tx) insertExperiment(e tracking.Experiment) (int64, error) {
	row := experimentRow{
		Name: e.Name, ArtifactLocation: e.ArtifactLocation, Lifecycle: string(tracking.Active),
		CreatedMs: e.Created, UpdatedMs: e.Updated,
	}
	t.wrote = true
	if err := t.db.Create(&row).Error; err != nil {
		return 0, err
	}
	if e.ArtifactLocation == "" {
		id := strconv.FormatInt(row.No, 10)
		if _, err := t.exec("UPDATE experiments SET artifact_location = ? WHERE no = ?", tracking.ArtifactLocation(id), row.No); err != nil {
			return 0, err
		}
	}
	return row.No, t.setExperimentTags(row.No, e.Tags)
}

func (t *tx) setExperimentTags(no int64, tags []tracking.Tag) error {
	for _, g := range tags {
		if _, err := t.exec(`INSERT INTO experiment_tags (experiment, key, value) VALUES (?, ?, ?)
			ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value`, no, g.Key, g.Value); err != nil {
			return err
		}
	}
	return nil
}

// CreateExperiment stores an experiment. See tracking.ExperimentStore, here and
// below.
func (s *DB) CreateExperiment(ctx context.Context, e tracking.Experiment) (tracking.Experiment, error) {
	var no int64
	err := s.write(ctx, 0, true, func(t *tx) error {
		var taken int
		if _, err := t.scan(&taken, "SELECT COUNT(*) FROM experiments WHERE name = ?", e.Name); err != nil {
			return err
		}
		if taken > 0 {
			return tracking.ExperimentExists(e.Name)
		}
		var err error
		no, err = t.insertExperiment(e)
		return err
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		err = tracking.ExperimentExists(e.Name)
	}
	if err != nil {
		return tracking.Experiment{}, err
	}
	return s.Experiment(ctx, strconv.FormatInt(no, 10))
}

// Experiment gives one experiment.
func (s *DB) Experiment(ctx context.Context, id string) (tracking.Experiment, error) {
	no, err := experimentNo(id)
	if err != nil {
		return tracking.Experiment{}, err
	}
	return s.experimentWhere(ctx, "no = ?", no, tracking.ExperimentNotFound(id))
}

// ExperimentByName gives one experiment.
func (s *DB) ExperimentByName(ctx context.Context, name string) (tracking.Experiment, error) {
	return s.experimentWhere(ctx, "name = ?", name, tracking.ExperimentNameNotFound(name))
}

func (s *DB) experimentWhere(ctx context.Context, where string, arg any, none error) (out tracking.Experiment, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		var row experimentRow
		res := db.Raw("SELECT * FROM experiments WHERE "+where, arg).Scan(&row)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return none
		}
		tags, err := experimentTags(db, []int64{row.No})
		out = row.noun(tags[row.No])
		return err
	})
	return out, err
}

// experimentTags reads the tags of experiments, by key.
func experimentTags(db *gorm.DB, nos []int64) (map[int64][]tracking.Tag, error) {
	out := map[int64][]tracking.Tag{}
	var rows []struct {
		Experiment int64
		Key, Value string
	}
	if err := db.Raw("SELECT * FROM experiment_tags WHERE experiment IN ? ORDER BY experiment, key", nos).Scan(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.Experiment] = append(out[r.Experiment], tracking.Tag{Key: r.Key, Value: r.Value})
	}
	return out, nil
}

// experiment locks an experiment's row within a transaction.
func (t *tx) experiment(id string) (*experimentRow, error) {
	no, err := experimentNo(id)
	if err != nil {
		return nil, err
	}
	var row experimentRow
	n, err := t.scan(&row, "SELECT * FROM experiments WHERE no = ?"+t.s.d.lock, no)
	if err == nil && n == 0 {
		err = tracking.ExperimentNotFound(id)
	}
	return &row, err
}

// activeExperiment is experiment for one that takes writes.
func (t *tx) activeExperiment(id string) (*experimentRow, error) {
	row, err := t.experiment(id)
	if err == nil && row.Lifecycle != string(tracking.Active) {
		err = tracking.ExperimentNotActive(id, tracking.Lifecycle(row.Lifecycle))
	}
	return row, err
}

// RenameExperiment renames an active experiment.
func (s *DB) RenameExperiment(ctx context.Context, id, name string, at int64) error {
	err := s.write(ctx, 0, true, func(t *tx) error {
		row, err := t.experiment(id)
		if err != nil {
			return err
		}
		if row.Lifecycle != string(tracking.Active) {
			return tracking.ExperimentRenameRefused()
		}
		var taken int
		if _, err := t.scan(&taken, "SELECT COUNT(*) FROM experiments WHERE name = ? AND no <> ?", name, row.No); err != nil {
			return err
		}
		if taken > 0 {
			return tracking.ExperimentExists(name)
		}
		_, err = t.exec("UPDATE experiments SET name = ?, updated_ms = ? WHERE no = ?", name, at, row.No)
		return err
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		err = tracking.ExperimentExists(name)
	}
	return err
}

// SetExperimentLifecycle deletes or restores an experiment with its runs.
func (s *DB) SetExperimentLifecycle(ctx context.Context, id string, to tracking.Lifecycle, at int64) error {
	return s.write(ctx, 0, true, func(t *tx) error {
		row, err := t.experiment(id)
		if err != nil {
			return err
		}
		if row.Lifecycle == string(to) {
			return tracking.ExperimentNotFound(id)
		}
		var owned string
		n, err := t.scan(&owned, `SELECT r.id FROM runs r JOIN trials tr ON tr.no = r.trial
			WHERE r.experiment = ? AND r.trial <> 0 AND tr.state IN ('queued', 'running') LIMIT 1`, row.No)
		if err != nil {
			return err
		}
		if n > 0 {
			return tracking.RunOwned(owned)
		}
		if _, err := t.exec("UPDATE experiments SET lifecycle = ?, updated_ms = ? WHERE no = ?", string(to), at, row.No); err != nil {
			return err
		}
		_, err = t.exec("UPDATE runs SET lifecycle = ?, deleted_ms = ? WHERE experiment = ?", string(to), deletedAt(to, at), row.No)
		return err
	})
}

// deletedAt is when something was deleted, 0 when it was restored.
func deletedAt(to tracking.Lifecycle, at int64) int64 {
	if to == tracking.Deleted {
		return at
	}
	return 0
}

// SetExperimentTag sets a tag of an active experiment.
func (s *DB) SetExperimentTag(ctx context.Context, id string, g tracking.Tag) error {
	return s.write(ctx, 0, false, func(t *tx) error {
		row, err := t.activeExperiment(id)
		if err != nil {
			return err
		}
		return t.setExperimentTags(row.No, []tracking.Tag{g})
	})
}

// DeleteExperimentTag removes a tag of an active experiment.
func (s *DB) DeleteExperimentTag(ctx context.Context, id, key string) error {
	return s.write(ctx, 0, false, func(t *tx) error {
		row, err := t.activeExperiment(id)
		if err != nil {
			return err
		}
		n, err := t.exec("DELETE FROM experiment_tags WHERE experiment = ? AND key = ?", row.No, key)
		if err == nil && n == 0 {
			return tracking.ExperimentTagNotFound(id, key)
		}
		return err
	})
}
