package trackingtest

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

// CreateModel stores a model of the author.
func (m *Memory) CreateModel(_ context.Context, by tracking.Author, md tracking.Model) (tracking.Model, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.activeExperiment(md.Experiment)
	if err != nil {
		return tracking.Model{}, err
	}
	if !by.Ordinary() && m.live[by.Owner] != by.Attempt {
		return tracking.Model{}, tracking.AttemptStale(by)
	}
	if old := m.models[md.ID]; old != nil {
		if old.Experiment != md.Experiment || old.Owner != by.Owner {
			return tracking.Model{}, tracking.ModelExists(md.ID)
		}
		return copyModel(old), nil
	}
	md.Owner, md.ArtifactURI = by.Owner, tracking.ModelArtifactURI(e.ArtifactLocation, md.ID)
	md.Params, md.Tags = sortedParams(md.Params), sortedTags(md.Tags)
	m.models[md.ID] = &md
	return copyModel(&md), nil
}

// Model gives a copy.
func (m *Memory) Model(_ context.Context, id string) (tracking.Model, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	md := m.models[id]
	if md == nil {
		return tracking.Model{}, tracking.ModelNotFound(id)
	}
	return copyModel(md), nil
}

// writableModel gives a model that by may write to.
func (m *Memory) writableModel(by tracking.Author, id string) (*tracking.Model, error) {
	md := m.models[id]
	switch {
	case md == nil:
		return nil, tracking.ModelNotFound(id)
	case md.Owner != by.Owner:
		return nil, tracking.ModelOwned(id)
	case md.Owner != "" && m.live[by.Owner] != by.Attempt:
		return nil, tracking.AttemptStale(by)
	}
	return md, nil
}

// MayWriteModel checks the fence alone.
func (m *Memory) MayWriteModel(_ context.Context, by tracking.Author, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.writableModel(by, id)
	return err
}

// UpdateModel changes a model.
func (m *Memory) UpdateModel(_ context.Context, by tracking.Author, id string, c tracking.ModelChange, at int64) (tracking.Model, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	md, err := m.writableModel(by, id)
	if err != nil {
		return tracking.Model{}, err
	}
	if c.Status != nil {
		md.Status = *c.Status
	}
	if c.Lifecycle != nil {
		md.Lifecycle = *c.Lifecycle
	}
	md.Updated = at
	return copyModel(md), nil
}

// LogModelParams checks all before it writes any.
func (m *Memory) LogModelParams(_ context.Context, by tracking.Author, id string, params []tracking.Param) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	md, err := m.writableModel(by, id)
	if err != nil {
		return err
	}
	all := slices.Clone(md.Params)
	for _, p := range params {
		i := slices.IndexFunc(md.Params, func(o tracking.Param) bool { return o.Key == p.Key })
		switch {
		case i < 0:
			all = append(all, p)
		case md.Params[i].Value != p.Value:
			return tracking.ModelParamsChanged(id, tracking.ParamChange{Key: p.Key, Old: md.Params[i].Value, New: p.Value})
		}
	}
	md.Params = sortedParams(all)
	return nil
}

// SetModelTags sets tags.
func (m *Memory) SetModelTags(_ context.Context, by tracking.Author, id string, tags []tracking.Tag) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	md, err := m.writableModel(by, id)
	if err != nil {
		return err
	}
	for _, t := range tags {
		md.Tags = withTag(md.Tags, t)
	}
	return nil
}

// DeleteModelTag removes a tag.
func (m *Memory) DeleteModelTag(_ context.Context, by tracking.Author, id, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	md, err := m.writableModel(by, id)
	if err != nil {
		return err
	}
	n := len(md.Tags)
	if md.Tags = withoutTag(md.Tags, key); len(md.Tags) == n {
		return tracking.ModelTagNotFound(id, key)
	}
	return nil
}

// LinkModels adds the links that are new.
func (m *Memory) LinkModels(_ context.Context, by tracking.Author, run string, l tracking.Links) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.active(by, run)
	if err != nil {
		return err
	}
	for _, id := range l.Inputs {
		if m.models[id] == nil {
			return tracking.ModelNotFound(id)
		}
	}
	for _, o := range l.Outputs {
		if _, err := m.writableModel(by, o.Model); err != nil {
			return err
		}
	}
	r.Models.Inputs = appendNew(r.Models.Inputs, l.Inputs)
	r.Models.Outputs = appendNew(r.Models.Outputs, l.Outputs)
	return nil
}

