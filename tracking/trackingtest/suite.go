// Package trackingtest says what a tracking.Store must do, as a suite that each
// implementation runs, and has a small one in memory for tests of what stands
// above a store.
package trackingtest

import (
	"fmt"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

// Subject is a store under test, empty but for Default.
type Subject struct {
	Store tracking.Store
	// Own makes a trial whose run lies in an experiment, and gives the run's
	// ID, the author whose attempt is held (and may write to it) and the author
	// of an earlier attempt of the same trial that is not held any more.
	Own func(experiment string) (run string, live, stale tracking.Author)
}

// Run holds a store to the contract of tracking.Store. open gives a new Subject
// and leaves its closing to t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	for _, c := range []struct {
		name string
		test func(b *bench)
	}{
		{"Default exists from the start", (*bench).defaultExists},
		{"experiments are made, found and renamed", (*bench).experiments},
		{"a deleted experiment keeps its name and takes its runs along", (*bench).experimentLifecycle},
		{"experiment tags", (*bench).experimentTags},
		{"runs are made and found", (*bench).runs},
		{"a repeated create gives the same run", (*bench).repeatedCreate},
		{"updates", (*bench).updates},
		{"a deleted run takes no writes", (*bench).runLifecycle},
		{"the name and its tag are one", (*bench).names},
		{"the latest point is by step, time, value", (*bench).latest},
		{"points that exist are dropped", (*bench).duplicates},
		{"every float comes back as it was", (*bench).floats},
		{"params do not change", (*bench).params},
		{"a batch is whole or not at all", (*bench).atomic},
		{"batches at their limit", (*bench).bigBatch},
		{"writers at once", (*bench).concurrent},
		{"tags are set and deleted", (*bench).tags},
		{"inputs", (*bench).inputs},
		{"history in order and in pages", (*bench).history},
		{"history of several runs", (*bench).historyOf},
		{"samples keep the ends", (*bench).samples},
		{"filters", (*bench).filters},
		{"the largest search", (*bench).largest},
		{"filters on datasets", (*bench).datasetFilters},
		{"orders with NaN and nothing", (*bench).orders},
		{"pages do not move under inserts", (*bench).pages},
		{"pages by times that are no float", (*bench).pagesOfTimes},
		{"searches see the lifecycle", (*bench).views},
		{"searching experiments", (*bench).searchExperiments},
		{"a trial's run is its attempt's alone", (*bench).fence},
		{"a newer attempt overwrites params", (*bench).attemptParams},
		{"cursors that do not read are invalid", (*bench).badCursors},
		{"models are made, found and changed", (*bench).models},
		{"models that are not there", (*bench).modelsMissing},
		{"a repeated create gives the same model", (*bench).repeatedModel},
		{"points of models", (*bench).modelPoints},
		{"models of a run", (*bench).modelLinks},
		{"a trial's model is its attempt's alone", (*bench).modelFence},
		{"searching models", (*bench).searchModels},
		{"pages of models", (*bench).modelPages},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(&bench{T: t, Subject: open(t)}) })
	}
}

// bench is a subject and what tests say about it in one word.
type bench struct {
	*testing.T
	Subject
	made int
}

// nobody is an ordinary client.
var nobody = tracking.Author{}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// fails wants an error of a kind with a text.
func (b *bench) fails(err error, kind fault.Kind, text string) {
	b.Helper()
	if err == nil || fault.KindOf(err) != kind || text != "" && err.Error() != text {
		b.Errorf("got %v (%s)\nwant %s (%s)", err, fault.KindOf(err), text, kind)
	}
}

// is compares by what prints, which tells NaN from NaN no more than it should.
func (b *bench) is(what string, got, want any) {
	b.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		b.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func (b *bench) experiment(name string, tags ...tracking.Tag) string {
	b.Helper()
	e, err := b.Store.CreateExperiment(b.Context(), tracking.Experiment{Name: name, Lifecycle: tracking.Active, Created: 1000, Updated: 1000, Tags: tags})
	b.must(err)
	return e.ID
}

// id is a run ID that ends in n.
func id(n int) string { return fmt.Sprintf("%032x", n) }

// run makes run n of an experiment, started at n seconds.
func (b *bench) run(experiment string, n int) string {
	b.Helper()
	r, err := b.Store.CreateRun(b.Context(), nobody, newRun(experiment, n))
	b.must(err)
	return r.ID
}

func newRun(experiment string, n int) tracking.Run {
	name := fmt.Sprintf("run-%d", n)
	return tracking.Run{
		ID: id(n), Experiment: experiment, Name: name, User: "ada", Status: tracking.Running,
		Start: int64(n) * 1000, Lifecycle: tracking.Active, Tags: []tracking.Tag{{Key: tracking.TagRunName, Value: name}},
	}
}

func (b *bench) log(run string, batch tracking.Batch) {
	b.Helper()
	b.must(b.Store.LogBatch(b.Context(), nobody, run, batch))
}

func (b *bench) metric(run, key string, value float64) {
	b.Helper()
	b.log(run, tracking.Batch{Metrics: []tracking.Metric{{Key: key, Value: value}}})
}

func (b *bench) get(run string) tracking.Run {
	b.Helper()
	r, err := b.Store.Run(b.Context(), run)
	b.must(err)
	return r
}

// found searches runs of an experiment and gives the last digits of their IDs.
func (b *bench) found(experiment, where string, orderBy ...string) []string {
	b.Helper()
	f, err := filter.Runs(where)
	b.must(err)
	o, err := filter.RunOrder(orderBy)
	b.must(err)
	page, err := b.Store.SearchRuns(b.Context(), tracking.RunQuery{Experiments: []string{experiment}, View: tracking.ActiveOnly, Where: f, Order: o, Limit: 1000})
	b.must(err)
	return short(page.Runs)
}

func short(runs []tracking.Run) []string {
	out := []string{}
	for _, r := range runs {
		out = append(out, r.ID[len(r.ID)-2:])
	}
	return out
}
