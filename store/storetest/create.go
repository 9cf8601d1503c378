package storetest

import (
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
)

func submitTwice(t *testing.T, open Open) {
	h := build(t, open)
	make := func(source string) (*trials.Sweep, error) {
		return h.db.CreateSweep(t.Context(), &trials.Sweep{Name: "digits", Source: source, Spec: oneStage(1, 1)}, "key-1")
	}
	first, err := make("a")
	h.must(err)
	again, err := make("a")
	h.must(err)
	is(t, "sweep", again.ID, first.ID)
	is(t, "experiment", again.Experiment, first.Experiment)
	if _, err := make("b"); !fault.Is(err, fault.Conflict) {
		t.Errorf("the key with another text: %v, want conflict", err)
	}
	if _, err := h.db.CreateSweep(t.Context(), &trials.Sweep{Name: "x"}, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("no spec: %v, want invalid", err)
	}
	e, err := h.db.ExperimentByName(t.Context(), "digits")
	h.must(err)
	is(t, "experiment", e.ID, first.Experiment)
}

func findSweeps(t *testing.T, open Open) {
	h := build(t, open)
	if _, err := h.db.Sweep(t.Context(), "@last"); !fault.Is(err, fault.NotFound) {
		t.Errorf("no sweep yet: %v", err)
	}
	for _, id := range []string{"s-aaaaaaaaaa", "s-aaaaaaaaab", "s-bbbbbbbbbb"} {
		_, err := h.db.CreateSweep(t.Context(), &trials.Sweep{ID: id, Name: id, Source: id, Spec: oneStage(1, 1)}, "")
		h.must(err)
	}
	for id, want := range map[string]string{"@last": "s-bbbbbbbbbb", "s-b": "s-bbbbbbbbbb", "s-aaaaaaaaaa": "s-aaaaaaaaaa"} {
		s, err := h.db.Sweep(t.Context(), id)
		h.must(err)
		is(t, id, s.ID, want)
	}
	if _, err := h.db.Sweep(t.Context(), "s-a"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an ambiguous prefix: %v", err)
	}
	if _, err := h.db.Sweep(t.Context(), "s-bbbbbbbbbc"); !fault.Is(err, fault.NotFound) || fault.Of(err).Hint != "did you mean s-bbbbbbbbbb?" {
		t.Errorf("a near miss: %v", err)
	}
	first, next, err := h.db.Sweeps(t.Context(), trials.SweepQuery{Limit: 2})
	h.must(err)
	second, end, err := h.db.Sweeps(t.Context(), trials.SweepQuery{Limit: 2, Page: next})
	h.must(err)
	is(t, "pages", len(first)*10+len(second), 21)
	is(t, "newest", first[0].ID, "s-bbbbbbbbbb")
	is(t, "the end", end, "")
	named, _, err := h.db.Sweeps(t.Context(), trials.SweepQuery{Limit: 10, Name: "AAAB", State: trials.SweepRunning})
	h.must(err)
	is(t, "by name", len(named), 1)
}

// ask creates n trials and gives how many were made.
func (w *sweep) ask(branch int64, k, n, revision int) (int, error) {
	return w.db.CreateTrials(w.Context(), scheduler.Create{
		Sweep: w.no, Branch: branch, K: k, Revision: int64(revision), Trials: proposals(k+int(branch)*1000, n),
	})
}

func budgets(t *testing.T, open Open) {
	w := build(t, open).submit(oneStage(120, 0))
	n, err := w.ask(w.branch, 0, 100, 1) // more than one chunk
	w.must(err)
	is(t, "made", n, 100)
	n, err = w.ask(w.branch, 100, 100, 1)
	w.must(err)
	is(t, "what fits", n, 20)
	n, err = w.ask(w.branch, 120, 1, 1)
	w.must(err)
	is(t, "nothing more", n, 0)
	c := w.counts()
	is(t, "created", c.Created, 120)
	is(t, "queued", c.Queued, 120)
	is(t, "live", c.Live, 120)
	is(t, "proposed", w.changes.Branches[0].Proposed, 120)
	is(t, "last number", w.trial(120).K, 119)
	r, err := w.db.Run(t.Context(), w.trial(7).Run)
	w.must(err)
	is(t, "run", r.Name, "trial-7")
	id, _ := r.Tag("sweepd.sweep")
	is(t, "its sweep", id, w.id)
	is(t, "params", len(r.Params), 2)
}

func sharedBudget(t *testing.T, open Open) {
	h := build(t, open)
	s, err := h.db.CreateSweep(t.Context(), &trials.Sweep{Name: "digits", Source: "x", Spec: oneStage(20, 0)}, "")
	h.must(err)
	w := &sweep{house: h, no: s.No}
	w.stage = w.look().Stages[0].No
	w.applied(plan.OpenStage{Stage: w.stage, Budget: 20, Branches: []plan.NewBranch{
		{Name: "a", Budget: 3, Shared: true}, {Name: "b", Budget: 3, Shared: true},
	}})
	w.look()
	a, b := w.changes.Branches[0].No, w.changes.Branches[1].No
	n, err := w.ask(a, 0, 20, 1)
	h.must(err)
	is(t, "a leaves b its own", n, 17)
	n, err = w.ask(b, 0, 20, 1)
	h.must(err)
	is(t, "b takes it", n, 3)
	is(t, "in all", w.counts().Created, 20)

	w2 := h.submit(oneStage(10, 0))
	w2.applied(plan.Exhaust{Branch: w2.branch, K: 0})
	_, err = w2.ask(w2.branch, 0, 1, 1)
	if !fault.Is(err, fault.Stale) {
		t.Errorf("an exhausted branch: %v, want stale", err)
	}
}

func proposalGuards(t *testing.T, open Open) {
	w := build(t, open).submit(oneStage(10, 0))
	for what, try := range map[string]func() (int, error){
		"another k":        func() (int, error) { return w.ask(w.branch, 1, 1, 1) },
		"another revision": func() (int, error) { return w.ask(w.branch, 0, 1, 2) },
	} {
		if n, err := try(); !fault.Is(err, fault.Stale) || n != 0 {
			t.Errorf("%s: %d trials, %v; want stale", what, n, err)
		}
	}
	if _, err := w.ask(w.branch+99, 0, 1, 1); !fault.Is(err, fault.NotFound) {
		t.Errorf("no such branch: %v", err)
	}
	_, err := w.ask(w.branch, 0, 2, 1)
	w.must(err)
	same := proposals(int(w.branch)*1000, 3) // two of them exist
	create := scheduler.Create{Sweep: w.no, Branch: w.branch, K: 2, Revision: 1, Trials: same}
	n, err := w.db.CreateTrials(t.Context(), create)
	w.must(err)
	is(t, "only the new one", n, 1)
	create.K = 3
	if _, err := w.db.CreateTrials(t.Context(), create); !fault.Is(err, fault.Conflict) {
		t.Errorf("nothing new: %v, want conflict", err)
	}
	n, err = w.db.CreateTrials(t.Context(), scheduler.Create{Sweep: w.no, Branch: w.branch, K: 3, Revision: 1, Exhausted: true})
	w.must(err)
	is(t, "made by an exhausted sampler", n, 0)
	w.look()
	is(t, "exhausted", w.changes.Branches[0].Exhausted, true)
}
