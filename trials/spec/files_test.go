package spec_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

// folder is what ReadFile reads in these tests.
type folder map[string]string

func (f folder) read(name string) ([]byte, error) {
	if text, ok := f[name]; ok {
		return []byte(text), nil
	}
	return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
}

func TestPointsInEveryForm(t *testing.T) {
	want := []spec.PointSpec{
		{Params: map[string]any{"lr": 0.5, "opt": "adam"}},
		{Params: map[string]any{"lr": int64(2), "opt": "sgd"}},
	}
	files := folder{
		"p.jsonl": "{\"lr\": 0.5, \"opt\": \"adam\"}\n\n{\"opt\": \"sgd\", \"lr\": 2}\n",
		"p.json":  `[{"lr": 0.5, "opt": "adam"}, {"opt": "sgd", "lr": 2.0}]`,
		"p.yaml":  "- {lr: 0.5, opt: adam}\n- lr: 2\n  opt: sgd\n",
		"p.csv":   "lr, opt\n0.5,adam\n2,sgd\n",
		"p.tsv":   "lr\topt\n0.5\tadam\n2\tsgd\n",
	}
	for name := range files {
		s := parse(t, "command: [p]\npoints: "+name, spec.Options{ReadFile: files.read})
		if diff := cmp.Diff(want, s.Stages[0].Points); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if s.Budget.Trials != 2 || s.Stages[0].Budget.Trials != 2 || s.Stages[0].Name != "points" || s.Objective.Metric != "" {
			t.Errorf("%s: %d trials in stage %s", name, s.Budget.Trials, s.Stages[0].Name)
		}
	}
}

func TestWrappedPoints(t *testing.T) {
	s := parse(t, `command: [p]
points:
  - {params: {model: {depth: 3}}, id: a, name: first, seed: 5}
  - {params: deep}`, spec.Options{})
	seed := uint64(5)
	want := []spec.PointSpec{
		{Params: map[string]any{"model.depth": int64(3)}, ID: "a", Name: "first", Seed: &seed},
		{Params: map[string]any{"params": "deep"}}, // a parameter of that name
	}
	if diff := cmp.Diff(want, s.Stages[0].Points); diff != "" {
		t.Error(diff)
	}
}

func TestFilesOfPointsNameTheirLines(t *testing.T) {
	files := folder{
		"dup.jsonl":    "{\"a\": 1}\n{\"a\": 2}\n{\"a\": 1.0}\n",
		"bad.jsonl":    "{\"a\": 1}\nnope\n{\"a\": [1]}\n",
		"short.csv":    "a,b\n1\n",
		"head.csv":     "a,a\n1,2\n",
		"empty.csv":    "",
		"not.txt":      "1",
		"notlist.yaml": "a: 1",
	}
	for name, want := range map[string]string{
		"dup.jsonl":    "dup.jsonl:3:1: the point is the same as that of line 1",
		"bad.jsonl":    "bad.jsonl:2:1: the line is not a JSON object (one object per line: {\"lr\": 0.001})\n  bad.jsonl:3:7: a is a list, and a parameter is one value",
		"short.csv":    "short.csv:2:1: the row cannot be read: wrong number of fields (the head has 2 columns)",
		"head.csv":     "head.csv:1:1: column 2 of the table has no name of its own",
		"empty.csv":    "empty.csv:1:1: the table has no head",
		"not.txt":      "points: the ending of not.txt says nothing about its form (one of: .jsonl, .json, .yaml, .csv)",
		"missing.csv":  "points: missing.csv cannot be read: file does not exist (paths are relative to the sweep file)",
		"notlist.yaml": `notlist.yaml:1:1: "notlist.yaml" holds a map, not a list of points`,
	} {
		_, _, err := spec.Parse([]byte("command: [p]\npoints: "+name), spec.Options{ReadFile: files.read})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
}

// Ten thousand points take well under a second in any form; the limit leaves
// room for a slow machine.
func TestTenThousandPoints(t *testing.T) {
	var yaml, lines strings.Builder
	yaml.WriteString("command: [p]\npoints:\n")
	for i := range 10_000 {
		fmt.Fprintf(&yaml, "  - {lr: %g, width: %d, opt: adam}\n", 1/float64(i+1), i)
		fmt.Fprintf(&lines, "{\"lr\": %g, \"width\": %d, \"opt\": \"adam\"}\n", 1/float64(i+1), i)
	}
	files := folder{"p.jsonl": lines.String()}
	object, err := json.Marshal(map[string]any{"command": []string{"p"}, "points": parse(t, yaml.String(), spec.Options{}).Stages[0].Points})
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]string{"yaml": yaml.String(), "lines": "command: [p]\npoints: p.jsonl", "object": string(object)} {
		start := time.Now()
		s := parse(t, source, spec.Options{ReadFile: files.read})
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
		if got := s.Stages[0].Points; len(got) != 10_000 || got[9_999].Params["width"] != int64(9_999) {
			t.Errorf("%s: %d points", name, len(got))
		}
	}
}

