package trackingtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

// Memory is a tracking.Store for tests of what stands above a store: all of it
// lies in memory, searches go through every run. It passes Run.
type Memory struct {
	mu          sync.Mutex
	experiments []*tracking.Experiment
	runs        map[string]*record
	models      map[string]*tracking.Model
	live        map[string]int // owner -> the attempt that is held
}

// record is a run with every point and the attempt that wrote each param.
type record struct {
	tracking.Run
	points  []tracking.Metric
	writers map[string]int
}

var _ tracking.Store = (*Memory)(nil)

// NewMemory gives a store that holds the experiment Default.
func NewMemory() *Memory {
	return &Memory{
		experiments: []*tracking.Experiment{{
			ID: tracking.DefaultExperimentID, Name: tracking.DefaultExperimentName,
			ArtifactLocation: tracking.ArtifactLocation(tracking.DefaultExperimentID), Lifecycle: tracking.Active,
		}},
		runs:   map[string]*record{},
		models: map[string]*tracking.Model{},
		live:   map[string]int{},
	}
}

// Hold makes an attempt of a trial the one that is held; 0 holds none.
func (m *Memory) Hold(owner string, attempt int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.live[owner] = attempt
}

// Own is Subject.Own for a Memory.
func (m *Memory) Own(experiment string) (run string, live, stale tracking.Author) {
	m.mu.Lock()
	trial := len(m.live) + 1
	m.mu.Unlock()
	owner := fmt.Sprintf("sweep/%d", trial)
	run = fmt.Sprintf("%032x", 1<<32+trial)
	m.Hold(owner, 2)
	live, stale = tracking.Author{Owner: owner, Attempt: 2}, tracking.Author{Owner: owner, Attempt: 1}
	_, err := m.CreateRun(context.Background(), live, tracking.Run{
		ID: run, Experiment: experiment, Name: owner, Status: tracking.Running, Lifecycle: tracking.Active,
		Tags: []tracking.Tag{{Key: tracking.TagRunName, Value: owner}},
	})
	if err != nil {
		panic(err)
	}
	return run, live, stale
}

func (m *Memory) experiment(id string) (*tracking.Experiment, error) {
	for _, e := range m.experiments {
		if e.ID == id {
			return e, nil
		}
	}
	return nil, tracking.ExperimentNotFound(id)
}

