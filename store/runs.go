package store

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// CreateRun stores a run; see tracking.RunStore, here and below. A run that an
// attempt makes belongs to its trial.
func (s *DB) CreateRun(ctx context.Context, by tracking.Author, r tracking.Run) (tracking.Run, error) {
	create := func() error { return s.write(ctx, 0, true, func(t *tx) error { return t.createRun(by, r) }) }
	err := create()
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		err = create() // another server made it in this moment
	}
	if err != nil {
		return tracking.Run{}, err
	}
	return s.Run(ctx, r.ID)
}

func (t *tx) createRun(by tracking.Author, r tracking.Run) error {
	e, err := t.activeExperiment(r.Experiment)
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
	var old runRow
	n, err := t.scan(&old, "SELECT * FROM runs WHERE id = ?", r.ID)
	if err != nil {
		return err
	}
	if n > 0 {
		if old.Experiment != e.No || old.Owner != by.Owner {
			return tracking.RunExists(r.ID)
		}
		return nil
	}
	row := runRow{
		ID: r.ID, Experiment: e.No, Name: r.Name, UserID: r.User, Status: string(r.Status), StartMs: r.Start, EndMs: r.End,
		Lifecycle: string(tracking.Active), ArtifactURI: tracking.RunArtifactURI(e.ArtifactLocation, r.ID), Owner: by.Owner, Sweep: sweep,
	}
	t.wrote = true
	if err := t.db.Create(&row).Error; err != nil {
		return err
	}
	return t.setTags(row.No, r.Tags)
}

// Run gives one full run.
func (s *DB) Run(ctx context.Context, id string) (out tracking.Run, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		var rows []runRow
		if err := db.Raw("SELECT * FROM runs WHERE id = ?", id).Scan(&rows).Error; err != nil {
			return err
		}
		if len(rows) == 0 {
			return tracking.RunNotFound(id)
		}
		full, err := fullRuns(db, rows)
		if err == nil {
			out = full[0]
		}
		return err
	})
	return out, err
}

// MayWrite tells whether by could write to the run at this moment.
func (s *DB) MayWrite(ctx context.Context, by tracking.Author, id string) error {
	ref, err := s.runRef(ctx, id)
	if err != nil {
		return err
	}
	if by.Owner != ref.Owner {
		return tracking.RunOwned(id)
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

// fenced runs one write to a run that by may write to. active says that the run
// must not be deleted.
func (s *DB) fenced(ctx context.Context, by tracking.Author, id string, active bool, fn func(*tx, runRef) error) error {
	ref, err := s.runRef(ctx, id)
	if err != nil {
		return err
	}
	return s.write(ctx, ref.Sweep, false, func(t *tx) error {
		if err := t.fence(by, id, ref.Owner); err != nil {
			return err
		}
		if active {
			if _, err := t.active(ref, id, true); err != nil {
				return err
			}
		}
		return fn(t, ref)
	})
}

// UpdateRun changes an active run.
func (s *DB) UpdateRun(ctx context.Context, by tracking.Author, id string, c tracking.RunChange) (tracking.Run, error) {
	var out tracking.Run
	err := s.fenced(ctx, by, id, true, func(t *tx, ref runRef) error {
		var row runRow
		if _, err := t.scan(&row, "SELECT * FROM runs WHERE no = ?", ref.No); err != nil {
			return err
		}
		if c.Status != nil {
			row.Status = string(*c.Status)
		}
		if c.End != nil {
			row.EndMs = *c.End
		}
		if c.Name != nil {
			row.Name = *c.Name
			if err := t.setTags(ref.No, []tracking.Tag{{Key: tracking.TagRunName, Value: *c.Name}}); err != nil {
				return err
			}
		}
		out = row.noun()
		_, err := t.exec("UPDATE runs SET status = ?, end_ms = ?, name = ? WHERE no = ?", row.Status, row.EndMs, row.Name, row.No)
		return err
	})
	return out, err
}

// SetRunLifecycle deletes or restores a run.
func (s *DB) SetRunLifecycle(ctx context.Context, by tracking.Author, id string, to tracking.Lifecycle, at int64) error {
	return s.fenced(ctx, by, id, false, func(t *tx, ref runRef) error {
		_, err := t.exec("UPDATE runs SET lifecycle = ?, deleted_ms = ? WHERE no = ?", string(to), deletedAt(to, at), ref.No)
		return err
	})
}

// DeleteTag removes a tag of an active run.
func (s *DB) DeleteTag(ctx context.Context, by tracking.Author, id, key string) error {
	return s.fenced(ctx, by, id, true, func(t *tx, ref runRef) error {
		n, err := t.exec("DELETE FROM tags WHERE run = ? AND key = ?", ref.No, key)
		if err == nil && n == 0 {
			return tracking.RunTagNotFound(id, key)
		}
		return err
	})
}

// LogInputs adds datasets to an active run.
func (s *DB) LogInputs(ctx context.Context, by tracking.Author, id string, inputs []tracking.Input) error {
	return s.fenced(ctx, by, id, true, func(t *tx, ref runRef) error {
		var next int
		if _, err := t.scan(&next, "SELECT COUNT(*) FROM inputs WHERE run = ?", ref.No); err != nil {
			return err
		}
		for _, in := range inputs {
			dataset, err := t.dataset(ref.Experiment, in.Dataset)
			if err != nil {
				return err
			}
			kind := ""
			for _, g := range in.Tags {
				if g.Key == "mlflow.data.context" {
					kind = g.Value
				}
			}
			n, err := t.exec("INSERT INTO inputs (run, dataset, idx, tags, context) VALUES (?, ?, ?, ?, ?) ON CONFLICT (run, dataset) DO NOTHING",
				ref.No, dataset, next, encode(in.Tags), kind)
			if err != nil {
				return err
			}
			next += int(n)
		}
		return nil
	})
}

// dataset interns a dataset of an experiment; the first description stays.
func (t *tx) dataset(experiment int64, d tracking.Dataset) (no int64, err error) {
	_, err = t.change(&no, `INSERT INTO datasets (experiment, name, digest, source_type, source, schema_text, profile) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (experiment, name, digest) DO UPDATE SET name = excluded.name RETURNING no`,
		experiment, d.Name, d.Digest, d.SourceType, d.Source, d.Schema, d.Profile)
	return no, err
}
