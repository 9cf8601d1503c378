package spec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

func TestShortAndLongFormsAreTheSame(t *testing.T) {
	for short, want := range map[string]search.Param{
		"{log: [1e-5, 1e-1]}":                          {Type: search.Float, Low: 1e-5, High: 0.1, Scale: search.Log},
		"{log: ['1e-5', \"1e-1\"]}":                    {Type: search.Float, Low: 1e-5, High: 0.1, Scale: search.Log},
		"{type: float, range: [1e-5, .1], scale: log}": {Type: search.Float, Low: 1e-5, High: 0.1, Scale: search.Log},
		"{uniform: [0, 0.6], step: 0.05}":              {Type: search.Float, High: 0.6, Step: 0.05},
		"{uniform: [0.5, 0.9], scale: reverse_log}":    {Type: search.Float, Low: 0.5, High: 0.9, Scale: search.ReverseLog},
		"{int: [16, 1024], scale: log, default: 64}":   {Type: search.Int, Low: 16, High: 1024, Scale: search.Log, Default: int64(64)},
		"{type: int, range: [1, 9], step: 2}":          {Type: search.Int, Low: 1, High: 9, Step: 2},
		"[adam, sgd]":                                  {Type: search.Choice, Values: []any{"adam", "sgd"}},
		"[null, 1, 2.5, true, 'yes', off]":             {Type: search.Choice, Values: []any{nil, int64(1), 2.5, true, "yes", "off"}},
		"{choice: [a, b], weights: [3, 1]}":            {Type: search.Choice, Values: []any{"a", "b"}, Weights: []float64{3, 1}},
		"{choice: [a, b], weights: {b: 1, a: 3}}":      {Type: search.Choice, Values: []any{"a", "b"}, Weights: []float64{3, 1}},
		"{type: categorical, values: [a, b]}":          {Type: search.Choice, Values: []any{"a", "b"}},
		"{ordinal: [32, 64]}":                          {Type: search.Ordinal, Values: []any{int64(32), int64(64)}},
		"{const: 27}":                                  {Type: search.Const, Values: []any{int64(27)}},
		"010":                                          {Type: search.Const, Values: []any{int64(10)}},
		"adam":                                         {Type: search.Const, Values: []any{"adam"}},
		"{type: const, value: 2.0}":                    {Type: search.Const, Values: []any{int64(2)}},
		"{bool}":                                       {Type: search.Bool},
		"{type: bool}":                                 {Type: search.Bool},
	} {
		s := stage(t, "command: [p]\nspace: {x: "+short+", y: {uniform: [0, 1]}}")
		want.Name, want.Pass = "x", "x"
		if diff := cmp.Diff(want, s.Space.Params[0]); diff != "" {
			t.Errorf("%s: %s", short, diff)
		}
	}
}

func TestConditions(t *testing.T) {
	s := stage(t, `command: [p]
space:
  opt: [adam, sgd]
  batch-size: [32, 64]
  a: {uniform: [0, 1], when: "opt == 'sgd'"}
  b: {uniform: [0, 1], when: {opt: [adam, sgd], batch-size: 32}}
  c: {bool, when: {a: 0.5}}`)
	for i, want := range []string{"", "", "opt == 'sgd'", `opt in ['adam', 'sgd'] and p["batch-size"] == 32`, "a == 0.5"} {
		if got := s.Space.Params[i].When; got != want {
			t.Errorf("%s: when %q, want %q", s.Space.Params[i].Name, got, want)
		}
	}
}