func TestTargetsAreLookedFor(t *testing.T) {
	source := read(t, "testdata/digits.yaml")
	files := folder{"y_val.npy": "x"}
	exists := func(name string) error { _, err := files.read(name); return err }
	_, _, err := spec.Parse([]byte(source), spec.Options{Dir: "/d", Exists: exists})
	if want := "targets: y_test.npy cannot be read: file does not exist"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, _, err = spec.Parse([]byte(source), spec.Options{Dir: "/d", ReadFile: files.read}); err != nil {
		t.Errorf("where nobody can look: %v", err)
	}
}

func TestSet(t *testing.T) {
	source := read(t, "testdata/digits.yaml")
	s := parse(t, source, spec.Options{Set: []string{
		"budget.trials=40", "stages.explore.budget.trials=10", "stages.1.budget.trials=30", "stages.refine.early_stop=none",
		"space.family.switch.mlp.lr={log: [1e-4, 1e-2]}", "name=try", "resources.memory=2GiB",
	}})
	if s.Name != "try" || s.Budget.Trials != 40 || s.Stages[0].Budget.Trials != 10 || s.Stages[1].Budget.Trials != 30 || s.Stages[1].EarlyStop != nil || s.Stages[0].Resources.Memory != 2<<30 {
		t.Errorf("got %+v", s)
	}
	lr := s.Stages[0].Space.Params[slices.IndexFunc(s.Stages[0].Space.Params, func(p search.Param) bool { return p.Pass == "lr" })]
	if lr.Low != 1e-4 || lr.High != 1e-2 {
		t.Errorf("lr is %+v", lr)
	}
	for set, want := range map[string]string{
		"budget.trails=4":            "--set budget.trails=4: unknown key trails in budget (did you mean trials?)",
		"stages.explor.name=x":       "--set stages.explor.name=x: there is no explor to change (did you mean explore?)",
		"budget":                     "--set budget: a change is path=value (for example --set budget.trials=5)",
		"space.family={lgo: [1, 2]}": "--set space.family={lgo: [1, 2]}: parameter family: unknown type lgo",
		"budget.trials=[":            "--set budget.trials=[: this is not YAML",
	} {
		_, _, err := spec.Parse([]byte(source), spec.Options{Set: []string{set}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v\nwant %s", set, err, want)
		}
	}
}

func TestSmoke(t *testing.T) {
	s := parse(t, read(t, "testdata/digits.yaml"), spec.Options{Smoke: true})
	if s.Budget.Trials != 2 || s.Stages[0].Budget.Trials != 1 || s.Stages[0].Budget.TrialTimeout != time.Minute || s.Stages[2].Ensemble == nil {
		t.Errorf("got %+v", s.Budget)
	}
}

func TestANestedNameIsGivenOnce(t *testing.T) {
	for _, point := range []string{"{a: {b: 1}, a.b: 2}", "{a.b: 2, a: {b: 1}}"} {
		_, _, err := spec.Parse([]byte("command: [p]\npoints: ["+point+"]"), spec.Options{})
		if err == nil || !strings.Contains(err.Error(), "a.b is given twice") {
			t.Errorf("%s: %v", point, err)
		}
	}
}
