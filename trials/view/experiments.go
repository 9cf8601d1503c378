package view

import (
	"context"
	"fmt"

	"github.com/sweepd/sweepd/tracking"
)

// CreateExperiment gives the sweep's experiment and notes the name asked for.
func (v *view) CreateExperiment(ctx context.Context, e tracking.NewExperiment) (string, error) {
	got, err := v.ExperimentByName(ctx, e.Name)
	return got.ID, err
}

// Experiment gives the sweep's experiment, whatever ID is asked for.
func (v *view) Experiment(ctx context.Context, _ string) (tracking.Experiment, error) {
	return v.API.Experiment(ctx, v.a.Experiment)
}

// ExperimentByName gives the sweep's experiment and notes the name asked for,
// when it is another.
func (v *view) ExperimentByName(ctx context.Context, name string) (tracking.Experiment, error) {
	e, err := v.API.Experiment(ctx, v.a.Experiment)
	if err != nil || e.Name == name {
		return e, err
	}
	return e, v.API.SetTag(ctx, v.a.Run, tracking.Tag{Key: TagExperimentName, Value: name})
}

// SetExperimentTag keeps the tag on the trial's run: the experiment belongs to
// all trials.
func (v *view) SetExperimentTag(ctx context.Context, _ string, t tracking.Tag) error {
	return v.API.SetTag(ctx, v.a.Run, tracking.Tag{Key: TagExperimentTag + t.Key, Value: t.Value})
}

// DeleteExperimentTag deletes what SetExperimentTag kept.
func (v *view) DeleteExperimentTag(ctx context.Context, _, key string) error {
	return v.API.DeleteTag(ctx, v.a.Run, TagExperimentTag+key)
}

// RenameExperiment is denied.
func (v *view) RenameExperiment(context.Context, string, string) error {
	return denied("rename experiments")
}

// DeleteExperiment is denied.
func (v *view) DeleteExperiment(context.Context, string) error { return denied("delete experiments") }

// RestoreExperiment is denied.
func (v *view) RestoreExperiment(context.Context, string) error {
	return denied("restore experiments")
}

// SearchExperiments knows the sweep's experiment alone.
func (v *view) SearchExperiments(ctx context.Context, s tracking.ExperimentSearch) (tracking.ExperimentList, error) {
	only := fmt.Sprintf("experiment_id = '%s'", v.a.Experiment)
	if s.Filter != "" {
		only = s.Filter + " AND " + only
	}
	s.Filter = only
	return v.API.SearchExperiments(ctx, s)
}
