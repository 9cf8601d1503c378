package spec_test

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

const smallest = `
command: [python, train.py]
objective: {metric: val_acc, goal: maximize}
space:
  lr: {log: [1e-5, 1e-1]}
  batch-size: [32, 64]
budget: {trials: 40, parallel: 4}
early_stop: asha
resources: {gpu: 1}
`

func TestDefaultsOfTheSmallestFile(t *testing.T) {
	drawn := 0
	s := parse(t, smallest, spec.Options{File: "runs/cifar.yaml", Seed: func() uint64 { drawn++; return math.MaxUint64 }})
	st := s.Stages[0]
	if s.Name != "cifar" || s.Weight != 1 || s.Failures.PauseAfterFirst != 3 || st.Name != "search" {
		t.Errorf("got %+v", s)
	}
	if want := (spec.Objective{Metric: "val_acc", Goal: spec.Maximize, Reduce: "best"}); s.Objective != want || st.Objective != want {
		t.Errorf("objective %+v", s.Objective)
	}
	if want := (spec.EarlyStop{Algorithm: "asha", Min: 1, Eta: 3, Resource: "reports"}); *st.EarlyStop != want {
		t.Errorf("early stopping %+v", st.EarlyStop)
	}
	if drawn != 1 || st.Sampler.Algorithm != "auto" || st.Sampler.Seed != 1<<53-1 {
		t.Errorf("sampler %+v after %d draws, want one seed that every JSON reader holds", st.Sampler, drawn)
	}
	if st.Resources.CPU != 1 || st.Resources.GPU != 1 || st.Args != "equals" {
		t.Errorf("resources %+v, args %s", st.Resources, st.Args)
	}
	if want := map[string]spec.RetryRule{"lost": {Times: 10}, "preempted": {Times: 10}}; !cmp.Equal(st.Retry, want) {
		t.Errorf("retry %+v: the user's own failures are not retried unless asked", st.Retry)
	}
	if got := st.EarlyStop.Rungs(); !slices.Equal(got, []float64{1, 3, 9, 27, 81, 243, 729, 2187}) {
		t.Errorf("rungs %v", got)
	}
}

func TestNameOfASweepWithoutOne(t *testing.T) {
	for _, c := range []struct{ file, dir, want string }{
		{"", "", "sweep"}, {"sweep.yaml", "/home/me/cifar 10", "cifar 10"}, {"a/b/tune lr!.yml", "/x", "tune lr"}, {"???.yaml", "", "sweep"},
	} {
		if got := parse(t, smallest, spec.Options{File: c.file, Dir: c.dir}).Name; got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.file, c.dir, got, c.want)
		}
	}
}

func TestOneStageTakesWhatTheOthersLeave(t *testing.T) {
	s := parse(t, "command: [p]\nobjective: {metric: loss}\nbudget: {trials: 50}\nspace: {a: {uniform: [0, 1]}}\nstages: [{name: a, budget: {trials: 20}}, {name: b}]", spec.Options{})
	if s.Stages[1].Budget.Trials != 30 {
		t.Errorf("b may run %d, want the 30 that are left", s.Stages[1].Budget.Trials)
	}
	s = parse(t, "command: [p]\nobjective: {metric: loss}\nbudget: {wall: 2h}\nspace: {a: {uniform: [0, 1]}}", spec.Options{})
	if s.Budget.Wall != 2*time.Hour || s.Budget.AtEnd != "stop" || s.Budget.Trials != 0 {
		t.Errorf("got %+v, want time alone", s.Budget)
	}
}

func TestEnsembleOfAFileWithoutStages(t *testing.T) {
	s := parse(t, smallest+"ensemble: {metric: log_loss, targets: {val: y.npy}}", spec.Options{})
	if len(s.Stages) != 2 || s.Stages[1].Kind != spec.EnsembleStage || !cmp.Equal(s.Stages[1].Ensemble.From, []string{"search"}) || !cmp.Equal(s.Stages[1].After, []string{"search"}) {
		t.Errorf("got %+v", s.Stages)
	}
}

