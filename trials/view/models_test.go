package view_test

import (
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

func TestModelsAreTheSweepsAndTheTrials(t *testing.T) {
	h := open(t)
	child := func() string {
		h.create(tracking.NewRun{})
		return h.create(tracking.NewRun{}).ID
	}()
	for asked, want := range map[string]string{"": h.run, h.run: h.run, child: child, h.foreign: h.run, "nobody": h.run} {
		m, err := h.api.CreateModel(t.Context(), tracking.NewModel{Experiment: "0", Name: "net", SourceRun: asked})
		h.must(err)
		h.is("source of "+asked, m.SourceRun, want)
		h.is("experiment", m.Experiment, h.sweep)
		h.must(h.api.MayWriteArtifact(t.Context(), h.sweep+"/models/"+m.ID+"/artifacts/model.pkl"))
		h.must(h.api.MayReadArtifact(t.Context(), h.sweep+"/models/"+m.ID+"/artifacts/model.pkl"))
		h.must(h.api.LinkModels(t.Context(), h.run, tracking.Links{Outputs: []tracking.Output{{Model: m.ID}}}))
	}
	list, err := h.api.SearchModels(t.Context(), tracking.ModelSearch{Experiments: []string{"0"}, Limit: 10})
	h.must(err)
	h.is("found", len(list.Models), 5)
}

func TestAModelBindsTheRunItIsMadeOf(t *testing.T) {
	h := open(t)
	_, err := h.api.CreateModel(t.Context(), tracking.NewModel{})
	h.must(err)
	if r := h.create(tracking.NewRun{}); r.ID == h.run {
		t.Error("a run after the model is the trial's again")
	}
}

func TestNoModelOutsideTheSweepExists(t *testing.T) {
	h := open(t)
	foreign, err := h.plain.CreateModel(t.Context(), tracking.NewModel{Name: "theirs"})
	h.must(err)
	point := tracking.Metric{Key: "m", Value: 1}
	_, read := h.api.Model(t.Context(), foreign.ID, true)
	for what, err := range map[string]error{
		"read":    read,
		"input":   h.api.LinkModels(t.Context(), h.run, tracking.Links{Inputs: []string{foreign.ID}}),
		"measure": h.api.LogBatch(t.Context(), h.run, tracking.Batch{Metrics: []tracking.Metric{point}, Models: []tracking.ModelMetric{{Metric: point, Model: foreign.ID}}}),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", what, err)
		}
	}
	_, finish := h.api.SetModelStatus(t.Context(), foreign.ID, tracking.ModelReady)
	for what, err := range map[string]error{
		"finish":   finish,
		"tags":     h.api.SetModelTags(t.Context(), foreign.ID, []tracking.Tag{{Key: "a"}}),
		"params":   h.api.LogModelParams(t.Context(), foreign.ID, []tracking.Param{{Key: "a"}}),
		"delete":   h.api.DeleteModel(t.Context(), foreign.ID),
		"output":   h.api.LinkModels(t.Context(), h.run, tracking.Links{Outputs: []tracking.Output{{Model: foreign.ID}}}),
		"artifact": h.api.MayWriteArtifact(t.Context(), "0/models/"+foreign.ID+"/artifacts/x"),
		"file":     h.api.MayReadArtifact(t.Context(), "0/models/"+foreign.ID+"/artifacts/x"),
	} {
		if !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v, want denied", what, err)
		}
	}
	list, err := h.api.SearchModels(t.Context(), tracking.ModelSearch{Experiments: []string{"0"}, Limit: 10})
	h.must(err)
	h.is("found", len(list.Models), 0)
}
