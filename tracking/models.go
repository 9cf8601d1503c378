package tracking

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking/filter"
)

// ModelAPI makes, changes and finds logged models. A deleted model takes
// writes, as MLflow's does, but only Model finds it.
type ModelAPI interface {
	CreateModel(ctx context.Context, m NewModel) (Model, error)
	Model(ctx context.Context, id string, deletedToo bool) (Model, error)
	SetModelStatus(ctx context.Context, id string, s ModelStatus) (Model, error)
	LogModelParams(ctx context.Context, id string, params []Param) error
	SetModelTags(ctx context.Context, id string, tags []Tag) error
	DeleteModelTag(ctx context.Context, id, key string) error
	DeleteModel(ctx context.Context, id string) error
	SearchModels(ctx context.Context, s ModelSearch) (ModelList, error)
	LinkModels(ctx context.Context, run string, l Links) error
}

// NewModel asks for a model.
type NewModel struct {
	Experiment string // "" is Default
	Name       string // "" takes two random words and a number
	Type       string
	SourceRun  string // "" when it comes from no run; need not exist
	Params     []Param
	Tags       []Tag
	RequestKey string // as NewRun.RequestKey
}

// ModelSearch asks for models in MLflow's search language. Metrics count by
// their latest point: the last time, then step.
type ModelSearch struct {
	Experiments []string
	Filter      string
	Datasets    []DatasetRef // only points on one of them count, and a model without any is left out; none: all count
	OrderBy     []ModelSort
	Limit       int // 1 to MaxModelsPage
	Token       string
}

// ModelSort is one key to sort models by: an attribute, or "metrics." and a key.
type ModelSort struct {
	Field   string
	Desc    bool
	Dataset DatasetRef // of a metric; the zero DatasetRef is any
}

// ModelList is a page of models. Token asks for the next one, "" when there is
// none.
type ModelList struct {
	Models []Model
	Token  string
}

func (c caller) CreateModel(ctx context.Context, n NewModel) (Model, error) {
	experiment, err := experimentID(n.Experiment)
	if err != nil {
		return Model{}, err
	}
	if err := checkModelName(n.Name); err != nil {
		return Model{}, err
	}
	if err := checkLength("model_type", MaxModelName, n.Type); err != nil {
		return Model{}, err
	}
	if err := checkModelParams(n.Params); err != nil {
		return Model{}, err
	}
	tags := lastOfEach(n.Tags)
	if err := checkModelTags(tags); err != nil {
		return Model{}, err
	}
	id, now := c.runID(n.RequestKey), c.millis()
	if n.Name == "" {
		n.Name = randomName(id)
	}
	return c.Store.CreateModel(ctx, c.by, Model{
		ID: "m-" + id, Experiment: experiment, Name: n.Name, Type: n.Type, Status: ModelPending, Lifecycle: Active,
		Created: now, Updated: now, SourceRun: n.SourceRun, Params: n.Params, Tags: tags,
	})
}

// badInModelName are the characters that MLflow allows in no model's name.
const badInModelName = `/:.%"'`

func checkModelName(name string) error {
	if strings.ContainsAny(name, badInModelName) {
		return fault.Invalidf(`Invalid model name (%s) provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%%', '"', "'")`, pyRepr(name))
	}
	return checkLength("name", MaxModelName, name)
}

// checkModelParams is lenient with keys, as MLflow is with those of models.
func checkModelParams(params []Param) error {
	if err := checkModelCount("params", len(params), MaxBatchParams); err != nil {
		return err
	}
	for i, p := range params {
		if err := checkModelText(fmt.Sprintf("params[%d]", i), p.Key, p.Value); err != nil {
			return err
		}
	}
	return checkDistinct(params)
}

func checkModelTags(tags []Tag) error {
	if err := checkModelCount("tags", len(tags), MaxBatchTags); err != nil {
		return err
	}
	for i, t := range tags {
		if err := checkModelText(fmt.Sprintf("tags[%d]", i), t.Key, t.Value); err != nil {
			return err
		}
	}
	return nil
}

func checkModelCount(what string, n, most int) error {
	if n > most {
		return fault.Invalidf("A request can contain at most %d %s of a model. Got %d %s.", most, what, n, what).
			Fix("split them across several requests to logged-models/ID/%s", what)
	}
	return nil
}