func TestSwitchNestsAndDotsName(t *testing.T) {
	s := stage(t, `command: [p]
space:
  model:
    depth: {int: [1, 9]}
    family:
      weights: {svm: 2, 1: 1}
      switch:
        svm: {kernel: {switch: {rbf: {gamma: {log: [1e-3, 1]}}, linear: }}}
        1: {opt: {lr: {log: [1e-3, 1]}}}`)
	var got []string
	for _, p := range s.Space.Params {
		got = append(got, p.Name+" "+p.Pass)
	}
	want := []string{
		"model.depth model.depth",
		"model.family model.family",
		"model.family=svm/model.kernel model.kernel",
		"model.family=svm/model.kernel=rbf/model.gamma model.gamma",
		"model.family=1/model.opt.lr model.opt.lr",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if last := s.Space.Params[4]; last.Parent != "model.family" || last.Equals != int64(1) {
		t.Errorf("got %+v, want a child of the number 1", last)
	}
}

func TestStagesInheritASpaceParameterByParameter(t *testing.T) {
	s := parse(t, fileHead[:26]+`
command: [p]
space: {lr: {log: [1e-3, 1]}, w: [1, 2]}
stages:
  - {name: a, budget: {trials: 2}}
  - {name: b, budget: {trials: 2}, space: {lr: {uniform: [0, 1]}, z: 3}}`, spec.Options{})
	b := s.Stages[1].Space.Params
	if len(b) != 3 || b[0].Scale != "" || b[0].Low != 0 || b[1].Name != "w" || b[2].Name != "z" {
		t.Errorf("got %+v", b)
	}
	if !cmp.Equal(s.Stages[1].After, []string{"a"}) {
		t.Errorf("b waits for %v, want the stage above", s.Stages[1].After)
	}
}

const loops = `
command: [p]
objective: {metric: loss}
space:
  lr: {log: [1e-4, 1]}
  family: {switch: {svm: {C: {log: [1, 1000]}}, knn: {k: {int: [1, 30]}}}}
stages:
  - {name: explore, budget: {trials: 20}}
  - name: refine
    budget: {trials: 20}
    for_each: {family: "top_values(stages.explore, 'family', 2)"}
    space:
      narrow: explore
      keep: 0.5
      widen: 0
      C: {log: [1, 10]}
      extra: [a, b]
`

func TestSpaceForNarrowsPinsAndOverrides(t *testing.T) {
	s := parse(t, loops, spec.Options{})
	refine := s.Stage("refine")
	w := spec.Winners{Space: s.BaseSpace("explore")}
	for i := range 12 {
		w.Completed = append(w.Completed, search.Point{"lr": 0.01 + float64(i)/1e4, "family": "svm", "C": 10.0})
	}
	w.Tried = w.Completed
	d, err := refine.SpaceFor(map[string]any{"family": "svm"}, w)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]search.Param{}
	for _, p := range d.Params {
		byName[p.Name] = p
	}
	if p := byName["family"]; p.Type != search.Const || !cmp.Equal(p.Values, []any{"svm"}) {
		t.Errorf("family is %+v, want svm alone", p)
	}
	if _, ok := byName["family=knn/k"]; ok {
		t.Error("knn is another branch's")
	}
	if p := byName["family=svm/C"]; p.High != 10 || p.Parent != "family" {
		t.Errorf("C is %+v, want what stands beside narrow", p)
	}
	if p := byName["extra"]; len(p.Values) != 2 {
		t.Errorf("extra is %+v", p)
	}
	if p := byName["lr"]; p.Low <= 1e-4*1.01 || p.High >= 0.99 {
		t.Errorf("lr is %+v, want a range around 0.01", p)
	}
	again, err := refine.SpaceFor(map[string]any{"family": "svm"}, w)
	if err != nil || !cmp.Equal(d, again) {
		t.Errorf("the same facts give another space: %v", err)
	}
}

func TestSpaceForNamesTheStageOfAFault(t *testing.T) {
	s := parse(t, loops, spec.Options{})
	_, err := s.Stage("refine").SpaceFor(map[string]any{"family": "mlp"}, spec.Winners{Space: s.BaseSpace("explore")})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "stage refine (line 9): for_each: family = mlp") {
		t.Errorf("got %v", err)
	}
	if d, err := s.Stage("explore").SpaceFor(nil, spec.Winners{}); err != nil || len(d.Params) != 4 {
		t.Errorf("explore's own space: %+v, %v", d, err)
	}
}

func TestWeightsByValueAreForTheValuesThereAre(t *testing.T) {
	x := stage(t, "command: [p]\nspace: {x: {bool, weights: {true: 3, false: 1}}}").Space.Params[0]
	if want := []float64{1, 3}; !cmp.Equal(x.Weights, want) {
		t.Errorf("weights %v, want %v: false comes first", x.Weights, want)
	}
	for form, want := range map[string]string{
		"{choice: [adam, sgd], weights: {adam: 1, sgd: 2, sgdd: 3}}": "x.weights has one for sgdd, which is not a value (did you mean sgd?)",
		"{bool, weights: {true: 3}}":                                 "x.weights has none for false",
		"{int: [1, 3], weights: {1: 3}}":                             "x.weights has one for 1, which is not a value",
		"{bool, weights: [1]}":                                       "x has 1 weights for 2 values",
	} {
		_, _, err := spec.Parse([]byte("command: [p]\nspace: {x: "+form+"}\n"+fileHead), spec.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", form, err, want)
		}
	}
}

func TestWordsOfExpressionsCanNameParameters(t *testing.T) {
	s := stage(t, "command: [p]\nspace: {in: [1, 2], x: {uniform: [0, 1], when: {in: 1}}}\non_oom: {halve: in}")
	if got, want := s.Space.Params[1].When, `p["in"] == 1`; got != want {
		t.Errorf("when %s, want %s", got, want)
	}
	if got, want := s.OnOOM.Set["in"], `max(idiv(p["in"], 2), 1)`; got != want {
		t.Errorf("halve: %s, want %s", got, want)
	}
}

func TestWhatATypeDoesNotHaveIsNotPassedOver(t *testing.T) {
	for form, want := range map[string]string{
		"{choice: [1, 2], step: 1}":                          "only numbers have a step, and x is choice",
		"{switch: {a: {y: [1, 2]}, b: }, step: 1}":           "only numbers have a step",
		"{type: float, range: [0, 1], values: [0.1, 0.2]}":   "parameter x of type float takes no values",
		"{type: categorical, values: [a, b], range: [0, 1]}": "parameter x of type categorical takes no range",
		"{type: bool, value: true}":                          "parameter x of type bool takes no value",
	} {
		_, _, err := spec.Parse([]byte("command: [p]\nspace: {x: "+form+"}\n"+fileHead), spec.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", form, err, want)
		}
	}
}