func (m *Memory) named(name string) *tracking.Experiment {
	for _, e := range m.experiments {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// CreateExperiment gives the next number as its ID.
func (m *Memory) CreateExperiment(_ context.Context, e tracking.Experiment) (tracking.Experiment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.named(e.Name) != nil {
		return tracking.Experiment{}, tracking.ExperimentExists(e.Name)
	}
	e.ID = strconv.Itoa(len(m.experiments))
	if e.ArtifactLocation == "" {
		e.ArtifactLocation = tracking.ArtifactLocation(e.ID)
	}
	e.Tags = sortedTags(e.Tags)
	m.experiments = append(m.experiments, &e)
	return copyExperiment(&e), nil
}

// Experiment finds by ID.
func (m *Memory) Experiment(_ context.Context, id string) (tracking.Experiment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.experiment(id)
	if err != nil {
		return tracking.Experiment{}, err
	}
	return copyExperiment(e), nil
}

// ExperimentByName finds by name.
func (m *Memory) ExperimentByName(_ context.Context, name string) (tracking.Experiment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.named(name); e != nil {
		return copyExperiment(e), nil
	}
	return tracking.Experiment{}, tracking.ExperimentNameNotFound(name)
}

// RenameExperiment renames.
func (m *Memory) RenameExperiment(_ context.Context, id, name string, at int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.experiment(id)
	if err != nil {
		return err
	}
	if e.Lifecycle != tracking.Active {
		return tracking.ExperimentRenameRefused()
	}
	if o := m.named(name); o != nil && o != e {
		return tracking.ExperimentExists(name)
	}
	e.Name, e.Updated = name, at
	return nil
}

// SetExperimentLifecycle takes all runs along; a trial has not ended while an attempt is held.
func (m *Memory) SetExperimentLifecycle(_ context.Context, id string, to tracking.Lifecycle, at int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.experiment(id)
	if err != nil {
		return err
	}
	if e.Lifecycle == to {
		return tracking.ExperimentNotFound(id)
	}
	for _, r := range m.runs {
		if r.Experiment == id && m.live[r.Owner] > 0 {
			return tracking.RunOwned(r.ID)
		}
	}
	for _, r := range m.runs {
		if r.Experiment == id {
			r.Lifecycle = to
		}
	}
	e.Lifecycle, e.Updated = to, at
	return nil
}

func (m *Memory) activeExperiment(id string) (*tracking.Experiment, error) {
	e, err := m.experiment(id)
	if err == nil && e.Lifecycle != tracking.Active {
		err = tracking.ExperimentNotActive(id, e.Lifecycle)
	}
	return e, err
}

// SetExperimentTag sets a tag.
func (m *Memory) SetExperimentTag(_ context.Context, id string, t tracking.Tag) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.activeExperiment(id)
	if err != nil {
		return err
	}
	e.Tags = withTag(e.Tags, t)
	return nil
}

// DeleteExperimentTag removes a tag.
func (m *Memory) DeleteExperimentTag(_ context.Context, id, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.activeExperiment(id)
	if err != nil {
		return err
	}
	n := len(e.Tags)
	if e.Tags = withoutTag(e.Tags, key); len(e.Tags) == n {
		return tracking.ExperimentTagNotFound(id, key)
	}
	return nil
}

// CreateRun stores a run of the author.
func (m *Memory) CreateRun(_ context.Context, by tracking.Author, r tracking.Run) (tracking.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, err := m.activeExperiment(r.Experiment)
	if err != nil {
		return tracking.Run{}, err
	}
	if !by.Ordinary() && m.live[by.Owner] != by.Attempt {
		return tracking.Run{}, tracking.AttemptStale(by)
	}
	if old := m.runs[r.ID]; old != nil {
		if old.Experiment != r.Experiment || old.Owner != by.Owner {
			return tracking.Run{}, tracking.RunExists(r.ID)
		}
		return old.full(), nil
	}
	r.Owner, r.ArtifactURI = by.Owner, tracking.RunArtifactURI(e.ArtifactLocation, r.ID)
	r.Tags = sortedTags(r.Tags)
	m.runs[r.ID] = &record{Run: r, writers: map[string]int{}}
	return m.runs[r.ID].full(), nil
}

// Run gives a copy.
func (m *Memory) Run(_ context.Context, id string) (tracking.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.runs[id]
	if r == nil {
		return tracking.Run{}, tracking.RunNotFound(id)
	}
	return r.full(), nil
}

// writable gives a run that by may write to.
func (m *Memory) writable(by tracking.Author, id string) (*record, error) {
	r := m.runs[id]
	switch {
	case r == nil:
		return nil, tracking.RunNotFound(id)
	case r.Owner != by.Owner:
		return nil, tracking.RunOwned(id)
	case r.Owner != "" && m.live[by.Owner] != by.Attempt:
		return nil, tracking.AttemptStale(by)
	}
	return r, nil
}

// active gives an active run that by may write to.
func (m *Memory) active(by tracking.Author, id string) (*record, error) {
	r, err := m.writable(by, id)
	if err == nil && r.Lifecycle != tracking.Active {
		err = tracking.RunNotActive(id, r.Lifecycle)
	}
	return r, err
}

// MayWrite checks the fence alone.
func (m *Memory) MayWrite(_ context.Context, by tracking.Author, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := m.writable(by, id)
	return err
}

// UpdateRun changes a run.
func (m *Memory) UpdateRun(_ context.Context, by tracking.Author, id string, c tracking.RunChange) (tracking.Run, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.active(by, id)
	if err != nil {
		return tracking.Run{}, err
	}
	if c.Status != nil {
		r.Status = *c.Status
	}
	if c.End != nil {
		r.End = *c.End
	}
	if c.Name != nil {
		r.Name, r.Tags = *c.Name, withTag(r.Tags, tracking.Tag{Key: tracking.TagRunName, Value: *c.Name})
	}
	out := r.Run
	out.Metrics, out.Params, out.Tags, out.Inputs, out.Models = nil, nil, nil, nil, tracking.Links{}
	return out, nil
}

// SetRunLifecycle deletes or restores a run.
func (m *Memory) SetRunLifecycle(_ context.Context, by tracking.Author, id string, to tracking.Lifecycle, _ int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.writable(by, id)
	if err == nil {
		r.Lifecycle = to
	}
	return err
}

// LogBatch checks params before it writes anything.
func (m *Memory) LogBatch(_ context.Context, by tracking.Author, id string, b tracking.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.active(by, id)
	if err != nil {
		return err
	}
	var changes []tracking.ParamChange
	for _, p := range b.Params {
		if old, ok := r.param(p.Key); ok && old != p.Value && r.writers[p.Key] == by.Attempt {
			changes = append(changes, tracking.ParamChange{Key: p.Key, Old: old, New: p.Value})
		}
	}
	if len(changes) > 0 {
		return tracking.ParamsChanged(id, changes)
	}
	for _, p := range b.Models {
		if m.models[p.Model] == nil {
			return tracking.ModelNotFound(p.Model)
		}
	}
	m.measure(id, by.Attempt, b.Models)
	for _, p := range b.Params {
		r.Params = slices.DeleteFunc(r.Params, func(o tracking.Param) bool { return o.Key == p.Key })
		r.Params, r.writers[p.Key] = append(r.Params, p), by.Attempt
	}
	slices.SortFunc(r.Params, func(a, b tracking.Param) int { return strings.Compare(a.Key, b.Key) })
	for _, p := range b.Metrics {
		if !slices.ContainsFunc(r.points, p.Same) {
			p.Attempt = by.Attempt
			r.points = append(r.points, p)
		}
	}
	for _, t := range b.Tags {
		r.Tags = withTag(r.Tags, t)
		if t.Key == tracking.TagRunName {
			r.Name = t.Value
		}
	}
	return nil
}

// DeleteTag removes a tag.
func (m *Memory) DeleteTag(_ context.Context, by tracking.Author, id, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.active(by, id)
	if err != nil {
		return err
	}
	n := len(r.Tags)
	if r.Tags = withoutTag(r.Tags, key); len(r.Tags) == n {
		return tracking.RunTagNotFound(id, key)
	}
	return nil
}

// LogInputs adds the datasets that are new.
func (m *Memory) LogInputs(_ context.Context, by tracking.Author, id string, inputs []tracking.Input) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.active(by, id)
	if err != nil {
		return err
	}
	for _, in := range inputs {
		if !slices.ContainsFunc(r.Inputs, func(o tracking.Input) bool {
			return o.Dataset.Name == in.Dataset.Name && o.Dataset.Digest == in.Dataset.Digest
		}) {
			r.Inputs = append(r.Inputs, in)
		}
	}
	return nil
}

