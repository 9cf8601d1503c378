package view

import (
	"context"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

// Whether a run belongs to the trial is for the store to check, in the
// transaction that writes.

// LogMetric logs into the trial's run or a child.
func (v *view) LogMetric(ctx context.Context, run string, m tracking.Metric) error {
	if _, err := v.own(ctx, run); err != nil {
		return err
	}
	return v.API.LogMetric(ctx, run, m)
}

// LogParam logs into the trial's run or a child.
func (v *view) LogParam(ctx context.Context, run string, p tracking.Param) error {
	if _, err := v.own(ctx, run); err != nil {
		return err
	}
	return v.API.LogParam(ctx, run, p)
}

// SetTag tags the trial's run or a child; the trial's run keeps its name.
func (v *view) SetTag(ctx context.Context, run string, t tracking.Tag) error {
	own, err := v.own(ctx, run)
	if err != nil {
		return err
	}
	if own {
		t.Key = ownKey(t.Key)
	}
	return v.API.SetTag(ctx, run, t)
}

// DeleteTag deletes a tag that SetTag set.
func (v *view) DeleteTag(ctx context.Context, run, key string) error {
	own, err := v.own(ctx, run)
	if err != nil {
		return err
	}
	if own {
		key = ownKey(key)
	}
	return v.API.DeleteTag(ctx, run, key)
}

// LogBatch logs into the trial's run or a child; the trial's run keeps its name.
func (v *view) LogBatch(ctx context.Context, run string, b tracking.Batch) error {
	own, err := v.own(ctx, run)
	if err != nil {
		return err
	}
	if own {
		b.Tags = ownTags(b.Tags)
	}
	for _, m := range b.Models {
		if err := v.knows(ctx, m.Model); err != nil {
			return err
		}
	}
	return v.API.LogBatch(ctx, run, b)
}

// LogInputs logs into the trial's run or a child.
func (v *view) LogInputs(ctx context.Context, run string, inputs []tracking.Input) error {
	if _, err := v.own(ctx, run); err != nil {
		return err
	}
	return v.API.LogInputs(ctx, run, inputs)
}

// History has the points of a run of the sweep, none of others.
func (v *view) History(ctx context.Context, s tracking.HistorySearch) (tracking.HistoryList, error) {
	if ok, err := v.sees(ctx, s.Run); !ok {
		return tracking.HistoryList{}, err
	}
	return v.API.History(ctx, s)
}

// HistoryOf leaves out runs of other sweeps.
func (v *view) HistoryOf(ctx context.Context, runs []string, key string, limit int) ([]tracking.RunMetric, error) {
	runs, err := v.seen(ctx, runs)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	return v.API.HistoryOf(ctx, runs, key, limit)
}

// SampleHistory leaves out runs of other sweeps.
func (v *view) SampleHistory(ctx context.Context, q tracking.SampleQuery) ([]tracking.RunMetric, error) {
	runs, err := v.seen(ctx, q.Runs)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	q.Runs = runs
	return v.API.SampleHistory(ctx, q)
}

func (v *view) sees(ctx context.Context, run string) (bool, error) {
	if run == v.a.Run {
		return true, nil
	}
	_, err := v.readable(ctx, run)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func (v *view) seen(ctx context.Context, runs []string) ([]string, error) {
	if len(runs) > tracking.MaxHistoryRuns {
		return runs, nil // the answer is an error whatever they are
	}
	var out []string
	for _, run := range runs {
		ok, err := v.sees(ctx, run)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, run)
		}
	}
	return out, nil
}

// MayReadArtifact lets it read the files of its sweep.
func (v *view) MayReadArtifact(ctx context.Context, path string) error {
	if path != v.a.Experiment && !strings.HasPrefix(path, v.a.Experiment+"/") {
		return fault.Deniedf("%s lies in no run or model of this sweep", path)
	}
	return v.API.MayReadArtifact(ctx, path)
}
