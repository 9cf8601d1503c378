package view_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/trackingtest"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/view"
)

// binder binds once, in memory.
type binder struct {
	bound bool
	by    string
	asked int
}

func (b *binder) Bind(_ context.Context, _ trials.Ref, key string) (bool, error) {
	b.asked++
	if !b.bound {
		b.bound, b.by = true, key
		return true, nil
	}
	return key != "" && key == b.by, nil
}

// house has a sweep's experiment, a trial in it and somebody else's run.
type house struct {
	*testing.T
	api     tracking.API // the trial's
	plain   tracking.API // an ordinary client's
	store   *trackingtest.Memory
	binder  *binder
	sweep   string // experiment
	run     string // the trial's
	foreign string // a run elsewhere
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, store: trackingtest.NewMemory(), binder: &binder{}}
	n := 0
	s := tracking.Service{Store: h.store, Now: func() time.Time { return time.UnixMilli(1700000000000) }, NewID: func() string { n++; return fmt.Sprintf("%032x", n) }}
	h.plain = s.As(tracking.Author{})
	var err error
	h.sweep, err = h.plain.CreateExperiment(t.Context(), tracking.NewExperiment{Name: "digits"})
	h.must(err)
	r, err := h.plain.CreateRun(t.Context(), tracking.NewRun{Name: "theirs"})
	h.must(err)
	h.foreign = r.ID
	a := view.Attempt{Ref: trials.Ref{Trial: 7, Attempt: 1}, Experiment: h.sweep}
	h.store.Hold(a.Author().Owner, 1)
	own, err := s.As(a.Author()).CreateRun(t.Context(), tracking.NewRun{Experiment: h.sweep, Name: "explore/7"})
	h.must(err)
	h.run, a.Run = own.ID, own.ID
	h.api = view.New(s.As(a.Author()), a, h.binder)
	return h
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) create(n tracking.NewRun) tracking.Run {
	h.Helper()
	r, err := h.api.CreateRun(h.Context(), n)
	h.must(err)
	return r
}

func (h *house) tag(run, key string) string {
	h.Helper()
	r, err := h.plain.Run(h.Context(), run)
	h.must(err)
	v, _ := r.Tag(key)
	return v
}