func (r *record) param(key string) (string, bool) {
	for _, p := range r.Params {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}

// full is the run as it is given out: its own copy, with the latest points.
func (r *record) full() tracking.Run {
	out := r.Run
	latest := map[string]tracking.Metric{}
	for _, p := range r.points {
		if old, ok := latest[p.Key]; !ok || p.After(old) {
			latest[p.Key] = p
		}
	}
	for _, p := range latest {
		out.Metrics = append(out.Metrics, p)
	}
	slices.SortFunc(out.Metrics, func(a, b tracking.Metric) int { return strings.Compare(a.Key, b.Key) })
	out.Params, out.Tags, out.Inputs = slices.Clone(r.Params), slices.Clone(r.Tags), slices.Clone(r.Inputs)
	out.Models = tracking.Links{Inputs: slices.Clone(r.Models.Inputs), Outputs: slices.Clone(r.Models.Outputs)}
	return out
}

func copyExperiment(e *tracking.Experiment) tracking.Experiment {
	out := *e
	out.Tags = slices.Clone(e.Tags)
	return out
}

func sortedTags(tags []tracking.Tag) []tracking.Tag {
	tags = slices.Clone(tags)
	slices.SortFunc(tags, func(a, b tracking.Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags
}

func withTag(tags []tracking.Tag, t tracking.Tag) []tracking.Tag {
	return sortedTags(append(withoutTag(tags, t.Key), t))
}

func withoutTag(tags []tracking.Tag, key string) []tracking.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(o tracking.Tag) bool { return o.Key == key })
}

// page cuts rows that are sorted by less into a page after a cursor.
func page[T any](rows []T, after tracking.Cursor, limit int, key func(T) []string, less func(a, b []string) int) ([]T, tracking.Cursor, error) {
	slices.SortFunc(rows, func(a, b T) int { return less(key(a), key(b)) })
	if after != "" {
		var at []string
		if err := json.Unmarshal([]byte(after), &at); err != nil {
			return nil, "", fault.Invalidf("cursor %q does not read", after)
		}
		rows = slices.DeleteFunc(rows, func(r T) bool { return less(key(r), at) <= 0 })
	}
	if limit == 0 || len(rows) <= limit {
		return rows, "", nil
	}
	b, err := json.Marshal(key(rows[limit-1]))
	return rows[:limit], tracking.Cursor(b), err
}
