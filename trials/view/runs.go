package view

import (
	"context"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

// CreateRun gives the trial's run for the first run without a parent, and makes
// children of it from then on.
func (v *view) CreateRun(ctx context.Context, n tracking.NewRun) (tracking.Run, error) {
	parent := parentOf(n.Tags)
	if parent == "" {
		first, err := v.binder.Bind(ctx, v.a.Ref, n.RequestKey)
		if err != nil {
			return tracking.Run{}, err
		}
		v.bound.Store(true)
		if first {
			return v.adopt(ctx, n)
		}
	}
	parent, err := v.parent(ctx, parent)
	if err != nil {
		return tracking.Run{}, err
	}
	n.Experiment = v.a.Experiment
	n.Tags = append(withoutParent(n.Tags), tracking.Tag{Key: tracking.TagParent, Value: parent})
	return v.API.CreateRun(ctx, n)
}

// adopt puts what a script wanted its run to be on the trial's run.
func (v *view) adopt(ctx context.Context, n tracking.NewRun) (tracking.Run, error) {
	tags := slices.Clone(n.Tags)
	if n.Name != "" {
		tags = append(tags, tracking.Tag{Key: tracking.TagRunName, Value: n.Name})
	}
	for part := range slices.Chunk(ownTags(tags), tracking.MaxBatchTags) {
		if err := v.API.LogBatch(ctx, v.a.Run, tracking.Batch{Tags: part}); err != nil {
			return tracking.Run{}, err
		}
	}
	return v.API.Run(ctx, v.a.Run)
}

// parent is the run a new child hangs below: the one asked for if it belongs to
// this trial, else the trial's.
func (v *view) parent(ctx context.Context, asked string) (string, error) {
	if asked == "" || asked == v.a.Run {
		return v.a.Run, nil
	}
	r, err := v.API.Run(ctx, asked)
	if fault.Is(err, fault.NotFound) || err == nil && r.Owner != v.a.Author().Owner {
		return v.a.Run, nil
	}
	return asked, err
}

func parentOf(tags []tracking.Tag) string {
	for _, t := range tags {
		if t.Key == tracking.TagParent {
			return t.Value
		}
	}
	return ""
}

func withoutParent(tags []tracking.Tag) []tracking.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t tracking.Tag) bool { return t.Key == tracking.TagParent })
}

// ownKey is where a tag of the trial's run is kept: its name is sweepd's.
func ownKey(key string) string {
	if key == tracking.TagRunName {
		return TagUserRunName
	}
	return key
}

func ownTags(tags []tracking.Tag) []tracking.Tag {
	tags = slices.Clone(tags)
	for i := range tags {
		tags[i].Key = ownKey(tags[i].Key)
	}
	return tags
}

// Run gives a run of the sweep.
func (v *view) Run(ctx context.Context, run string) (tracking.Run, error) {
	if _, err := v.own(ctx, run); err != nil {
		return tracking.Run{}, err
	}
	return v.readable(ctx, run)
}

// UpdateRun takes what a script says of the trial's run as hints, which are kept
// as tags, and answers as if they held. How a trial ended is for its exit to
// say. Children change as they are told.
func (v *view) UpdateRun(ctx context.Context, run string, c tracking.RunChange) (tracking.Run, error) {
	own, err := v.own(ctx, run)
	if err != nil {
		return tracking.Run{}, err
	}
	if !own {
		return v.API.UpdateRun(ctx, run, c)
	}
	var hints []tracking.Tag
	if c.Status != nil {
		hints = append(hints, tracking.Tag{Key: TagReportedStatus, Value: string(*c.Status)})
	}
	if c.Name != nil && *c.Name != "" {
		hints = append(hints, tracking.Tag{Key: TagUserRunName, Value: *c.Name})
	}
	if err := v.API.LogBatch(ctx, run, tracking.Batch{Tags: hints}); err != nil {
		return tracking.Run{}, err
	}
	r, err := v.API.Run(ctx, run)
	if c.Status != nil {
		r.Status = *c.Status
	}
	if c.End != nil {
		r.End = *c.End
	}
	return r, err
}

// DeleteRun deletes children; the trial's run is not the script's to delete.
func (v *view) DeleteRun(ctx context.Context, run string) error {
	if run == v.a.Run {
		return denied("delete the trial's run")
	}
	return v.API.DeleteRun(ctx, run)
}

// SearchRuns searches the sweep's runs, whatever experiments are asked for.
func (v *view) SearchRuns(ctx context.Context, s tracking.RunSearch) (tracking.RunList, error) {
	s.Experiments = []string{v.a.Experiment}
	return v.API.SearchRuns(ctx, s)
}
