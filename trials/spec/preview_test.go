package spec_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

func TestPreviewOfDigits(t *testing.T) {
	s := parse(t, read(t, "testdata/digits.yaml"), spec.Options{})
	p, err := spec.NewPreview(s)
	if err != nil {
		t.Fatal(err)
	}
	explore, refine, blend := p.Stages[0], p.Stages[1], p.Stages[2]
	if explore.Trials != 30 || explore.Feasible != 1 || explore.Size != 0 || len(explore.Points) != 8 || len(explore.Argv) != 3 {
		t.Errorf("got %+v", explore)
	}
	want := []string{"python", "train.py", "--family=mlp", "--width=4096", "--lr=0.001", "--batch_size=1024", "--epochs=27"}
	if diff := cmp.Diff(want, explore.Argv[0]); diff != "" {
		t.Errorf("the start point comes first: %s", diff)
	}
	if refine.Points != nil || !slices.Equal(refine.Rungs, []float64{1, 3, 9}) || !strings.Contains(refine.Note, "narrowed around the best of explore") || !strings.Contains(refine.Note, "one branch for each family") {
		t.Errorf("refine: %+v", refine)
	}
	if blend.Trials != 0 || !strings.Contains(blend.Note, "explore and refine") {
		t.Errorf("blend: %+v", blend)
	}
	again, err := spec.NewPreview(s)
	if err != nil || !cmp.Equal(p, again) {
		t.Errorf("a preview is a function of the spec: %v", err)
	}
}

func TestPreviewOfAGrid(t *testing.T) {
	s := parse(t, "command: [p, \"-o\", \"${trial.dir}\", \"${args}\"]\nobjective: {metric: loss}\nspace: {a: [1, 2], b: {int: [1, 3]}}\nsampler: grid", spec.Options{})
	p, err := spec.NewPreview(s)
	if err != nil {
		t.Fatal(err)
	}
	got := p.Stages[0]
	if got.Trials != 6 || got.Size != 6 || len(got.Points) != 6 || s.Budget.Trials != 6 {
		t.Errorf("got %+v, want all six points", got)
	}
	if want := []string{"p", "-o", "${trial.dir}", "--a=1", "--b=1"}; !slices.Equal(got.Argv[0], want) {
		t.Errorf("argv %q, want %q", got.Argv[0], want)
	}
}

func TestPreviewOfALoopAndOfPoints(t *testing.T) {
	s := parse(t, "command: [p, \"${each.fold}\", \"${args}\"]\nobjective: {metric: loss}\nbudget: {trials: 6}\nspace: {a: {uniform: [0, 1]}}\nfor_each: {fold: [x, y]}", spec.Options{})
	p, err := spec.NewPreview(s)
	if err != nil || p.Stages[0].Note != "2 branches; shown is fold = x" || p.Stages[0].Argv[0][1] != "x" {
		t.Errorf("%+v, %v", p, err)
	}
	s = parse(t, "command: [p, \"${each.fold}\", \"${args}\"]\nobjective: {metric: loss}\nbudget: {trials: 6}\nspace: {a: {uniform: [0, 1]}}\nfor_each: {fold: []}", spec.Options{})
	if p, err = spec.NewPreview(s); err != nil || !strings.Contains(p.Stages[0].Note, "skipped") {
		t.Errorf("no items: %+v, %v", p, err)
	}
	s = parse(t, "command: [p]\npoints: [{a: 1}, {a: 2}]", spec.Options{})
	p, err = spec.NewPreview(s)
	if err != nil || len(p.Stages[0].Points) != 2 || p.Stages[0].Argv[1][1] != "--a=2" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestEchoSpeaksInUnits(t *testing.T) {
	s := parse(t, "command: [p]\nobjective: {metric: loss}\nbudget: {trials: 3, wall: 1h30m, trial_timeout: 90s}\nspace: {wall: {int: [1, 9]}}\nresources: {memory: 1500MiB}\nstart: [{wall: 5}]\nretry: {error: {times: 1, delay: 500ms}}", spec.Options{})
	e, err := s.Echo()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(e)
	for _, want := range []string{`"wall":"1h30m"`, `"trial_timeout":"1m30s"`, `"memory":"1500MiB"`, `"delay":"500ms"`, `"wall":5`, `"term":"30s"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

// A start point is for the branches whose space it fits, as when they run.
func TestPreviewPassesOverStartPointsOfOtherBranches(t *testing.T) {
	s := parse(t, `command: [p]
objective: {metric: loss}
budget: {trials: 6}
space: {f: {switch: {a: {x: {uniform: [0, 1]}}, b: {y: {uniform: [0, 1]}}}}}
for_each: {f: [a, b]}
start: [{f: b, y: 0.5}, {f: a, x: 0.25}]`, spec.Options{})
	p, err := spec.NewPreview(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Stages[0].Points[0]; !cmp.Equal(got, search.Point{"f": "a", "x": 0.25}) {
		t.Errorf("the first point is %v", got)
	}
}
