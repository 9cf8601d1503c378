package trackingtest

import (
	"fmt"
	"math"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

// modelID is a model's ID that ends in n.
func modelID(n int) string { return "m-" + id(n) }

// newModel is model n of an experiment, made at n seconds.
func newModel(experiment string, n int) tracking.Model {
	return tracking.Model{
		ID: modelID(n), Experiment: experiment, Name: fmt.Sprintf("model-%d", n), Status: tracking.ModelPending, Lifecycle: tracking.Active,
		Created: int64(n) * 1000, Updated: int64(n) * 1000,
	}
}

func (b *bench) model(experiment string, n int) string {
	b.Helper()
	m, err := b.Store.CreateModel(b.Context(), nobody, newModel(experiment, n))
	b.must(err)
	return m.ID
}

func (b *bench) getModel(id string) tracking.Model {
	b.Helper()
	m, err := b.Store.Model(b.Context(), id)
	b.must(err)
	return m
}

// measured logs a point of a model, time 1 and step 0, on a dataset.
func (b *bench) measured(run, model, key string, value float64, on tracking.DatasetRef) {
	b.Helper()
	b.measuredAt(run, model, tracking.Metric{Key: key, Time: 1, Value: value}, on)
}

func (b *bench) measuredAt(run, model string, p tracking.Metric, on tracking.DatasetRef) {
	b.Helper()
	b.log(run, tracking.Batch{Metrics: []tracking.Metric{p}, Models: []tracking.ModelMetric{{Metric: p, Model: model, Dataset: on}}})
}

func (b *bench) models() {
	ctx := b.Context()
	e := b.experiment("e")
	m := newModel(e, 1)
	m.Type, m.SourceRun = "sklearn", id(1)
	m.Params, m.Tags = []tracking.Param{{Key: "b", Value: "1"}, {Key: "a", Value: ""}}, []tracking.Tag{{Key: "y"}, {Key: "x", Value: "1"}}
	made, err := b.Store.CreateModel(ctx, nobody, m)
	b.must(err)
	b.is("as stored", b.getModel(m.ID), made)
	m.ArtifactURI = "mlflow-artifacts:/" + e + "/models/" + m.ID + "/artifacts"
	m.Params, m.Tags = []tracking.Param{{Key: "a", Value: ""}, {Key: "b", Value: "1"}}, []tracking.Tag{{Key: "x", Value: "1"}, {Key: "y"}}
	b.is("as given", made, m)

	b.must(b.Store.LogModelParams(ctx, nobody, m.ID, []tracking.Param{{Key: "c", Value: "3"}, {Key: "a", Value: ""}}))
	err = b.Store.LogModelParams(ctx, nobody, m.ID, []tracking.Param{{Key: "d", Value: "4"}, {Key: "b", Value: "2"}})
	b.fails(err, fault.Invalid, "Changing param values is not allowed. Param with key='b' was already logged with value='1' for model ID='"+m.ID+"'. Attempted logging new value '2'.")
	b.must(b.Store.SetModelTags(ctx, nobody, m.ID, []tracking.Tag{{Key: "y", Value: "2"}, {Key: "z", Value: "3"}}))
	b.must(b.Store.SetModelTags(ctx, nobody, m.ID, nil))
	b.must(b.Store.DeleteModelTag(ctx, nobody, m.ID, "x"))
	b.fails(b.Store.DeleteModelTag(ctx, nobody, m.ID, "x"), fault.NotFound, "No tag with key 'x' found for model with ID '"+m.ID+"'.")
	got := b.getModel(m.ID)
	b.is("params", got.Params, []tracking.Param{{Key: "a", Value: ""}, {Key: "b", Value: "1"}, {Key: "c", Value: "3"}})
	b.is("tags", got.Tags, []tracking.Tag{{Key: "y", Value: "2"}, {Key: "z", Value: "3"}})

	ready, deleted := tracking.ModelReady, tracking.Deleted
	got, err = b.Store.UpdateModel(ctx, nobody, m.ID, tracking.ModelChange{Status: &ready}, 7000)
	b.must(err)
	b.is("ready, in full", got, b.getModel(m.ID))
	b.is("status", []any{got.Status, got.Updated, got.Created, len(got.Params)}, []any{tracking.ModelReady, int64(7000), int64(1000), 3})
	_, err = b.Store.UpdateModel(ctx, nobody, m.ID, tracking.ModelChange{Lifecycle: &deleted}, 8000)
	b.must(err)
	b.is("still found", b.getModel(m.ID).Lifecycle, tracking.Deleted)
	b.must(b.Store.SetModelTags(ctx, nobody, m.ID, []tracking.Tag{{Key: "late", Value: "1"}}))
}

func (b *bench) modelsMissing() {
	ctx := b.Context()
	none := "Logged model with ID '" + modelID(9) + "' not found."
	_, get := b.Store.Model(ctx, modelID(9))
	_, update := b.Store.UpdateModel(ctx, nobody, modelID(9), tracking.ModelChange{}, 1)
	run := b.run("0", 1)
	for _, err := range []error{
		get, update, b.Store.MayWriteModel(ctx, nobody, modelID(9)),
		b.Store.LogModelParams(ctx, nobody, modelID(9), nil), b.Store.SetModelTags(ctx, nobody, modelID(9), nil), b.Store.DeleteModelTag(ctx, nobody, modelID(9), "a"),
		b.Store.LinkModels(ctx, nobody, run, tracking.Links{Inputs: []string{modelID(9)}}),
		b.Store.LinkModels(ctx, nobody, run, tracking.Links{Outputs: []tracking.Output{{Model: modelID(9)}}}),
		b.Store.LogBatch(ctx, nobody, run, tracking.Batch{
			Metrics: []tracking.Metric{{Key: "m"}}, Tags: []tracking.Tag{{Key: "t"}}, Models: []tracking.ModelMetric{{Metric: tracking.Metric{Key: "m"}, Model: modelID(9)}},
		}),
	} {
		b.fails(err, fault.NotFound, none)
	}
	got := b.get(run)
	b.is("nothing of the batch is there", []int{len(got.Metrics), len(got.Tags)}, []int{0, 1})
	_, err := b.Store.CreateModel(ctx, nobody, newModel("4711", 3))
	b.fails(err, fault.NotFound, "No Experiment with id=4711 exists")
	e := b.experiment("gone")
	b.must(b.Store.SetExperimentLifecycle(ctx, e, tracking.Deleted, 1))
	_, err = b.Store.CreateModel(ctx, nobody, newModel(e, 3))
	b.fails(err, fault.Invalid, "The experiment "+e+" must be in the 'active' state. Current state is deleted.")
}

func (b *bench) repeatedModel() {
	ctx := b.Context()
	e := b.experiment("e")
	m := b.model(e, 1)
	b.must(b.Store.SetModelTags(ctx, nobody, m, []tracking.Tag{{Key: "a", Value: "1"}}))
	again, err := b.Store.CreateModel(ctx, nobody, newModel(e, 1))
	b.must(err)
	b.is("the model as it stands", again, b.getModel(m))
	_, err = b.Store.CreateModel(ctx, nobody, newModel("0", 1))
	b.fails(err, fault.Conflict, "")
}

func (b *bench) modelPoints() {
	first, second := b.run("0", 1), b.run("0", 2)
	m := b.model("0", 1)
	train := tracking.DatasetRef{Name: "train", Digest: "d1"}
	for range 2 {
		b.measuredAt(first, m, tracking.Metric{Key: "loss", Time: 2, Step: 1, Value: 0.25}, train)
		b.measuredAt(first, m, tracking.Metric{Key: "loss", Time: 1, Step: 5, Value: math.NaN()}, tracking.DatasetRef{})
		b.measuredAt(second, m, tracking.Metric{Key: "acc", Time: 9, Value: math.Inf(1)}, tracking.DatasetRef{})
	}
	b.is("by key and time, once", b.getModel(m).Metrics, []tracking.ModelMetric{
		{Metric: tracking.Metric{Key: "acc", Time: 9, Value: math.Inf(1)}, Model: m, Run: second},
		{Metric: tracking.Metric{Key: "loss", Time: 1, Step: 5, Value: math.NaN()}, Model: m, Run: first},
		{Metric: tracking.Metric{Key: "loss", Time: 2, Step: 1, Value: 0.25}, Model: m, Run: first, Dataset: train},
	})
	b.is("points of the run as well", len(b.points(first, "loss")), 2)
}

func (b *bench) modelLinks() {
	ctx := b.Context()
	run := b.run("0", 1)
	one, two := b.model("0", 1), b.model("0", 2)
	b.is("none", b.get(run).Models, tracking.Links{})
	b.must(b.Store.LinkModels(ctx, nobody, run, tracking.Links{Outputs: []tracking.Output{{Model: two, Step: 3}, {Model: one}}}))
	b.must(b.Store.LinkModels(ctx, nobody, run, tracking.Links{Inputs: []string{one}, Outputs: []tracking.Output{{Model: one}, {Model: two, Step: 4}}}))
	b.must(b.Store.LinkModels(ctx, nobody, run, tracking.Links{}))
	b.is("in order, once", b.get(run).Models, tracking.Links{
		Inputs: []string{one}, Outputs: []tracking.Output{{Model: two, Step: 3}, {Model: one}, {Model: two, Step: 4}},
	})
	b.must(b.Store.SetRunLifecycle(ctx, nobody, run, tracking.Deleted, 1))
	b.fails(b.Store.LinkModels(ctx, nobody, run, tracking.Links{Inputs: []string{two}}), fault.Invalid, "The run "+run+" must be in the 'active' state. Current state is deleted.")
	b.fails(b.Store.LinkModels(ctx, nobody, id(9), tracking.Links{Inputs: []string{two}}), fault.NotFound, "Run with id="+id(9)+" not found")
}

func (b *bench) modelFence() {
	ctx := b.Context()
	e := b.experiment("e")
	run, live, stale := b.Own(e)
	made, err := b.Store.CreateModel(ctx, live, newModel(e, 1))
	b.must(err)
	b.is("its owner", made.Owner, live.Owner)
	writes := func(by tracking.Author) []error {
		_, update := b.Store.UpdateModel(ctx, by, made.ID, tracking.ModelChange{}, made.Updated)
		return []error{
			b.Store.MayWriteModel(ctx, by, made.ID), update, b.Store.LogModelParams(ctx, by, made.ID, []tracking.Param{{Key: "p"}}),
			b.Store.SetModelTags(ctx, by, made.ID, []tracking.Tag{{Key: "a"}, {Key: "b"}}), b.Store.DeleteModelTag(ctx, by, made.ID, "a"),
			b.Store.LinkModels(ctx, by, run, tracking.Links{Outputs: []tracking.Output{{Model: made.ID}}}),
		}
	}
	for i, err := range writes(live) {
		if err != nil {
			b.Errorf("write %d of the held attempt: %v", i, err)
		}
	}
	before := b.getModel(made.ID)
	for i, err := range writes(stale) {
		if !fault.Is(err, fault.Stale) {
			b.Errorf("write %d of an attempt that is not held: %v, want stale", i, err)
		}
	}
	for i, err := range writes(nobody) {
		if !fault.Is(err, fault.Denied) {
			b.Errorf("write %d of an ordinary client: %v, want denied", i, err)
		}
	}
	b.is("nothing changed", b.getModel(made.ID), before)

	foreign, outside := b.model(e, 2), b.run(e, 2)
	b.fails(b.Store.SetModelTags(ctx, live, foreign, []tracking.Tag{{Key: "a"}}), fault.Denied, "")
	b.fails(b.Store.LinkModels(ctx, live, run, tracking.Links{Outputs: []tracking.Output{{Model: foreign}}}), fault.Denied, "")
	b.must(b.Store.LinkModels(ctx, live, run, tracking.Links{Inputs: []string{foreign}}))
	b.fails(b.Store.LinkModels(ctx, nobody, outside, tracking.Links{Outputs: []tracking.Output{{Model: made.ID}}}), fault.Denied, "")
	b.must(b.Store.LinkModels(ctx, nobody, outside, tracking.Links{Inputs: []string{made.ID}}))
	b.measured(outside, made.ID, "test", 1, tracking.DatasetRef{})
	b.is("anybody may say what they measured", b.getModel(made.ID).Metrics[0].Run, outside)
	_, err = b.Store.CreateModel(ctx, stale, newModel(e, 3))
	b.fails(err, fault.Stale, "")
	_, err = b.Store.CreateModel(ctx, nobody, newModel(e, 1))
	b.fails(err, fault.Conflict, "")
}

// foundModels searches models of an experiment and gives the last digits of
// their IDs.
func (b *bench) foundModels(experiment, where string, datasets []tracking.DatasetRef, order ...tracking.ModelOrder) []string {
	b.Helper()
	f, err := filter.Models(where)
	b.must(err)
	page, err := b.Store.SearchModels(b.Context(), tracking.ModelQuery{
		Experiments: []string{experiment, "4711"}, Where: f, Datasets: datasets, Order: b.totalOrder(order), Limit: 1000,
	})
	b.must(err)
	return shortModels(page.Models)
}

func (b *bench) totalOrder(order []tracking.ModelOrder) []tracking.ModelOrder {
	b.Helper()
	tail, err := filter.ModelOrder(nil, nil)
	b.must(err)
	for _, o := range tail {
		order = append(order, tracking.ModelOrder{Order: o})
	}
	return order
}

func shortModels(models []tracking.Model) []string {
	out := []string{}
	for _, m := range models {
		out = append(out, m.ID[len(m.ID)-2:])
	}
	return out
}

func byMetric(key string, desc bool, on tracking.DatasetRef) tracking.ModelOrder {
	return tracking.ModelOrder{Order: filter.Order{Entity: filter.Metric, Key: key, Desc: desc}, Dataset: on}
}

func byAttribute(key string, desc bool) tracking.ModelOrder {
	return tracking.ModelOrder{Order: filter.Order{Entity: filter.Attribute, Key: key, Desc: desc}}
}

func (b *bench) searchModels() {
	ctx := b.Context()
	e := b.experiment("e")
	run := b.run(e, 1)
	for n := 1; n <= 5; n++ {
		m := newModel(e, n)
		if n <= 2 {
			m.Name, m.Type, m.SourceRun = "net", "keras", run
		}
		_, err := b.Store.CreateModel(ctx, nobody, m)
		b.must(err)
	}
	b.model("0", 9)
	ready, deleted := tracking.ModelReady, tracking.Deleted
	_, err := b.Store.UpdateModel(ctx, nobody, modelID(2), tracking.ModelChange{Status: &ready}, 9000)
	b.must(err)
	_, err = b.Store.UpdateModel(ctx, nobody, modelID(5), tracking.ModelChange{Lifecycle: &deleted}, 9000)
	b.must(err)
	b.must(b.Store.LogModelParams(ctx, nobody, modelID(1), []tracking.Param{{Key: "lr", Value: "0.1"}}))
	b.must(b.Store.SetModelTags(ctx, nobody, modelID(3), []tracking.Tag{{Key: "team", Value: "a"}}))
	val, test := tracking.DatasetRef{Name: "val", Digest: "1"}, tracking.DatasetRef{Name: "test", Digest: "2"}
	b.measuredAt(run, modelID(1), tracking.Metric{Key: "acc", Time: 1, Step: 9, Value: 0.9}, val)
	b.measuredAt(run, modelID(1), tracking.Metric{Key: "acc", Time: 2, Step: 1, Value: 0.1}, test)
	b.measuredAt(run, modelID(2), tracking.Metric{Key: "acc", Time: 1, Step: 1, Value: 0.3}, val)
	b.measuredAt(run, modelID(2), tracking.Metric{Key: "acc", Time: 1, Step: 2, Value: 0.5}, val)
	b.measuredAt(run, modelID(3), tracking.Metric{Key: "acc", Time: 1, Value: math.NaN()}, tracking.DatasetRef{})

	for where, want := range map[string][]string{
		"":                                {"04", "03", "02", "01"},
		"name = 'net'":                    {"02", "01"},
		"name LIKE 'model-_'":             {"04", "03"},
		"name ILIKE 'NET'":                {"02", "01"},
		"name IN ('net', 'model-4')":      {"04", "02", "01"},
		"name NOT IN ('net')":             {"04", "03"},
		"model_id = '" + modelID(4) + "'": {"04"},
		"model_type != 'sklearn'":         {"02", "01"},
		"source_run_id = '" + run + "'":   {"02", "01"},
		"status = 'READY'":                {"02"},
		"status IN ('PENDING')":           {"04", "03", "01"},
		"creation_time > 2000":            {"04", "03"},
		"attributes.creation_timestamp <= 2000 AND params.lr = '0.1'": {"01"},
		"last_updated_timestamp >= 9000":                              {"02"},
		"params.lr IN ('0.1', '1')":                                   {"01"},
		"tags.team != 'b'":                                            {"03"},
		"metrics.acc > 0.2":                                           {"02"},
		"metrics.acc <= 0.1":                                          {"01"},
		"metrics.acc != 0.5":                                          {"03", "01"},
		"metrics.acc = 0":                                             {},
		"experiment_id = '" + e + "' AND name = 'net' AND status = 'READY'": {"02"},
	} {
		b.is(where, b.foundModels(e, where, nil), want)
	}
	b.is("on a dataset", b.foundModels(e, "metrics.acc > 0.2", []tracking.DatasetRef{{Name: "val"}}), []string{"02", "01"})
	b.is("on either", b.foundModels(e, "metrics.acc > 0.2", []tracking.DatasetRef{{Name: "val"}, test}), []string{"02"})
	b.is("of another digest", b.foundModels(e, "metrics.acc > 0.2", []tracking.DatasetRef{{Name: "val", Digest: "2"}}), []string{})
	b.is("measured at all", b.foundModels(e, "", []tracking.DatasetRef{test}), []string{"01"})

	b.is("values, NaN, nothing", b.foundModels(e, "", nil, byMetric("acc", false, tracking.DatasetRef{})), []string{"01", "02", "03", "04"})
	b.is("down", b.foundModels(e, "", nil, byMetric("acc", true, tracking.DatasetRef{})), []string{"02", "01", "03", "04"})
	b.is("on a dataset, down", b.foundModels(e, "", nil, byMetric("acc", true, val)), []string{"01", "02", "04", "03"})
	b.is("no type is last", b.foundModels(e, "", nil, byAttribute(filter.ModelType, true), byAttribute(filter.Name, true)), []string{"02", "01", "04", "03"})
}

func (b *bench) modelPages() {
	e := b.experiment("e")
	run := b.run(e, 1)
	for n := 10; n < 22; n++ {
		b.model(e, n)
		if n%4 != 0 {
			b.measured(run, modelID(n), "m", float64(n/2), tracking.DatasetRef{}) // ties, and some with none
		}
	}
	b.measured(run, modelID(12), "m", math.NaN(), tracking.DatasetRef{})
	for _, by := range [][]tracking.ModelOrder{nil, {byMetric("m", false, tracking.DatasetRef{})}, {byMetric("m", true, tracking.DatasetRef{})}, {byAttribute(filter.SourceRunID, false)}} {
		want := b.foundModels(e, "", nil, by...)
		q := tracking.ModelQuery{Experiments: []string{e}, Order: b.totalOrder(by), Limit: 5}
		got := []string{}
		for {
			page, err := b.Store.SearchModels(b.Context(), q)
			b.must(err)
			got = append(got, shortModels(page.Models)...)
			if q.After = page.Next; q.After == "" || len(got) > 12 {
				break
			}
		}
		b.is(fmt.Sprintf("each once, in order, by %v", by), got, want)
	}
	_, err := b.Store.SearchModels(b.Context(), tracking.ModelQuery{Experiments: []string{e}, Order: b.totalOrder(nil), After: "x", Limit: 1})
	b.fails(err, fault.Invalid, "")
}
