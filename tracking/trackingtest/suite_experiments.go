package trackingtest

import (
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

func (b *bench) defaultExists() {
	e, err := b.Store.Experiment(b.Context(), "0")
	b.must(err)
	b.is("name", e.Name, "Default")
	b.is("location", e.ArtifactLocation, "mlflow-artifacts:/0")
	b.is("lifecycle", e.Lifecycle, tracking.Active)
	byName, err := b.Store.ExperimentByName(b.Context(), "Default")
	b.must(err)
	b.is("by name", byName, e)
}

func (b *bench) experiments() {
	ctx := b.Context()
	made, err := b.Store.CreateExperiment(ctx, tracking.Experiment{
		Name: "größe", Lifecycle: tracking.Active, Created: 1234567890123, Updated: 1234567890123,
		Tags: []tracking.Tag{{Key: "b", Value: ""}, {Key: "a", Value: "1"}},
	})
	b.must(err)
	b.is("location", made.ArtifactLocation, tracking.ArtifactLocation(made.ID))
	got, err := b.Store.Experiment(ctx, made.ID)
	b.must(err)
	b.is("as stored", got, made)
	b.is("tags by key", got.Tags, []tracking.Tag{{Key: "a", Value: "1"}, {Key: "b", Value: ""}})
	own, err := b.Store.CreateExperiment(ctx, tracking.Experiment{Name: "own", ArtifactLocation: "s3://bucket/x", Lifecycle: tracking.Active})
	b.must(err)
	b.is("own location", own.ArtifactLocation, "s3://bucket/x")
	if own.ID == made.ID {
		b.Error("two experiments, one ID")
	}

	_, err = b.Store.CreateExperiment(ctx, tracking.Experiment{Name: "größe", Lifecycle: tracking.Active})
	b.fails(err, fault.Conflict, "Experiment(name=größe) already exists.")
	_, err = b.Store.Experiment(ctx, "4711")
	b.fails(err, fault.NotFound, "No Experiment with id=4711 exists")
	_, err = b.Store.ExperimentByName(ctx, "Größe")
	b.fails(err, fault.NotFound, "Could not find experiment with name 'Größe'")

	b.must(b.Store.RenameExperiment(ctx, made.ID, "size", 2000))
	got, err = b.Store.ExperimentByName(ctx, "size")
	b.must(err)
	b.is("renamed", []any{got.ID, got.Created, got.Updated}, []any{made.ID, int64(1234567890123), int64(2000)})
	b.must(b.Store.RenameExperiment(ctx, made.ID, "size", 3000))
	b.fails(b.Store.RenameExperiment(ctx, made.ID, "own", 4000), fault.Conflict, "Experiment(name=own) already exists.")
	b.fails(b.Store.RenameExperiment(ctx, "4711", "x", 4000), fault.NotFound, "No Experiment with id=4711 exists")
}

func (b *bench) experimentLifecycle() {
	ctx := b.Context()
	e := b.experiment("gone")
	first, second := b.run(e, 1), b.run(e, 2)
	b.must(b.Store.SetRunLifecycle(ctx, nobody, first, tracking.Deleted, 1))

	b.must(b.Store.SetExperimentLifecycle(ctx, e, tracking.Deleted, 7000))
	got, err := b.Store.ExperimentByName(ctx, "gone")
	b.must(err)
	b.is("deleted, still found", []any{got.Lifecycle, got.Updated}, []any{tracking.Deleted, int64(7000)})
	b.is("its runs too", []any{b.get(first).Lifecycle, b.get(second).Lifecycle}, []any{tracking.Deleted, tracking.Deleted})
	_, err = b.Store.CreateExperiment(ctx, tracking.Experiment{Name: "gone", Lifecycle: tracking.Active})
	b.fails(err, fault.Conflict, "Experiment(name=gone) already exists.")
	_, err = b.Store.CreateRun(ctx, nobody, newRun(e, 3))
	b.fails(err, fault.Invalid, "The experiment "+e+" must be in the 'active' state. Current state is deleted.")
	b.fails(b.Store.RenameExperiment(ctx, e, "x", 1), fault.Conflict, "Cannot rename a non-active experiment.")
	b.fails(b.Store.SetExperimentTag(ctx, e, tracking.Tag{Key: "a"}), fault.Invalid, "The experiment "+e+" must be in the 'active' state. Current state is deleted.")
	b.fails(b.Store.SetExperimentLifecycle(ctx, e, tracking.Deleted, 1), fault.NotFound, "No Experiment with id="+e+" exists")

	b.must(b.Store.SetExperimentLifecycle(ctx, e, tracking.Active, 8000))
	b.is("all runs are back", []any{b.get(first).Lifecycle, b.get(second).Lifecycle}, []any{tracking.Active, tracking.Active})
	b.fails(b.Store.SetExperimentLifecycle(ctx, e, tracking.Active, 1), fault.NotFound, "No Experiment with id="+e+" exists")
	b.fails(b.Store.SetExperimentLifecycle(ctx, "4711", tracking.Deleted, 1), fault.NotFound, "No Experiment with id=4711 exists")

	held := b.experiment("held")
	run, _, _ := b.Own(held)
	b.fails(b.Store.SetExperimentLifecycle(ctx, held, tracking.Deleted, 1), fault.Denied, "")
	b.is("nothing happened", b.get(run).Lifecycle, tracking.Active)
}

func (b *bench) experimentTags() {
	ctx := b.Context()
	e := b.experiment("tagged", tracking.Tag{Key: "a", Value: "1"})
	b.must(b.Store.SetExperimentTag(ctx, e, tracking.Tag{Key: "a", Value: "2"}))
	b.must(b.Store.SetExperimentTag(ctx, e, tracking.Tag{Key: "b", Value: ""}))
	got, err := b.Store.Experiment(ctx, e)
	b.must(err)
	b.is("set", got.Tags, []tracking.Tag{{Key: "a", Value: "2"}, {Key: "b", Value: ""}})
	b.must(b.Store.DeleteExperimentTag(ctx, e, "a"))
	b.fails(b.Store.DeleteExperimentTag(ctx, e, "a"), fault.NotFound, "No tag with name: a in experiment with id "+e)
	b.fails(b.Store.SetExperimentTag(ctx, "4711", tracking.Tag{Key: "a"}), fault.NotFound, "No Experiment with id=4711 exists")
}

func (b *bench) searchExperiments() {
	first := b.experiment("first", tracking.Tag{Key: "team", Value: "a"})
	second := b.experiment("Second", tracking.Tag{Key: "team", Value: "b"})
	third := b.experiment("third")
	b.must(b.Store.RenameExperiment(b.Context(), first, "first", 5000))
	b.must(b.Store.SetExperimentLifecycle(b.Context(), third, tracking.Deleted, 6000))
	search := func(view tracking.View, where string, orderBy ...string) []string {
		b.Helper()
		f, err := filter.Experiments(where)
		b.must(err)
		o, err := filter.ExperimentOrder(orderBy)
		b.must(err)
		var names []string
		for after := tracking.Cursor(""); ; {
			page, err := b.Store.SearchExperiments(b.Context(), tracking.ExperimentQuery{View: view, Where: f, Order: o, After: after, Limit: 1})
			b.must(err)
			for _, e := range page.Experiments {
				names = append(names, e.Name)
			}
			if after = page.Next; after == "" {
				return names
			}
		}
	}
	b.is("by name", search(tracking.ActiveOnly, "", "name"), []string{"Default", "Second", "first"})
	b.is("deleted", search(tracking.DeletedOnly, ""), []string{"third"})
	b.is("all, by ID", search(tracking.All, "", "experiment_id"), []string{"Default", "first", "Second", "third"})
	b.is("by update", search(tracking.All, "last_update_time > 1000", "last_update_time DESC"), []string{"third", "first"})
	b.is("like", search(tracking.ActiveOnly, "name LIKE 's%'"), []string(nil))
	b.is("ilike", search(tracking.ActiveOnly, "name ILIKE 's%'"), []string{"Second"})
	b.is("tag", search(tracking.ActiveOnly, "tags.team != 'a'"), []string{"Second"})
	b.is("no tag", search(tracking.ActiveOnly, "tags.team IS NULL"), []string{"Default"})
	b.is("a tag", search(tracking.ActiveOnly, "tags.team IS NOT NULL AND name != 'first'"), []string{"Second"})
	b.is("ID", search(tracking.ActiveOnly, "experiment_id IN ('"+second+"', '0')", "name"), []string{"Default", "Second"})
	b.is("not ID", search(tracking.ActiveOnly, "experiment_id NOT IN ('"+second+"', '0')"), []string{"first"})
}