func appendNew[T comparable](have, more []T) []T {
	for _, v := range more {
		if !slices.Contains(have, v) {
			have = append(have, v)
		}
	}
	return have
}

// measure keeps points with the models that they measure.
func (m *Memory) measure(run string, attempt int, points []tracking.ModelMetric) {
	for _, p := range points {
		p.Run, p.Attempt = run, attempt
		md := m.models[p.Model]
		if !slices.ContainsFunc(md.Metrics, func(o tracking.ModelMetric) bool {
			return o.Run == p.Run && o.Dataset == p.Dataset && o.Same(p.Metric)
		}) {
			md.Metrics = append(md.Metrics, p)
		}
	}
	for _, p := range points {
		slices.SortStableFunc(m.models[p.Model].Metrics, func(a, b tracking.ModelMetric) int {
			return cmp.Or(strings.Compare(a.Key, b.Key), cmp.Compare(a.Time, b.Time), cmp.Compare(a.Step, b.Step), strings.Compare(a.Run, b.Run))
		})
	}
}

func copyModel(md *tracking.Model) tracking.Model {
	out := *md
	out.Params, out.Tags, out.Metrics = slices.Clone(md.Params), slices.Clone(md.Tags), slices.Clone(md.Metrics)
	return out
}

func sortedParams(params []tracking.Param) []tracking.Param {
	params = slices.Clone(params)
	slices.SortFunc(params, func(a, b tracking.Param) int { return strings.Compare(a.Key, b.Key) })
	return params
}

// SearchModels looks at every model.
func (m *Memory) SearchModels(_ context.Context, q tracking.ModelQuery) (tracking.ModelPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []tracking.Model
	for _, md := range m.models {
		if slices.Contains(q.Experiments, md.Experiment) && md.Lifecycle == tracking.Active && onDatasets(*md, q.Datasets) && ofModel(*md, q.Datasets).match(q.Where) {
			rows = append(rows, copyModel(md))
		}
	}
	order := make([]filter.Order, len(q.Order))
	for i, o := range q.Order {
		order[i] = o.Order
	}
	key := func(md tracking.Model) []string {
		var out []string
		for _, o := range q.Order {
			var on []tracking.DatasetRef
			if o.Dataset != (tracking.DatasetRef{}) {
				on = []tracking.DatasetRef{o.Dataset}
			}
			out = append(out, ofModel(md, on).sortKey([]filter.Order{o.Order})...)
		}
		return out
	}
	rows, next, err := page(rows, q.After, q.Limit, key, byKeys(order))
	return tracking.ModelPage{Models: rows, Next: next}, err
}

// counts tells whether a point counts for these datasets.
func counts(p tracking.ModelMetric, on []tracking.DatasetRef) bool {
	return len(on) == 0 || slices.ContainsFunc(on, func(d tracking.DatasetRef) bool {
		return d.Name == p.Dataset.Name && (d.Digest == "" || d.Digest == p.Dataset.Digest)
	})
}

func onDatasets(md tracking.Model, on []tracking.DatasetRef) bool {
	return len(on) == 0 || slices.ContainsFunc(md.Metrics, func(p tracking.ModelMetric) bool { return counts(p, on) })
}

func ofModel(md tracking.Model, on []tracking.DatasetRef) facts {
	f := newFacts()
	for k, v := range map[string]string{
		filter.Name: md.Name, filter.ModelID: md.ID, filter.ModelType: md.Type, filter.ModelStatus: string(md.Status),
		filter.SourceRunID: md.SourceRun, filter.ExperimentID: md.Experiment,
	} {
		if v != "" || k != filter.ModelType && k != filter.SourceRunID {
			f.text(filter.Attribute, k, v)
		}
	}
	f.number(filter.Attribute, filter.CreationStamp, float64(md.Created))
	f.number(filter.Attribute, filter.LastUpdatedStamp, float64(md.Updated))
	for _, p := range md.Params {
		f.text(filter.Param, p.Key, p.Value)
	}
	for _, t := range md.Tags {
		f.text(filter.Tag, t.Key, t.Value)
	}
	latest := map[string]tracking.ModelMetric{}
	for _, p := range md.Metrics {
		old, ok := latest[p.Key]
		if counts(p, on) && (!ok || cmp.Or(cmp.Compare(p.Time, old.Time), cmp.Compare(p.Step, old.Step), strings.Compare(old.Run, p.Run)) > 0) {
			latest[p.Key] = p
		}
	}
	for k, p := range latest {
		f.number(filter.Metric, k, p.Value)
	}
	return f
}
