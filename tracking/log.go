package tracking

import (
	"context"
	"fmt"

	"github.com/sweepd/sweepd/internal/fault"
)

func (c caller) LogMetric(ctx context.Context, run string, m Metric) error {
	if err := checkMetric("", m); err != nil {
		return err
	}
	return c.Store.LogBatch(ctx, c.by, run, Batch{Metrics: []Metric{m}})
}

func (c caller) LogParam(ctx context.Context, run string, p Param) error {
	if err := checkParam("", &p); err != nil {
		return err
	}
	return c.Store.LogBatch(ctx, c.by, run, Batch{Params: []Param{p}})
}

func (c caller) SetTag(ctx context.Context, run string, t Tag) error {
	if err := checkTag("", &t); err != nil {
		return err
	}
	return c.Store.LogBatch(ctx, c.by, run, Batch{Tags: []Tag{t}})
}

func (c caller) DeleteTag(ctx context.Context, run, key string) error {
	return c.Store.DeleteTag(ctx, c.by, run, key)
}

func (c caller) LogBatch(ctx context.Context, run string, b Batch) error {
	if err := checkRunID(run); err != nil {
		return err
	}
	if err := checkBatch(b); err != nil {
		return err
	}
	return c.Store.LogBatch(ctx, c.by, run, b)
}

// checkBatch checks every element, then the counts, in MLflow's order. It cuts
// long values in place.
func checkBatch(b Batch) error {
	for i, m := range b.Metrics {
		if checkMetric("", m) != nil {
			return checkMetric(fmt.Sprintf("metrics[%d]", i), m) // places are written out only for what is wrong
		}
	}
	for i := range b.Params {
		if err := checkParam(fmt.Sprintf("params[%d]", i), &b.Params[i]); err != nil {
			return err
		}
	}
	for i := range b.Tags {
		if err := checkTag(fmt.Sprintf("tags[%d]", i), &b.Tags[i]); err != nil {
			return err
		}
	}
	for _, l := range []struct {
		what    string
		most, n int
	}{
		{"metrics", MaxBatchMetrics, len(b.Metrics)},
		{"params", MaxBatchParams, len(b.Params)},
		{"tags", MaxBatchTags, len(b.Tags)},
		{"metrics, params, and tags", MaxBatchEntities, len(b.Metrics) + len(b.Params) + len(b.Tags)},
	} {
		if l.n > l.most {
			return fault.Invalidf("A batch logging request can contain at most %d %s. Got %d %s. Please split up %s across multiple requests and try again.",
				l.most, l.what, l.n, l.what, l.what)
		}
	}
	return checkDistinct(b.Params)
}

// checkDistinct refuses a param key that occurs twice, with equal values as
// well.
func checkDistinct(params []Param) error {
	seen := map[string]bool{}
	var twice []string
	for _, p := range params {
		if seen[p.Key] {
			twice = append(twice, p.Key)
		}
		seen[p.Key] = true
	}
	if len(twice) > 0 {
		return fault.Invalidf("Duplicate parameter keys have been submitted: %s. Please ensure the request contains only one param value per param key.", pyList(twice))
	}
	return nil
}

func (c caller) LogInputs(ctx context.Context, run string, inputs []Input) error {
	if err := checkRunID(run); err != nil {
		return err
	}
	if len(inputs) > MaxBatchInputs {
		return fault.Invalidf("A request can contain at most %d datasets. Got %d datasets.", MaxBatchInputs, len(inputs))
	}
	for _, in := range inputs {
		if err := checkInput(in); err != nil {
			return err
		}
	}
	return c.Store.LogInputs(ctx, c.by, run, firstOfEach(inputs))
}

func checkInput(in Input) error {
	for _, l := range []struct {
		what  string
		most  int
		value string
	}{
		{"name", MaxDatasetName, in.Dataset.Name},
		{"digest", MaxDatasetDigest, in.Dataset.Digest},
		{"source", MaxDatasetSource, in.Dataset.Source},
		{"schema", MaxDatasetSchema, in.Dataset.Schema},
		{"profile", MaxDatasetProfile, in.Dataset.Profile},
	} {
		if err := checkLength(l.what, l.most, l.value); err != nil {
			return err
		}
	}
	for _, t := range in.Tags {
		if err := checkLength("key", MaxInputTagKey, t.Key); err != nil {
			return err
		}
		if err := checkLength("value", MaxInputTagValue, t.Value); err != nil {
			return err
		}
	}
	return nil
}

// firstOfEach keeps the first input of each dataset.
func firstOfEach(inputs []Input) []Input {
	type name struct{ name, digest string }
	seen := map[name]bool{}
	var out []Input
	for _, in := range inputs {
		if k := (name{in.Dataset.Name, in.Dataset.Digest}); !seen[k] {
			seen[k] = true
			out = append(out, in)
		}
	}
	return out
}
