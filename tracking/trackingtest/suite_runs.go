package trackingtest

import (
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

func (b *bench) runs() {
	ctx := b.Context()
	e := b.experiment("e")
	r := newRun(e, 1)
	r.Tags = append(r.Tags, tracking.Tag{Key: "a", Value: ""})
	made, err := b.Store.CreateRun(ctx, nobody, r)
	b.must(err)
	b.is("artifacts", made.ArtifactURI, "mlflow-artifacts:/"+e+"/"+id(1)+"/artifacts")
	got := b.get(id(1))
	b.is("as stored", got, made)
	r.ArtifactURI, r.Tags = made.ArtifactURI, []tracking.Tag{{Key: "a", Value: ""}, {Key: tracking.TagRunName, Value: "run-1"}}
	b.is("as given", got, r)

	_, err = b.Store.Run(ctx, id(2))
	b.fails(err, fault.NotFound, "Run with id="+id(2)+" not found")
	_, err = b.Store.CreateRun(ctx, nobody, newRun("4711", 3))
	b.fails(err, fault.NotFound, "No Experiment with id=4711 exists")
	b.fails(b.Store.MayWrite(ctx, nobody, id(2)), fault.NotFound, "Run with id="+id(2)+" not found")
	b.must(b.Store.MayWrite(ctx, nobody, id(1)))
}

func (b *bench) repeatedCreate() {
	e := b.experiment("e")
	run := b.run(e, 1)
	b.metric(run, "loss", 1)
	again, err := b.Store.CreateRun(b.Context(), nobody, newRun(e, 1))
	b.must(err)
	b.is("the run as it stands", again, b.get(run))
	b.is("one run", b.found(e, ""), []string{"01"})
}

func (b *bench) updates() {
	ctx := b.Context()
	run := b.run("0", 1)
	failed, end, name := tracking.Failed, int64(5000), "better"
	got, err := b.Store.UpdateRun(ctx, nobody, run, tracking.RunChange{Status: &failed, End: &end})
	b.must(err)
	b.is("changed", []any{got.ID, got.Status, got.End, got.Name}, []any{run, tracking.Failed, end, "run-1"})
	_, err = b.Store.UpdateRun(ctx, nobody, run, tracking.RunChange{Name: &name})
	b.must(err)
	full := b.get(run)
	b.is("the rest stays", []any{full.Status, full.End, full.Name, full.Start}, []any{tracking.Failed, end, "better", int64(1000)})
	_, err = b.Store.UpdateRun(ctx, nobody, id(2), tracking.RunChange{})
	b.fails(err, fault.NotFound, "Run with id="+id(2)+" not found")
}

func (b *bench) runLifecycle() {
	ctx := b.Context()
	run := b.run("0", 1)
	b.log(run, tracking.Batch{Tags: []tracking.Tag{{Key: "a", Value: "1"}}})
	b.must(b.Store.SetRunLifecycle(ctx, nobody, run, tracking.Deleted, 1))
	b.must(b.Store.SetRunLifecycle(ctx, nobody, run, tracking.Deleted, 2))
	before := b.get(run)
	b.is("still found", before.Lifecycle, tracking.Deleted)
	dead := "The run " + run + " must be in the 'active' state. Current state is deleted."
	b.fails(b.Store.LogBatch(ctx, nobody, run, tracking.Batch{Metrics: []tracking.Metric{{Key: "m"}}}), fault.Invalid, dead)
	b.fails(b.Store.LogInputs(ctx, nobody, run, []tracking.Input{{Dataset: tracking.Dataset{Name: "d", Digest: "1"}}}), fault.Invalid, dead)
	b.fails(b.Store.DeleteTag(ctx, nobody, run, "a"), fault.Invalid, dead)
	_, err := b.Store.UpdateRun(ctx, nobody, run, tracking.RunChange{})
	b.fails(err, fault.Invalid, dead)
	b.is("nothing changed", b.get(run), before)
	b.must(b.Store.SetRunLifecycle(ctx, nobody, run, tracking.Active, 3))
	b.must(b.Store.SetRunLifecycle(ctx, nobody, run, tracking.Active, 4))
	b.metric(run, "m", 1)
	b.fails(b.Store.SetRunLifecycle(ctx, nobody, id(2), tracking.Deleted, 1), fault.NotFound, "Run with id="+id(2)+" not found")
}

func (b *bench) names() {
	run := b.run("0", 1)
	name := "by update"
	_, err := b.Store.UpdateRun(b.Context(), nobody, run, tracking.RunChange{Name: &name})
	b.must(err)
	tag, _ := b.get(run).Tag(tracking.TagRunName)
	b.is("tag follows name", tag, "by update")
	b.log(run, tracking.Batch{Tags: []tracking.Tag{{Key: tracking.TagRunName, Value: "by tag"}}})
	b.is("name follows tag", b.get(run).Name, "by tag")
}

func (b *bench) tags() {
	ctx := b.Context()
	run := b.run("0", 1)
	b.log(run, tracking.Batch{Tags: []tracking.Tag{{Key: "a", Value: "1"}, {Key: "b", Value: "x"}, {Key: "a", Value: "2"}}})
	b.log(run, tracking.Batch{Tags: []tracking.Tag{{Key: "b", Value: ""}}})
	b.is("last wins", b.get(run).Tags, []tracking.Tag{{Key: "a", Value: "2"}, {Key: "b", Value: ""}, {Key: tracking.TagRunName, Value: "run-1"}})
	b.must(b.Store.DeleteTag(ctx, nobody, run, "a"))
	b.fails(b.Store.DeleteTag(ctx, nobody, run, "a"), fault.NotFound, "No tag with name: a in run with id "+run)
	b.fails(b.Store.DeleteTag(ctx, nobody, id(2), "a"), fault.NotFound, "Run with id="+id(2)+" not found")
}

func (b *bench) inputs() {
	ctx := b.Context()
	e := b.experiment("e")
	first, second := b.run(e, 1), b.run(e, 2)
	train := tracking.Input{
		Dataset: tracking.Dataset{Name: "digits", Digest: "abc", SourceType: "local", Source: "{}", Schema: "{}", Profile: "{}"},
		Tags:    []tracking.Tag{{Key: "mlflow.data.context", Value: "train"}},
	}
	test := tracking.Input{Dataset: tracking.Dataset{Name: "digits", Digest: "def", SourceType: "local", Source: "{}"}}
	b.must(b.Store.LogInputs(ctx, nobody, first, []tracking.Input{train, test}))
	b.must(b.Store.LogInputs(ctx, nobody, first, []tracking.Input{test, train}))
	b.must(b.Store.LogInputs(ctx, nobody, second, []tracking.Input{test}))
	b.is("in order, once", b.get(first).Inputs, []tracking.Input{train, test})
	b.is("a dataset of two runs", b.get(second).Inputs, []tracking.Input{test})
	b.fails(b.Store.LogInputs(ctx, nobody, id(3), []tracking.Input{test}), fault.NotFound, "Run with id="+id(3)+" not found")
}

func (b *bench) params() {
	ctx := b.Context()
	run := b.run("0", 1)
	b.log(run, tracking.Batch{Params: []tracking.Param{{Key: "b", Value: "1"}, {Key: "a", Value: ""}}})
	b.log(run, tracking.Batch{Params: []tracking.Param{{Key: "b", Value: "1"}, {Key: "c", Value: "3"}}})
	b.is("by key", b.get(run).Params, []tracking.Param{{Key: "a", Value: ""}, {Key: "b", Value: "1"}, {Key: "c", Value: "3"}})
	err := b.Store.LogBatch(ctx, nobody, run, tracking.Batch{Params: []tracking.Param{{Key: "b", Value: "2"}, {Key: "d", Value: "4"}}})
	b.fails(err, fault.Invalid, "Changing param values is not allowed. Param with key='b' was already logged with value='1' for run ID='"+run+"'. Attempted logging new value '2'.")
	err = b.Store.LogBatch(ctx, nobody, run, tracking.Batch{Params: []tracking.Param{{Key: "a", Value: "x"}, {Key: "b", Value: "2"}}})
	b.fails(err, fault.Invalid, "Changing param values is not allowed. Params were already logged='[{'key': 'a', 'old_value': '', 'new_value': 'x'}, {'key': 'b', 'old_value': '1', 'new_value': '2'}]' for run ID='"+run+"'.")
	b.is("unchanged", len(b.get(run).Params), 3)
}

func (b *bench) fence() {
	ctx := b.Context()
	e := b.experiment("e")
	run, live, stale := b.Own(e)
	point := tracking.Batch{Metrics: []tracking.Metric{{Key: "loss", Value: 1}}}
	input := []tracking.Input{{Dataset: tracking.Dataset{Name: "d", Digest: "1"}}}
	writes := func(by tracking.Author) []error {
		_, update := b.Store.UpdateRun(ctx, by, run, tracking.RunChange{})
		return []error{
			b.Store.LogBatch(ctx, by, run, point), b.Store.LogInputs(ctx, by, run, input), b.Store.MayWrite(ctx, by, run), update,
			b.Store.LogBatch(ctx, by, run, tracking.Batch{Tags: []tracking.Tag{{Key: "a"}}}), b.Store.DeleteTag(ctx, by, run, "a"),
		}
	}
	for i, err := range writes(live) {
		if err != nil {
			b.Errorf("write %d of the held attempt: %v", i, err)
		}
	}
	before := b.get(run)
	b.is("its owner", before.Owner, live.Owner)
	b.is("its attempt", before.Metrics, []tracking.Metric{{Key: "loss", Value: 1, Attempt: live.Attempt}})
	for i, err := range writes(stale) {
		if !fault.Is(err, fault.Stale) {
			b.Errorf("write %d of an attempt that is not held: %v, want stale", i, err)
		}
	}
	for i, err := range append(writes(nobody), b.Store.SetRunLifecycle(ctx, nobody, run, tracking.Deleted, 1)) {
		if !fault.Is(err, fault.Denied) {
			b.Errorf("write %d of an ordinary client: %v, want denied", i, err)
		}
	}
	b.is("nothing changed", b.get(run), before)

	foreign := b.run(e, 2)
	b.fails(b.Store.LogBatch(ctx, live, foreign, point), fault.Denied, "")
	child, err := b.Store.CreateRun(ctx, live, newRun(e, 3))
	b.must(err)
	b.is("a child's owner", child.Owner, live.Owner)
	b.must(b.Store.LogBatch(ctx, live, child.ID, point))
	b.fails(b.Store.LogBatch(ctx, nobody, child.ID, point), fault.Denied, "")
	_, err = b.Store.CreateRun(ctx, stale, newRun(e, 4))
	b.fails(err, fault.Stale, "")
	_, err = b.Store.CreateRun(ctx, nobody, newRun(e, 3))
	b.fails(err, fault.Conflict, "")
}

func (b *bench) attemptParams() {
	run, live, _ := b.Own(b.experiment("e"))
	ctx := b.Context()
	p := func(v string) tracking.Batch { return tracking.Batch{Params: []tracking.Param{{Key: "p", Value: v}}} }
	b.must(b.Store.LogBatch(ctx, live, run, p("new")))
	b.fails(b.Store.LogBatch(ctx, live, run, p("other")), fault.Invalid, "")
	b.must(b.Store.LogBatch(ctx, live, run, p("new")))
}