func (h *house) is(what string, got, want any) {
	h.Helper()
	if got != want {
		h.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestEveryExperimentIsTheSweeps(t *testing.T) {
	h := open(t)
	byName, err := h.api.ExperimentByName(t.Context(), "my-experiment")
	h.must(err)
	byID, err := h.api.Experiment(t.Context(), "0")
	h.must(err)
	created, err := h.api.CreateExperiment(t.Context(), tracking.NewExperiment{Name: "my-experiment"})
	h.must(err)
	for _, id := range []string{byName.ID, byID.ID, created} {
		h.is("experiment", id, h.sweep)
	}
	h.is("the name asked for", h.tag(h.run, view.TagExperimentName), "my-experiment")
	if _, err := h.plain.ExperimentByName(t.Context(), "my-experiment"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an experiment was made: %v", err)
	}
	h.must(h.api.SetExperimentTag(t.Context(), "0", tracking.Tag{Key: "team", Value: "a"}))
	h.is("its tag is on the run", h.tag(h.run, view.TagExperimentTag+"team"), "a")
	list, err := h.api.SearchExperiments(t.Context(), tracking.ExperimentSearch{Limit: 10, Filter: "name LIKE '%'"})
	h.must(err)
	if len(list.Experiments) != 1 || list.Experiments[0].ID != h.sweep {
		t.Errorf("search finds %+v", list.Experiments)
	}
	for _, err := range []error{h.api.DeleteExperiment(t.Context(), h.sweep), h.api.RestoreExperiment(t.Context(), h.sweep), h.api.RenameExperiment(t.Context(), h.sweep, "x")} {
		if !fault.Is(err, fault.Denied) {
			t.Errorf("got %v, want denied", err)
		}
	}
}

func TestTheFirstRunIsTheTrialsAndTheNextAChild(t *testing.T) {
	h := open(t)
	first := h.create(tracking.NewRun{Experiment: "0", Name: "mine", Tags: []tracking.Tag{{Key: "mlflow.user", Value: "ada"}, {Key: "mlflow.runName", Value: "mine"}}})
	h.is("first", first.ID, h.run)
	h.is("keeps its name", first.Name, "explore/7")
	h.is("the script's name", h.tag(h.run, view.TagUserRunName), "mine")
	h.is("its tags", h.tag(h.run, "mlflow.user"), "ada")
	second := h.create(tracking.NewRun{Experiment: "0", Name: "again"})
	h.is("second hangs below", h.tag(second.ID, tracking.TagParent), h.run)
	h.is("second's experiment", second.Experiment, h.sweep)
	h.is("second's name", second.Name, "again")
	grandchild := h.create(tracking.NewRun{Tags: []tracking.Tag{{Key: tracking.TagParent, Value: second.ID}}})
	h.is("nested", h.tag(grandchild.ID, tracking.TagParent), second.ID)
	stray := h.create(tracking.NewRun{Tags: []tracking.Tag{{Key: tracking.TagParent, Value: h.foreign}}})
	h.is("not below a foreign run", h.tag(stray.ID, tracking.TagParent), h.run)
}

func TestTouchingTheRunBindsIt(t *testing.T) {
	for name, touch := range map[string]func(h *house) error{
		"get":    func(h *house) error { _, err := h.api.Run(h.Context(), h.run); return err },
		"update": func(h *house) error { _, err := h.api.UpdateRun(h.Context(), h.run, tracking.RunChange{}); return err },
		"metric": func(h *house) error { return h.api.LogMetric(h.Context(), h.run, tracking.Metric{Key: "m"}) },
		"param":  func(h *house) error { return h.api.LogParam(h.Context(), h.run, tracking.Param{Key: "p"}) },
		"tag":    func(h *house) error { return h.api.SetTag(h.Context(), h.run, tracking.Tag{Key: "t"}) },
		"batch":  func(h *house) error { return h.api.LogBatch(h.Context(), h.run, tracking.Batch{}) },
		"inputs": func(h *house) error { return h.api.LogInputs(h.Context(), h.run, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.must(touch(h))
			h.must(touch(h))
			h.is("asked to bind", h.binder.asked, 1)
			if r := h.create(tracking.NewRun{}); r.ID == h.run {
				t.Error("a run after the touch is the trial's again")
			}
		})
	}
}

func TestARepeatedCreateIsAnsweredAlike(t *testing.T) {
	h := open(t)
	h.is("first", h.create(tracking.NewRun{RequestKey: "k1"}).ID, h.run)
	h.is("repeated", h.create(tracking.NewRun{RequestKey: "k1"}).ID, h.run)
	child := h.create(tracking.NewRun{RequestKey: "k2"})
	h.is("child repeated", h.create(tracking.NewRun{RequestKey: "k2"}).ID, child.ID)
	if child.ID == h.run {
		t.Error("another request got the trial's run")
	}
}

func TestAStatusIsAHint(t *testing.T) {
	h := open(t)
	finished, end, name := tracking.Finished, int64(5), "renamed"
	got, err := h.api.UpdateRun(t.Context(), h.run, tracking.RunChange{Status: &finished, End: &end, Name: &name})
	h.must(err)
	h.is("answered as if", got.Status, tracking.Finished)
	real, err := h.plain.Run(t.Context(), h.run)
	h.must(err)
	h.is("status", real.Status, tracking.Running)
	h.is("end", real.End, int64(0))
	h.is("name", real.Name, "explore/7")
	h.is("reported", h.tag(h.run, view.TagReportedStatus), "FINISHED")
	h.is("user's name", h.tag(h.run, view.TagUserRunName), "renamed")
	h.must(h.api.SetTag(t.Context(), h.run, tracking.Tag{Key: tracking.TagRunName, Value: "by tag"}))
	h.must(h.api.LogBatch(t.Context(), h.run, tracking.Batch{Tags: []tracking.Tag{{Key: tracking.TagRunName, Value: "by batch"}}}))
	h.is("name stays", h.tag(h.run, tracking.TagRunName), "explore/7")
	h.is("user's name follows", h.tag(h.run, view.TagUserRunName), "by batch")
	if err := h.api.DeleteRun(t.Context(), h.run); !fault.Is(err, fault.Denied) {
		t.Errorf("deleting the trial's run: %v", err)
	}
	child := h.create(tracking.NewRun{})
	_, err = h.api.UpdateRun(t.Context(), child.ID, tracking.RunChange{Status: &finished})
	h.must(err)
	r, err := h.plain.Run(t.Context(), child.ID)
	h.must(err)
	h.is("a child's status is real", r.Status, tracking.Finished)
	h.must(h.api.DeleteRun(t.Context(), child.ID))
}

func TestNothingOutsideTheSweepExists(t *testing.T) {
	h := open(t)
	h.must(h.plain.LogMetric(t.Context(), h.foreign, tracking.Metric{Key: "m", Value: 1}))
	if _, err := h.api.Run(t.Context(), h.foreign); !fault.Is(err, fault.NotFound) {
		t.Errorf("read a foreign run: %v", err)
	}
	for what, err := range map[string]error{
		"metric":   h.api.LogMetric(t.Context(), h.foreign, tracking.Metric{Key: "m"}),
		"tag":      h.api.SetTag(t.Context(), h.foreign, tracking.Tag{Key: "t"}),
		"delete":   h.api.DeleteRun(t.Context(), h.foreign),
		"artifact": h.api.MayWriteArtifact(t.Context(), "0/"+h.foreign+"/artifacts/x"),
		"read":     h.api.MayReadArtifact(t.Context(), "0/"+h.foreign+"/artifacts/x"),
	} {
		if !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v, want denied", what, err)
		}
	}
	runs, err := h.api.SearchRuns(t.Context(), tracking.RunSearch{Experiments: []string{"0"}, Limit: 10})
	h.must(err)
	if len(runs.Runs) != 1 || runs.Runs[0].ID != h.run {
		t.Errorf("search finds %+v", runs.Runs)
	}
	points, err := h.api.History(t.Context(), tracking.HistorySearch{Run: h.foreign, Key: "m"})
	h.must(err)
	several, err := h.api.HistoryOf(t.Context(), []string{h.foreign}, "m", 10)
	h.must(err)
	sample, err := h.api.SampleHistory(t.Context(), tracking.SampleQuery{Runs: []string{h.foreign, h.run}, Key: "m", Limit: 10})
	h.must(err)
	h.is("foreign points", len(points.Metrics)+len(several)+len(sample), 0)
	h.must(h.api.MayReadArtifact(t.Context(), h.sweep+"/"+h.run+"/artifacts"))
	h.must(h.api.MayWriteArtifact(t.Context(), h.sweep+"/"+h.run+"/artifacts/x"))
}

func TestAnAttemptThatIsNotHeldIsStale(t *testing.T) {
	h := open(t)
	_, err := h.api.Run(t.Context(), h.run)
	h.must(err)
	h.store.Hold(trials.Owner(7), 2)
	for _, err := range []error{
		h.api.LogMetric(t.Context(), h.run, tracking.Metric{Key: "m"}),
		h.api.MayWriteArtifact(t.Context(), h.sweep+"/"+h.run+"/artifacts/x"),
	} {
		if !fault.Is(err, fault.Stale) {
			t.Errorf("got %v, want stale", err)
		}
	}
}
