// Package tracking holds experiments, runs, metrics, params and tags in
// MLflow's words: the nouns, the rules (Service) and what they need from a
// database (Store). It knows neither HTTP nor sweeps: that a run belongs to a
// trial is an opaque text to it.
package tracking

import "context"

// Store keeps what is tracked. Every method is one transaction: its checks and
// its writes happen together or not at all. Arguments have been validated by
// Service, texts are at most as long as the limits say. Errors that MLflow
// words exactly are made with the functions in errors.go.
type Store interface {
	ExperimentStore
	RunStore
	MetricStore
	SearchStore
	ModelStore
}

// ExperimentStore keeps experiments. The experiment "0" named "Default" exists
// from the start.
type ExperimentStore interface {
	// CreateExperiment stores e and gives it with its new ID and, when e has
	// none, its ArtifactLocation. ExperimentExists when the name is taken, by a
	// deleted experiment as well.
	CreateExperiment(ctx context.Context, e Experiment) (Experiment, error)
	// Experiment gives one experiment, deleted ones included.
	// ExperimentNotFound when there is none.
	Experiment(ctx context.Context, id string) (Experiment, error)
	// ExperimentByName gives one experiment, deleted ones included.
	// ExperimentNameNotFound when there is none.
	ExperimentByName(ctx context.Context, name string) (Experiment, error)
	// RenameExperiment renames an active experiment and sets Updated to at.
	// ExperimentNotFound, ExperimentRenameRefused when it is deleted,
	// ExperimentExists.
	RenameExperiment(ctx context.Context, id, name string, at int64) error
	// SetExperimentLifecycle deletes or restores an experiment and all its
	// runs and sets Updated to at. ExperimentNotFound when there is none, or
	// when it is in that stage already; RunOwned when one of its runs belongs
	// to a trial that has not ended.
	SetExperimentLifecycle(ctx context.Context, id string, to Lifecycle, at int64) error
	// SetExperimentTag sets a tag of an active experiment. ExperimentNotFound,
	// ExperimentNotActive.
	SetExperimentTag(ctx context.Context, id string, t Tag) error
	// DeleteExperimentTag removes a tag of an active experiment.
	// ExperimentNotFound, ExperimentNotActive, ExperimentTagNotFound.
	DeleteExperimentTag(ctx context.Context, id, key string) error
}

// RunStore keeps runs. Every write is fenced as Author says, within its own
// transaction: RunOwned for a writer that the run does not belong to,
// fault.Stale for an attempt that is not held any more.
type RunStore interface {
	// CreateRun stores r (ID, Experiment, Name, User, Status, Start, Tags are
	// set; Owner becomes the author's) in an active experiment and gives it with its
	// ArtifactURI. A run of that ID, experiment and owner that exists already
	// is given as it stands: a repeated request is free; any other of that ID
	// is RunExists. ExperimentNotFound, ExperimentNotActive.
	CreateRun(ctx context.Context, by Author, r Run) (Run, error)
	// Run gives one full run, deleted ones included. RunNotFound.
	Run(ctx context.Context, id string) (Run, error)
	// UpdateRun changes an active run and gives it, without metrics, params,
	// tags and inputs. A Name sets the tag mlflow.runName too. RunNotFound,
	// RunNotActive.
	UpdateRun(ctx context.Context, by Author, id string, c RunChange) (Run, error)
	// SetRunLifecycle deletes or restores a run, whatever it was before.
	// RunNotFound.
	SetRunLifecycle(ctx context.Context, by Author, id string, to Lifecycle, at int64) error
	// LogBatch adds points, params and tags to an active run. Points that
	// exist are dropped. ParamsChanged when a param has another value already
	// (from this very attempt, in a trial's run); RunNotFound, RunNotActive. The tag mlflow.runName
	// sets Name. Points of models are kept with
	// their models too; ModelNotFound. Points of the objective on a trial's own run become readings
	// in the same transaction.
	LogBatch(ctx context.Context, by Author, id string, b Batch) error
	// DeleteTag removes a tag of an active run. RunNotFound, RunNotActive,
	// RunTagNotFound.
	DeleteTag(ctx context.Context, by Author, id, key string) error
	// LogInputs adds datasets to an active run; those it has stay as they are.
	// RunNotFound, RunNotActive.
	LogInputs(ctx context.Context, by Author, id string, inputs []Input) error
	// MayWrite tells whether by could write to the run at this moment, be it
	// deleted or not. RunNotFound.
	MayWrite(ctx context.Context, by Author, id string) error
}

// MetricStore reads points. A run or key that does not exist has no points;
// that is no error.
type MetricStore interface {
	// History gives a page of the points of one metric of one run.
	History(ctx context.Context, q HistoryQuery) (HistoryPage, error)
	// HistoryOf gives the points of one metric in several runs, ordered by
	// (run ID, time, step, value), at most limit in all.
	HistoryOf(ctx context.Context, runs []string, key string, limit int) ([]RunMetric, error)
	// SampleHistory gives, for each run, at most q.Limit of the points between
	// q.From and q.To in the order of (step, time, value): all when they are
	// few enough, else an even choice of rows (not of steps) that holds the
	// first and the last; with Limit 1 the last. Runs come in the order of q.
	SampleHistory(ctx context.Context, q SampleQuery) ([]RunMetric, error)
}

// SearchStore answers searches.
type SearchStore interface {
	// SearchRuns gives a page of runs. Experiments that do not exist hold none.
	SearchRuns(ctx context.Context, q RunQuery) (RunPage, error)
	// SearchExperiments gives a page of experiments.
	SearchExperiments(ctx context.Context, q ExperimentQuery) (ExperimentPage, error)
}
