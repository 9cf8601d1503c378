// Package view is the small MLflow that an attempt of a trial sees: whatever
// experiment its script asks for is the sweep's, its first run is the trial's,
// later ones are children of that, and nothing outside its sweep exists. So an
// unchanged script runs as a trial. It knows neither HTTP nor rows.
package view

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// Tags of a trial's run that keep what its script said of itself.
const (
	TagUserRunName    = "sweepd.user_run_name"   // the name it gave the run
	TagReportedStatus = "sweepd.reported_status" // how it says it ended: a hint, the exit decides
	TagExperimentName = "sweepd.experiment_name" // the experiment it asked for
	TagExperimentTag  = "sweepd.experiment_tag/" // begins the tags it set on that experiment
)

// Attempt says whose view it is.
type Attempt struct {
	trials.Ref
	Run        string // ID of the trial's run
	Experiment string // ID of the sweep's experiment, which lies at tracking.ArtifactLocation
	Bound      bool   // the trial's run is bound already; false when unknown
}

// Author is how the attempt writes.
func (a Attempt) Author() tracking.Author {
	return tracking.Author{Owner: trials.Owner(a.Trial), Attempt: a.Ref.Attempt}
}

// Binder remembers, once per attempt, that its script has found the trial's run.
// Package store implements it.
type Binder interface {
	// Bind binds the run of a live attempt. It is true for the one call that
	// bound it, and again whenever the key of that call, if it had one, comes
	// back: a repeated request is answered alike. fault.Stale when the attempt
	// is not held.
	Bind(ctx context.Context, ref trials.Ref, requestKey string) (first bool, err error)
}

// New gives the view of an attempt. base is the Service as a.Author(). The view
// may serve many requests at once.
func New(base tracking.API, a Attempt, binder Binder) tracking.API {
	v := &view{API: base, a: a, binder: binder}
	v.bound.Store(a.Bound)
	return v
}

// view decorates an API; what it does not name goes through as it is.
type view struct {
	tracking.API
	a      Attempt
	binder Binder
	bound  atomic.Bool // a touch need not ask the binder again
	models sync.Map    // IDs of models that are the sweep's for sure: a point need not read its model again
}

// own tells whether a run is the trial's, and binds it when it is.
func (v *view) own(ctx context.Context, run string) (bool, error) {
	if run != v.a.Run {
		return false, nil
	}
	if v.bound.Load() {
		return true, nil
	}
	if _, err := v.binder.Bind(ctx, v.a.Ref, ""); err != nil {
		return true, err
	}
	v.bound.Store(true)
	return true, nil
}

// readable gives a run of the sweep; others do not exist.
func (v *view) readable(ctx context.Context, run string) (tracking.Run, error) {
	r, err := v.API.Run(ctx, run)
	if err == nil && r.Experiment != v.a.Experiment {
		return tracking.Run{}, tracking.RunNotFound(run)
	}
	return r, err
}

func denied(what string) error {
	return fault.Deniedf("a trial's script may not %s", what).Fix("do it outside the sweep")
}