func checkModelText(at, key, value string) error {
	if err := checkLength(at+".key", MaxModelKey, key); err != nil {
		return err
	}
	return checkLength(at+".value", MaxModelValue, value)
}

func (c caller) Model(ctx context.Context, id string, deletedToo bool) (Model, error) {
	m, err := c.Store.Model(ctx, id)
	if err == nil && m.Lifecycle == Deleted && !deletedToo {
		return Model{}, ModelNotFound(id)
	}
	return m, err
}

func (c caller) SetModelStatus(ctx context.Context, id string, s ModelStatus) (Model, error) {
	return c.Store.UpdateModel(ctx, c.by, id, ModelChange{Status: &s}, c.millis())
}

func (c caller) DeleteModel(ctx context.Context, id string) error {
	to := Deleted
	_, err := c.Store.UpdateModel(ctx, c.by, id, ModelChange{Lifecycle: &to}, c.millis())
	return err
}

func (c caller) LogModelParams(ctx context.Context, id string, params []Param) error {
	if err := checkModelParams(params); err != nil {
		return err
	}
	return c.Store.LogModelParams(ctx, c.by, id, params)
}

func (c caller) SetModelTags(ctx context.Context, id string, tags []Tag) error {
	tags = lastOfEach(tags)
	if err := checkModelTags(tags); err != nil {
		return err
	}
	return c.Store.SetModelTags(ctx, c.by, id, tags)
}

func (c caller) DeleteModelTag(ctx context.Context, id, key string) error {
	return c.Store.DeleteModelTag(ctx, c.by, id, key)
}

func (c caller) LinkModels(ctx context.Context, run string, l Links) error {
	if err := checkRunID(run); err != nil {
		return err
	}
	if n := len(l.Inputs) + len(l.Outputs); n > MaxBatchInputs {
		return fault.Invalidf("A request can contain at most %d models. Got %d models.", MaxBatchInputs, n)
	}
	return c.Store.LinkModels(ctx, c.by, run, l)
}

func (c caller) SearchModels(ctx context.Context, s ModelSearch) (ModelList, error) {
	if err := checkLimit(s.Limit, MaxModelsPage); err != nil {
		return ModelList{}, err
	}
	where, err := filter.Models(s.Filter)
	if err != nil {
		return ModelList{}, err
	}
	order, err := modelOrder(s.OrderBy)
	if err != nil {
		return ModelList{}, err
	}
	if slices.ContainsFunc(s.Datasets, func(d DatasetRef) bool { return d.Name == "" }) {
		return ModelList{}, fault.Invalidf("`dataset_name` in the `datasets` clause must be specified.")
	}
	ids, err := experimentIDs(s.Experiments)
	if err != nil {
		return ModelList{}, err
	}
	if err := checkSearch(where, len(order), len(ids)); err != nil {
		return ModelList{}, err
	}
	if err := checkMost("datasets", len(s.Datasets), MaxSearchDatasets); err != nil {
		return ModelList{}, err
	}
	search := fingerprint("models", ids, where, s.Datasets, order)
	after, err := cursor(search, s.Token)
	if err != nil || len(ids) == 0 {
		return ModelList{}, err
	}
	page, err := c.Store.SearchModels(ctx, ModelQuery{Experiments: ids, Where: where, Datasets: s.Datasets, Order: order, After: after, Limit: s.Limit})
	return ModelList{page.Models, token(search, page.Next)}, err
}

// modelOrder makes an order total: the newest first unless it says otherwise,
// then by ID.
func modelOrder(by []ModelSort) ([]ModelOrder, error) {
	fields := make([]string, len(by))
	desc := make([]bool, len(by))
	for i, s := range by {
		fields[i], desc[i] = s.Field, s.Desc
	}
	orders, err := filter.ModelOrder(fields, desc)
	if err != nil {
		return nil, err
	}
	out := make([]ModelOrder, len(orders))
	for i, o := range orders {
		out[i] = ModelOrder{Order: o}
		if i < len(by) {
			out[i].Dataset = by[i].Dataset
		}
	}
	return out, nil
}