func TestOnOOMForms(t *testing.T) {
	head := "command: [p]\nobjective: {metric: loss}\nbudget: {trials: 4}\nspace: {batch: {ordinal: [16, 32]}, frac: {uniform: [0, 1]}, acc: 1, d-m: {int: [1, 9]}}\non_oom: "
	for form, want := range map[string]*spec.OnOOM{
		"none":           nil,
		"{halve: batch}": {Set: map[string]string{"batch": "max(idiv(batch, 2), 1)"}, While: "batch > 1", Times: 10},
		"{halve: [batch, frac], double: acc, min: 4, times: 2}": {
			Set:   map[string]string{"batch": "max(idiv(batch, 2), 4)", "frac": "max(frac / 2, 4)", "acc": "acc * 2"},
			While: "batch > 4 and frac > 4", Times: 2,
		},
		"{halve: d-m}": {Set: map[string]string{"d-m": `max(idiv(p["d-m"], 2), 1)`}, While: `p["d-m"] > 1`, Times: 10},
		"{set: {batch: \"idiv(batch, 4)\"}, while: \"batch > 8\", times: 3}": {Set: map[string]string{"batch": "idiv(batch, 4)"}, While: "batch > 8", Times: 3},
	} {
		if diff := cmp.Diff(want, parse(t, head+form, spec.Options{}).Stages[0].OnOOM); diff != "" {
			t.Errorf("%s: %s", form, diff)
		}
	}
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]time.Duration{"2m": 2 * time.Minute, "1h30m": 90 * time.Minute, "0.5s": 500 * time.Millisecond, "2d": 48 * time.Hour, "250ms": 250 * time.Millisecond} {
		if got := parse(t, smallest+"stop: {term: "+text+"}", spec.Options{}).Stages[0].Stop.Term; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]int64{"1500MiB": 1500 << 20, "10GiB": 10 << 30, "2GB": 2e9, "10 Gi": 10 << 30, "0.5GiB": 1 << 29, "1000B": 1000} {
		if got := parse(t, strings.Replace(smallest, "gpu: 1", "memory: "+text, 1), spec.Options{}).Stages[0].Resources.Memory; got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// A file says the same as YAML and as JSON, and its resolved form survives
// storage.
func TestEveryFormOfASpecIsTheSame(t *testing.T) {
	for _, source := range []string{
		smallest, loops, read(t, "testdata/digits.yaml"),
		"command: [p]\npoints: [{params: {a: 1, b: x, c: null}, seed: 3}, {a: 2.5}]",
		"command: [p, \"${args}\"]\nobjective: {metric: loss}\nbudget: {trials: 9, split: [4, 5]}\nfor_each: {fold: [0, 1.5]}\nspace: {a: {ordinal: [1, 2.5, x], default: 2.5}}",
	} {
		want := parse(t, source, spec.Options{})
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got spec.Spec
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, &got); diff != "" {
			t.Errorf("stored and read back: %s", diff)
		}
	}
	a := parse(t, smallest, spec.Options{})
	b := parse(t, `{"command": ["python", "train.py"], "objective": {"metric": "val_acc", "goal": "maximize"},
 "space": {"lr": {"log": [1e-5, 0.1]}, "batch-size": [32, 64.0]}, "budget": {"trials": 40, "parallel": 4},
 "early_stop": "asha", "resources": {"gpu": 1}}`, spec.Options{})
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("YAML and JSON: %s", diff)
	}
	if s := parse(t, `{"name": "caf\u00e9 \ud83d\ude00", "command": ["a\/b"], "points": [{"a": 1}]}`, spec.Options{}); s.Name != "café 😀" || s.Stages[0].Command[0] != "a/b" {
		t.Errorf("escapes of JSON: %q, %q", s.Name, s.Stages[0].Command)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(read(f, "testdata/digits.yaml"), "budget.trials=5")
	f.Add(smallest, "space.lr={log: [1, 2]}")
	f.Add(loops, "stages.refine.space.keep=1")
	for _, part := range strings.Split(read(f, "testdata/bad.txt"), "\n-- ")[1:] {
		_, rest, _ := strings.Cut(part, " --\n")
		source, _, _ := strings.Cut(rest, ">>>")
		f.Add(source, "stages.0.name=x")
	}
	f.Fuzz(func(t *testing.T, source, set string) {
		s, _, err := spec.Parse([]byte(source), spec.Options{Set: []string{set}})
		if err != nil {
			return
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back spec.Spec
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(&back); err != nil || string(again) != string(text) {
			t.Fatalf("stored %s\nread back %s, %v", text, again, err)
		}
		if _, err := s.Echo(); err != nil {
			t.Fatal(err)
		}
		if len(source) > 2000 {
			return // a preview of much takes long
		}
		if _, err := spec.NewPreview(s); err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
}

// What Parse lets through makes a stopper, with the rungs that are shown.
func TestEarlyStopIsWhatTheStopperTakes(t *testing.T) {
	const head = "command: [p]\nspace: {x: {uniform: [0, 1]}}\nearly_stop: "
	for _, bad := range []string{"{max: 1}", "{min: 3, max: 3}", "{min: 5, max: 3}", "{eta: 1.000001}", "{eta: 1}", "{min: 0}"} {
		if _, _, err := spec.Parse([]byte(head+bad+"\n"+fileHead), spec.Options{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", bad, err)
		}
	}
	for good, want := range map[string][]float64{
		"{max: 28}": {1, 3, 9, 27},
		"{min: 1e-10, max: 2e-9, resource: seconds}": {1e-10, 3e-10, 9e-10},
		"{min: 0.1, max: 1.0000000001}":              {0.1, 0.3, 0.9},
	} {
		e := stage(t, head+good).EarlyStop
		if got := e.Rungs(); !slices.Equal(got, want) {
			t.Errorf("%s: rungs %v, want %v", good, got, want)
		}
		if _, err := search.NewASHA(search.StopOptions{Min: e.Min, Max: e.Max, Eta: e.Eta}); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}
