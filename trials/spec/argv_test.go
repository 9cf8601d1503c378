package spec_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

const fileHead = "objective: {metric: loss}\nbudget: {trials: 4}\n"

// stage is the one stage of a small file.
func stage(t testing.TB, text string) *spec.Stage {
	t.Helper()
	return &parse(t, text+"\n"+fileHead, spec.Options{}).Stages[0]
}

const wide = `
space:
  lr: {log: [1e-5, 1]}
  batch-size: [32, 64]
  model.depth: {int: [1, 2000000]}
  amp: {bool}
  aug: [null, flip, "a b"]
`

func TestArgvStyles(t *testing.T) {
	p := search.Point{"lr": 1e-5, "batch-size": int64(32), "model.depth": int64(1000000), "amp": true, "aug": "a b"}
	for style, want := range map[string][]string{
		"equals": {"--lr=1e-05", "--batch-size=32", "--model.depth=1000000", "--amp=true", "--aug=a b"},
		"space":  {"--lr", "1e-05", "--batch-size", "32", "--model.depth", "1000000", "--amp", "true", "--aug", "a b"},
		"hydra":  {"lr=1e-05", "batch-size=32", "model.depth=1000000", "amp=true", "aug='a b'"},
		"flags":  {"--lr=1e-05", "--batch-size=32", "--model.depth=1000000", "--amp", "--aug=a b"},
		"none":   nil,
	} {
		s := stage(t, "command: [python, t.py]\nargs: "+style+wide)
		got, err := s.Argv(p, spec.TrialVars{Dir: "/t"})
		if err != nil || !slices.Equal(got, append([]string{"python", "t.py"}, want...)) {
			t.Errorf("%s: %q, %v; want %q", style, got, err, want)
		}
	}
}

func TestArgvLeavesOutWhatIsNotThere(t *testing.T) {
	for _, c := range []struct {
		command string
		point   search.Point
		want    string
	}{
		{`[p]`, search.Point{"amp": false, "aug": nil}, "p --amp=false"},
		{`[p, "--aug=${aug}", x]`, search.Point{"aug": nil}, "p x"},
		{`[p, --aug, "${aug}", x]`, search.Point{"aug": nil}, "p x"},
		{`[p, --aug, "${aug}", x]`, search.Point{"aug": "flip"}, "p --aug flip x"},
		{`[p, "--lr=${lr}"]`, search.Point{}, "p"},
		{`[p, run, "${lr}"]`, search.Point{}, "p run"},
	} {
		got, err := stage(t, "command: "+c.command+wide).Argv(c.point, spec.TrialVars{Dir: "/t"})
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, %v; want %s", c.command, got, err, c.want)
		}
	}
}

func TestArgvPlaceholdersAndMacros(t *testing.T) {
	p := search.Point{"lr": 0.5, "amp": true}
	v := spec.TrialVars{ID: "s-1/7", Number: 7, Dir: "/run/t7", CheckpointDir: "/run/ck", Seed: 99, Env: map[string]string{"HOST": "h"}, Interpreter: "/venv/python"}
	for arg, want := range map[string]string{
		"--lr=${lr}/${trial.number}": "--lr=0.5/7",
		"${trial.id}":                "s-1/7",
		"${trial.seed}":              "99",
		"${trial.dir}/out":           "/run/t7/out",
		"${checkpoint.dir}":          "/run/ck",
		"${env.HOST}":                "h",
		"$${lr} $$5 $6":              "${lr} $5 $6",
		"${args}":                    "--lr=0.5 --amp=true",
		"${args_no_hyphens}":         "lr=0.5 amp=true",
		"${args_no_equals}":          "--lr 0.5 --amp true",
		"${args_json}":               `{"amp":true,"lr":0.5}`,
		"${interpreter}":             "/venv/python",
		"${env}":                     "/usr/bin/env",
	} {
		s := stage(t, "command: [\""+arg+"\"]\nargs: none\nenv: {HOST: other}"+wide)
		if strings.HasPrefix(arg, "${args}") {
			s.Args = "equals"
		}
		got, err := s.Argv(p, v)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v; want %s", arg, got, err, want)
		}
	}
}

func TestArgvIsFinishedOnTheWorker(t *testing.T) {
	s := stage(t, `command: [p, "--out=${trial.dir}/$${x}", "--tag=${aug}", "--ck=${checkpoint.dir}", "${env.A}"]`+"\nenv: {A: \"$$1 ${trial.dir}\"}"+wide)
	point := search.Point{"aug": "$${trial.dir} $5"} // a value that looks like a placeholder is none
	half, err := s.Argv(point, spec.TrialVars{Env: map[string]string{"A": "$$"}})
	if err != nil {
		t.Fatal(err)
	}
	got := spec.ExpandPaths(half, "/d/$1", "/c")
	want := []string{"p", "--out=/d/$1/${x}", "--tag=$${trial.dir} $5", "--ck=/c", "$$"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s from %q", diff, half)
	}
	env, err := s.Environ(point, spec.TrialVars{})
	if err != nil || spec.ExpandPath(env["A"], "/d", "/c") != "$1 /d" {
		t.Errorf("env %q, %v", env, err)
	}
	if spec.ExpandPaths(nil, "", "") != nil {
		t.Error("no arguments are none")
	}
}

func TestArgvOfALoop(t *testing.T) {
	s := stage(t, "command: [p, \"--fold=${each.fold}\", \"${args}\"]\nfor_each: {fold: [0, 1]}\nspace: {lr: {log: [1e-5, 1]}}")
	got, err := s.Argv(search.Point{"lr": 1.0}, spec.TrialVars{Dir: "/t", Each: map[string]any{"fold": int64(1)}})
	if want := "p --fold=1 --lr=1"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%q, %v; want %s", got, err, want)
	}
	if _, err := s.Argv(search.Point{}, spec.TrialVars{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without the item: %v, want invalid", err)
	}
}

func TestNestedParams(t *testing.T) {
	got := spec.Nested(search.Point{"a.b": 1, "a.c.d": 2, "x": 3, "x.y": 4})
	want := map[string]any{"a": map[string]any{"b": 1, "c": map[string]any{"d": 2}}, "x": 3, "x.y": 4}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
