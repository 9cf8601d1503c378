package view

import (
	"context"

	"github.com/sweepd/sweepd/tracking"
)

// Whether a model belongs to the trial is for the store to check, in the
// transaction that writes: what is not named here goes through as it is.

// CreateModel makes the model in the sweep's experiment, whatever experiment is
// asked for, as the work of the trial's run or of a child.
func (v *view) CreateModel(ctx context.Context, n tracking.NewModel) (tracking.Model, error) {
	run, err := v.parent(ctx, n.SourceRun)
	if err != nil {
		return tracking.Model{}, err
	}
	if _, err := v.own(ctx, run); err != nil {
		return tracking.Model{}, err
	}
	n.Experiment, n.SourceRun = v.a.Experiment, run
	return v.API.CreateModel(ctx, n)
}

// Model gives a model of the sweep; others do not exist.
func (v *view) Model(ctx context.Context, id string, deletedToo bool) (tracking.Model, error) {
	m, err := v.API.Model(ctx, id, deletedToo)
	if err == nil && m.Experiment != v.a.Experiment {
		return tracking.Model{}, tracking.ModelNotFound(id)
	}
	return m, err
}

// knows is ModelNotFound for a model of another sweep. A model stays where it was
// made, so one look is enough.
func (v *view) knows(ctx context.Context, id string) error {
	if _, ok := v.models.Load(id); ok {
		return nil
	}
	_, err := v.Model(ctx, id, true)
	if err == nil {
		v.models.Store(id, true)
	}
	return err
}

// SearchModels searches the sweep's models, whatever experiments are asked for.
func (v *view) SearchModels(ctx context.Context, s tracking.ModelSearch) (tracking.ModelList, error) {
	s.Experiments = []string{v.a.Experiment}
	return v.API.SearchModels(ctx, s)
}

// LinkModels links models to the trial's run or a child; a script can use what
// its sweep has made and nothing else.
func (v *view) LinkModels(ctx context.Context, run string, l tracking.Links) error {
	if _, err := v.own(ctx, run); err != nil {
		return err
	}
	for _, id := range l.Inputs {
		if err := v.knows(ctx, id); err != nil {
			return err
		}
	}
	return v.API.LinkModels(ctx, run, l)
}
