package store

import (
	"strconv"

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

// insertExperiment stores an experiment and gives its number.
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
	return row.No, nil
}
