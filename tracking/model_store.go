package tracking

import (
	"context"

	"github.com/sweepd/sweepd/tracking/filter"
)

// ModelStore keeps logged models. Writes to a model are fenced as those to a run
// are: ModelOwned for a writer that the model does not belong to, fault.Stale
// for an attempt that is not held any more. All but CreateModel and SearchModels
// give ModelNotFound when there is none; deleted ones take writes.
type ModelStore interface {
	// CreateModel stores m (Owner becomes the author's) in an active experiment
	// and gives it with its ArtifactURI. A model of that ID, experiment and
	// owner that exists already is given as it stands; any other of that ID is
	// ModelExists. ExperimentNotFound, ExperimentNotActive.
	CreateModel(ctx context.Context, by Author, m Model) (Model, error)
	// Model gives one full model, deleted ones included.
	Model(ctx context.Context, id string) (Model, error)
	// UpdateModel changes a model, sets Updated to at and gives it in full.
	UpdateModel(ctx context.Context, by Author, id string, c ModelChange, at int64) (Model, error)
	// LogModelParams adds params, all or none. ModelParamsChanged when one has
	// another value already.
	LogModelParams(ctx context.Context, by Author, id string, params []Param) error
	// SetModelTags sets tags of distinct keys.
	SetModelTags(ctx context.Context, by Author, id string, tags []Tag) error
	// DeleteModelTag removes a tag. ModelTagNotFound.
	DeleteModelTag(ctx context.Context, by Author, id, key string) error
	// LinkModels adds models to an active run that by may write to; those it has
	// stay as they are. Outputs must be models that by may write to, inputs may
	// be anybody's. RunNotFound, RunNotActive.
	LinkModels(ctx context.Context, by Author, run string, l Links) error
	// SearchModels gives a page of models that are not deleted. Experiments that
	// do not exist hold none.
	SearchModels(ctx context.Context, q ModelQuery) (ModelPage, error)
	// MayWriteModel tells whether by could write to the model at this moment.
	MayWriteModel(ctx context.Context, by Author, id string) error
}

// ModelQuery asks a store for models. Clauses about metrics look at the latest
// point by (time, step), the first run on a tie, among those on one of Datasets.
// Order is total: it always holds the ID.
type ModelQuery struct {
	Experiments []string // IDs; none finds nothing
	Where       filter.Filter
	Datasets    []DatasetRef // none: points count whatever their dataset; else a model without such a point is left out
	Order       []ModelOrder
	After       Cursor
	Limit       int // at least 1
}

// ModelOrder is one key to sort models by. A metric counts by its latest point
// on Dataset, or on any when it is zero.
type ModelOrder struct {
	filter.Order
	Dataset DatasetRef
}

// ModelPage is a page of full models.
type ModelPage struct {
	Models []Model
	Next   Cursor
}
