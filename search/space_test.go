package search_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

func space(t testing.TB, d search.Definition) *search.Space {
	t.Helper()
	s, err := search.NewSpace(d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// families is the digits sweep in small: a switch, shared names, a nested one.
func families() search.Definition {
	return search.Definition{Params: []search.Param{
		{Name: "family", Type: search.Choice, Values: []any{"svm", "knn", "mlp", "none"}},
		{Name: "family=svm/C", Pass: "C", Type: search.Float, Low: 1e-3, High: 1e3, Scale: search.Log, Parent: "family", Equals: "svm"},
		{Name: "family=svm/kernel", Pass: "kernel", Type: search.Choice, Values: []any{"rbf", "poly"}, Parent: "family", Equals: "svm"},
		{Name: "family=svm/kernel=poly/degree", Pass: "degree", Type: search.Int, Low: 2, High: 5, Parent: "family=svm/kernel", Equals: "poly"},
		{Name: "family=knn/k", Pass: "k", Type: search.Int, Low: 1, High: 30, Parent: "family", Equals: "knn"},
		{Name: "family=mlp/C", Pass: "C", Type: search.Int, Low: 1, High: 3, Parent: "family", Equals: "mlp"},
		{Name: "family=mlp/epochs", Pass: "epochs", Type: search.Const, Values: []any{27}, Parent: "family", Equals: "mlp"},
		{Name: "seedless", Type: search.Bool, When: "family == 'mlp' and C > 1"},
	}}
}

func TestEverythingWrongIsReportedAtOnce(t *testing.T) {
	_, err := search.NewSpace(search.Definition{Params: []search.Param{
		{Name: "lr", Type: search.Float, Low: 0, High: 1, Scale: search.Log},
		{Name: "n", Type: search.Int, Low: 1.5, High: 3},
		{Name: "r", Type: search.Float, Low: 2, High: 1},
		{Name: "c", Type: search.Choice, Values: []any{"a", "a"}},
		{Name: "w", Type: search.Choice, Values: []any{"a", "b"}, Weights: []float64{1}},
		{Name: "t", Type: "floa"},
		{Name: "d", Type: search.Int, Low: 1, High: 3, Default: 7},
		{Name: "inf", Type: search.Float, Low: 0, High: math.Inf(1)},
		{Name: "e", Type: search.Choice},
		{Name: "lr", Type: search.Bool},
	}})
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Invalid {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"space.lr: a log scale needs a lower bound above 0", "space.n: the bounds and step of an int", "space.r: the lower bound 2 is above the upper bound 1 (write [1, 2])",
		`space.c: the value "a" is listed twice`, "space.w: 1 weights for 2 values", "did you mean float?", "space.d: default: 7 is outside [1, 3]",
		"space.inf: the bounds 0 and +Inf must be finite", "space.e: a choice needs at least one value", "space.lr: the name is used twice",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestConditionsAreChecked(t *testing.T) {
	a := search.Param{Name: "a", Type: search.Choice, Values: []any{"x", "y"}}
	f := search.Param{Name: "f", Type: search.Float, Low: 0, High: 1}
	with := func(p search.Param) search.Param { p.Type, p.High = search.Int, 3; return p }
	for _, c := range []struct {
		d    search.Definition
		want string
	}{
		{search.Definition{Params: []search.Param{a, with(search.Param{Name: "b", When: "aa == 'x'"})}}, `space.b: the expression "aa == 'x'": unknown name "aa", column 1 (did you mean a?)`},
		{search.Definition{Params: []search.Param{a, with(search.Param{Name: "b", Parent: "aa"})}}, "its parent \"aa\" is not a parameter (did you mean a?)"},
		{search.Definition{Params: []search.Param{a, with(search.Param{Name: "b", Parent: "a", Equals: "z"})}}, `space.b: a: "z" is not one of "x", "y"`},
		{search.Definition{Params: []search.Param{f, with(search.Param{Name: "b", Parent: "f", Equals: 0.5})}}, "its parent f is continuous"},
		{search.Definition{Params: []search.Param{with(search.Param{Name: "b", When: "c > 1"}), with(search.Param{Name: "c", When: "b > 1"})}}, "depends on itself"},
		{search.Definition{Params: []search.Param{a, f}, Constraints: []string{"f < 2", "g > 1"}}, `constraints[1]: the expression "g > 1": unknown name "g"`},
		{search.Definition{Params: []search.Param{a, f}, Constraints: []string{"a > 1"}}, "constraints[0]"},
		{search.Definition{Params: []search.Param{a, f}, Constraints: []string{"f + 1"}}, "not true or false"},
		{search.Definition{Params: []search.Param{a, f}, Constraints: []string{"p['g'] > 1"}}, `unknown parameter "g"`},
		{search.Definition{Params: []search.Param{a, f}, Constraints: []string{"all(1..5000, # > f)"}}, "memory budget exceeded"},
		{search.Definition{Params: []search.Param{with(search.Param{Name: "b"}), with(search.Param{Name: "c", Pass: "b"})}}, "b is passed by b too"},
	} {
		if _, err := search.NewSpace(c.d); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestOnlyActiveParametersAreInAPoint(t *testing.T) {
	s := space(t, families())
	rng := rand.New(rand.NewPCG(1, 1))
	want := map[string][]string{"svm rbf": {"C", "family", "kernel"}, "svm poly": {"C", "degree", "family", "kernel"}, "knn": {"family", "k"}, "none": {"family"}, "mlp 1": {"C", "epochs", "family"}, "mlp": {"C", "epochs", "family", "seedless"}}
	seen := map[string]bool{}
	for range 500 {
		pt, ok := s.Sample(rng)
		if !ok {
			t.Fatal("no point")
		}
		key := pt["family"].(string)
		if k, ok := pt["kernel"]; ok {
			key += " " + k.(string)
		}
		if key == "mlp" && pt["C"] == int64(1) {
			key = "mlp 1"
		}
		var names []string
		for name := range pt {
			names = append(names, name)
		}
		slices.Sort(names)
		if diff := cmp.Diff(want[key], names); diff != "" {
			t.Fatalf("%v: %s", pt, diff)
		}
		seen[key] = true
	}
	if len(seen) != len(want) {
		t.Errorf("saw %v", seen)
	}
}

func TestPointsSurviveEncodingAndJSON(t *testing.T) {
	d := families()
	d.Params = append(d.Params,
		search.Param{Name: "momentum", Type: search.Float, Low: 0.5, High: 0.999, Scale: search.ReverseLog},
		search.Param{Name: "drop", Type: search.Float, Low: 0.01, High: 0.9, Scale: search.Logit},
		search.Param{Name: "shift", Type: search.Float, Low: -1e4, High: 1e4, Scale: search.Symlog},
		search.Param{Name: "grid", Type: search.Float, Low: 0, High: 1, Step: 0.1},
		search.Param{Name: "width", Type: search.Int, Low: 1, High: 4096, Scale: search.Log},
		search.Param{Name: "batch-size", Type: search.Ordinal, Values: []any{32, 64, 128}},
		search.Param{Name: "aug", Type: search.Choice, Values: []any{nil, "flip", 3, 2.5, true}, Weights: []float64{1, 2, 3, 4, 5}},
		search.Param{Name: "one", Type: search.Int, Low: 7, High: 7},
	)
	s := space(t, d)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		pt, _ := s.Sample(rng)
		u := s.Encode(pt)
		for _, x := range u {
			if !(math.IsNaN(x) || x >= 0 && x < 1) {
				t.Fatalf("coordinate %v outside [0,1)", x)
			}
		}
		back := s.Decode(u)
		if s.Hash(back) != s.Hash(pt) { // rounding of a scale may cost a last digit of a float; the grid and the rest may not
			for k, v := range pt {
				x, ok := v.(float64)
				if y, _ := back[k].(float64); !ok && back[k] != v || ok && math.Abs(x-y) > 1e-9*max(1, math.Abs(x)) {
					t.Fatalf("%s: %v came back as %v", k, v, back[k])
				}
			}
		}
		raw, err := json.Marshal(pt)
		if err != nil {
			t.Fatal(err)
		}
		var wild search.Point
		if err := json.Unmarshal(raw, &wild); err != nil {
			t.Fatal(err)
		}
		if s.Hash(wild) != s.Hash(pt) {
			t.Fatalf("hash of %v changed through JSON", pt)
		}
		c, err := s.Canon(wild)
		if err != nil || !cmp.Equal(c, pt) {
			t.Fatalf("%v, %v; want %v", c, err, pt)
		}
	}
	var again search.Space
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.Definition(), again.Definition()); diff != "" {
		t.Error(diff)
	}
}

func TestScalesAreUniformInScaledUnits(t *testing.T) {
	s := space(t, search.Definition{Params: []search.Param{
		{Name: "lr", Type: search.Float, Low: 1e-5, High: 1e-1, Scale: search.Log},
		{Name: "m", Type: search.Float, Low: 0, High: 0.999, Scale: search.ReverseLog},
		{Name: "n", Type: search.Int, Low: 1, High: 4},
		{Name: "c", Type: search.Choice, Values: []any{"a", "b"}, Weights: []float64{3, 1}},
	}})
	got := s.Decode([]float64{0.5, 2.0 / 3, 0.24, 0.74})
	want := search.Point{"lr": 1e-3, "m": 0.99, "n": int64(1), "c": "a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := s.Decode([]float64{0, 0, 0.25, 0.75}); got["n"] != int64(2) || got["c"] != "b" || got["m"] != 0.0 || got["lr"] != 1e-5 {
		t.Errorf("got %v", got)
	}
}

func TestCanonAndComplete(t *testing.T) {
	s := space(t, families())
	pt, err := s.Canon(search.Point{"family": "svm", "C": 0.1 + 0.2, "kernel": "rbf", "degree": 3, "k": 4})
	if want := (search.Point{"family": "svm", "C": 0.3, "kernel": "rbf"}); err != nil || !cmp.Equal(pt, want) {
		t.Errorf("got %v, %v; want %v", pt, err, want)
	}
	if _, err := s.Canon(search.Point{"family": "svm", "C": 1}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "kernel: is missing") {
		t.Errorf("got %v", err)
	}
	pt, err = s.Complete(search.Point{"family": "svm", "C": 1})
	if want := (search.Point{"family": "svm", "C": 1.0, "kernel": "rbf"}); err != nil || !cmp.Equal(pt, want) {
		t.Errorf("got %v, %v; want %v", pt, err, want)
	}
	_, err = s.Complete(search.Point{"famly": "svm", "family": "knn", "k": 31.0})
	for _, want := range []string{`unknown parameter "famly" (did you mean family?)`, "k: 31 is outside [1, 30]"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if _, err := s.Complete(search.Point{"family": "knn", "k": 1.5}); err == nil {
		t.Error("1.5 is no int")
	}
}

func TestSizeIsExact(t *testing.T) {
	d := families()
	d.Params[1] = search.Param{Name: "family=svm/C", Pass: "C", Type: search.Float, Low: 1, High: 2, Step: 0.5, Parent: "family", Equals: "svm"}
	// svm 3*(1+4), knn 30, mlp 1 + 2*2, none 1
	if got := space(t, d).Size(); got != 15+30+5+1 {
		t.Errorf("got %v, want 51", got)
	}
	d.Constraints = []string{"k <= 10"}
	if got := space(t, d).Size(); got != 31 {
		t.Errorf("got %v, want 31", got)
	}
	if got := space(t, families()).Size(); !math.IsInf(got, 1) {
		t.Errorf("got %v, want +Inf", got)
	}
	if got := space(t, search.Definition{}).Size(); got != 1 {
		t.Errorf("the empty space has one point, got %v", got)
	}
}

func TestFeasibilityNamesTheBlockingConstraint(t *testing.T) {
	d := search.Definition{Params: []search.Param{
		{Name: "a", Type: search.Float, Low: 0, High: 1}, {Name: "b", Type: search.Float, Low: 0, High: 1},
	}, Constraints: []string{"a + b <= 0.5", "a < 2"}}
	share, blocking := space(t, d).Feasibility()
	if math.Abs(share-0.125) > 0.01 || blocking != "a + b <= 0.5" {
		t.Errorf("got %v, %q", share, blocking)
	}
	d.Constraints = []string{"a < 2", "a > b and b > a"}
	s := space(t, d)
	if share, blocking = s.Feasibility(); share != 0 || blocking != "a > b and b > a" {
		t.Errorf("got %v, %q", share, blocking)
	}
	if _, ok := s.Sample(rand.New(rand.NewPCG(1, 1))); ok {
		t.Error("drew a point of an empty region")
	}
}

func TestRareFeasibleRegionIsSampledByRepair(t *testing.T) {
	d := search.Definition{Constraints: []string{"a + b + c <= 0.15"}}
	for _, n := range []string{"a", "b", "c"} {
		d.Params = append(d.Params, search.Param{Name: n, Type: search.Float, Low: 0, High: 1})
	}
	s := space(t, d) // 0.15^3/6 of the cube: one in 1,800
	rng := rand.New(rand.NewPCG(1, 1))
	seen := map[string]bool{}
	for range 50 {
		pt, ok := s.Sample(rng)
		if !ok || !s.Feasible(pt) {
			t.Fatalf("got %v, %v", pt, ok)
		}
		seen[s.Hash(pt)] = true
	}
	if len(seen) < 45 {
		t.Errorf("%d different points of 50", len(seen))
	}
}

func TestConstraintOverInactiveParametersAsksNothing(t *testing.T) {
	d := families()
	d.Constraints = []string{"k > 28"}
	s := space(t, d)
	if !s.Feasible(search.Point{"family": "none"}) || s.Feasible(search.Point{"family": "knn", "k": int64(3)}) {
		t.Error("k > 28 is asked of knn alone")
	}
}

func TestPinRemovesOtherCases(t *testing.T) {
	d := families()
	d.Constraints = []string{"not (family == 'knn' and k > 3)", "C < 100"}
	s := space(t, d)
	if name, ok := s.SwitchRoot(); !ok || name != "family" {
		t.Errorf("switch root %q, %v", name, ok)
	}
	svm, err := s.Pin("family", "svm")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range svm.Params() {
		names = append(names, p.Name)
	}
	want := []string{"family", "family=svm/C", "family=svm/kernel", "family=svm/kernel=poly/degree", "seedless"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if _, ok := svm.SwitchRoot(); ok {
		t.Error("a pinned switch is none")
	}
	full := search.Point{"family": "svm", "C": 2.0, "kernel": "rbf"}
	if svm.Hash(full) != s.Hash(full) {
		t.Error("a point has one hash in the space and in its branch")
	}
	if _, err := svm.Canon(search.Point{"family": "knn", "k": 3}); err == nil {
		t.Error("a point of another case lies in the branch")
	}
	if _, err := s.Pin("family", "svn"); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Pin("C", 1); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "several") {
		t.Errorf("got %v", err)
	}
}

func TestNarrow(t *testing.T) {
	s := space(t, search.Definition{Params: []search.Param{
		{Name: "x", Type: search.Float, Low: 0, High: 10},
		{Name: "lr", Type: search.Float, Low: 1e-4, High: 1, Scale: search.Log, Default: 0.5},
		{Name: "n", Type: search.Int, Low: 0, High: 100},
		{Name: "c", Type: search.Choice, Values: []any{"a", "b", "rare"}},
	}})
	var pts []search.Point
	for i := range 20 { // best first; the best six (0.3 of 20) have x in [4, 9], lr 1e-4, n 50, c a
		pt := search.Point{"x": 4.0 + float64(i), "lr": 1e-4, "n": 50, "c": "a"}
		if i >= 6 {
			pt = search.Point{"x": 0.0, "lr": 1.0, "n": i, "c": "b"}
		}
		pts = append(pts, pt)
	}
	got, err := s.Narrow(pts, pts, search.NarrowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []search.Param{
		{Name: "x", Pass: "x", Type: search.Float, Low: 2.75, High: 10}, // 4..9 and a quarter of 5 on both sides, clipped
		{Name: "lr", Pass: "lr", Type: search.Float, Low: 1e-4, High: 1.58489319246e-3, Scale: search.Log},
		{Name: "n", Pass: "n", Type: search.Int, Low: 35, High: 65},
		{Name: "c", Pass: "c", Type: search.Choice, Values: []any{"a", "rare"}},
	}
	if diff := cmp.Diff(want, got.Params()); diff != "" {
		t.Error(diff)
	}
	few, err := s.Narrow(pts[:11], pts, search.NarrowOptions{})
	if err != nil || !cmp.Equal(few.Params(), s.Params()) {
		t.Errorf("11 points for 4 dimensions leave the space alone: %v, %v", few.Params(), err)
	}
}

func TestNarrowDropsCasesThatLost(t *testing.T) {
	d := search.Definition{Params: []search.Param{
		{Name: "family", Type: search.Choice, Values: []any{"svm", "knn", "new"}},
		{Name: "family=svm/C", Pass: "C", Type: search.Float, Low: 0, High: 1, Parent: "family", Equals: "svm"},
		{Name: "family=knn/k", Pass: "k", Type: search.Int, Low: 1, High: 9, Parent: "family", Equals: "knn"},
		{Name: "warm", Type: search.Bool},
	}, Constraints: []string{"k < 9"}}
	s := space(t, d)
	var pts []search.Point
	for i := range 20 {
		pt := search.Point{"family": "svm", "C": 0.5, "warm": true}
		if i >= 10 {
			pt = search.Point{"family": "knn", "k": 1 + i%5, "warm": false}
		}
		pts = append(pts, pt)
	}
	got, err := s.Narrow(pts, pts, search.NarrowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := search.Definition{Params: []search.Param{
		{Name: "family", Pass: "family", Type: search.Choice, Values: []any{"svm", "new"}},
		{Name: "family=svm/C", Pass: "C", Type: search.Float, Low: 0.35, High: 0.65, Parent: "family", Equals: "svm"},
		{Name: "warm", Pass: "warm", Type: search.Const, Values: []any{true}},
	}, Constraints: []string{"k < 9"}, Absent: []string{"k"}}
	if diff := cmp.Diff(want, got.Definition()); diff != "" {
		t.Error(diff)
	}
}

func ExampleSpace() {
	s, err := search.NewSpace(search.Definition{
		Params: []search.Param{
			{Name: "opt", Type: search.Choice, Values: []any{"adam", "sgd"}},
			{Name: "lr", Type: search.Float, Low: 1e-4, High: 1, Scale: search.Log},
			{Name: "opt=sgd/momentum", Pass: "momentum", Type: search.Float, Low: 0, High: 0.99, Parent: "opt", Equals: "sgd"},
		},
		Constraints: []string{"not (opt == 'sgd' and lr < 0.001)"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Decode([]float64{0.2, 0.5, 0.5}))
	fmt.Println(s.Decode([]float64{0.7, 0.5, 0.5}))
	_, err = s.Complete(search.Point{"opt": "sgd", "lr": 0.0001})
	fmt.Println(err)
	// Output:
	// map[lr:0.01 opt:adam]
	// map[lr:0.01 momentum:0.495 opt:sgd]
	// the point violates "not (opt == 'sgd' and lr < 0.001)"
}

func TestListsAndMapsAreNoValues(t *testing.T) {
	c := search.Param{Name: "c", Type: search.Choice, Values: []any{"a", "b"}}
	s := space(t, search.Definition{Params: []search.Param{c}})
	for _, v := range []any{[]any{1}, map[string]any{"a": 1}} {
		if _, err := s.Complete(search.Point{"c": v}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v: %v, want invalid", v, err)
		}
		if s.Hash(search.Point{"c": v}) == s.Hash(search.Point{"c": "a"}) {
			t.Errorf("%v is hashed as a value of c", v)
		}
		withDefault, child := c, search.Param{Name: "d", Pass: "x", Type: search.Bool, Parent: "c", Equals: v}
		withDefault.Default = v
		twin := child
		twin.Name = "e"
		for _, d := range [][]search.Param{{withDefault}, {c, child, twin}} {
			if _, err := search.NewSpace(search.Definition{Params: d}); !fault.Is(err, fault.Invalid) {
				t.Errorf("%v: %v, want invalid", d, err)
			}
		}
	}
}

// Values lie within the bounds as they are written, also where these have more
// digits than a float on a grid keeps, and encoding loses none.
func TestValuesLieWithinTheirBounds(t *testing.T) {
	for _, p := range []search.Param{
		{Name: "x", Type: search.Int, Low: 0, High: 1 << 40},
		{Name: "x", Type: search.Int, Low: 1<<53 - 7, High: 1 << 53},
		{Name: "x", Type: search.Int, Low: 1234567890123, High: 1234567890123},
		{Name: "x", Type: search.Int, Low: 1234567890123, High: 1234567890133, Scale: search.Log},
		{Name: "x", Type: search.Int, Low: -1234567890133, High: -1234567890123, Step: 5, Scale: search.Symlog},
		{Name: "x", Type: search.Float, Low: 0.12345678901234, High: 1, Step: 0.1},
		{Name: "x", Type: search.Float, Low: 0.3, High: 0.98765432109876, Scale: search.Logit},
	} {
		s := space(t, search.Definition{Params: []search.Param{p}})
		rng := rand.New(rand.NewPCG(1, 1))
		seen := map[string]bool{}
		for range 100 {
			pt, _ := s.Sample(rng)
			x, ok := pt["x"].(float64)
			if n, whole := pt["x"].(int64); whole {
				x, ok = float64(n), true
			}
			if !ok || x < p.Low || x > p.High {
				t.Fatalf("%v is outside [%v, %v]", pt["x"], p.Low, p.High)
			}
			if back := s.Decode(s.Encode(pt)); p.Type == search.Int && !cmp.Equal(back, pt) {
				t.Fatalf("%v came back as %v", pt, back)
			}
			seen[s.Hash(pt)] = true
		}
		if n := s.Size(); n < 12 && float64(len(seen)) != n {
			t.Errorf("%d of %v values of [%v, %v] were drawn", len(seen), n, p.Low, p.High)
		}
	}
}

func TestCanonForgivesRoundingAlone(t *testing.T) {
	for _, c := range []struct {
		p     search.Param
		value any
		want  any // nil: it is outside
	}{
		{search.Param{Type: search.Float, Low: 0.1, High: 0.3}, 0.1 + 0.2, 0.3},
		{search.Param{Type: search.Float, Low: 0, High: 1}, -1e-17, 0.0},
		{search.Param{Type: search.Float, Low: 0, High: 0.3, Step: 0.1}, 0.1 + 0.2, 0.3},
		{search.Param{Type: search.Float, Low: 1e-8, High: 1e3, Scale: search.Log}, 0.0, nil},
		{search.Param{Type: search.Float, Low: 1e-8, High: 1e3, Scale: search.Log}, 1e-9, nil},
		{search.Param{Type: search.Float, Low: -1e9, High: 1}, 2, nil},
		{search.Param{Type: search.Int, Low: 0, High: 1 << 40}, int64(1<<40 + 1), nil},
		{search.Param{Type: search.Int, Low: 0, High: 1 << 40}, -1, nil},
	} {
		c.p.Name = "x"
		pt, err := space(t, search.Definition{Params: []search.Param{c.p}}).Canon(search.Point{"x": c.value})
		if c.want == nil && !fault.Is(err, fault.Invalid) || c.want != nil && pt["x"] != c.want {
			t.Errorf("%v in [%v, %v]: %v, %v; want %v", c.value, c.p.Low, c.p.High, pt, err, c.want)
		}
	}
}

func TestNarrowHoldsAGridThatOneValueIsLeftOf(t *testing.T) {
	for _, p := range []search.Param{
		{Name: "x", Type: search.Float, Low: 0, High: 0.2, Step: 0.1, Default: 0.2},
		{Name: "x", Type: search.Int, Low: 1, High: 3},
		{Name: "x", Type: search.Ordinal, Values: []any{1, 2.5, 4}},
	} {
		s := space(t, search.Definition{Params: []search.Param{p}})
		middle := s.Decode([]float64{0.5})
		pts := slices.Repeat([]search.Point{middle}, 12)
		got, err := s.Narrow(pts, pts, search.NarrowOptions{})
		if err != nil {
			t.Errorf("%s: %v", p.Type, err)
		} else if back, err := got.Canon(middle); got.Size() != 1 || err != nil || got.Hash(back) != s.Hash(middle) {
			t.Errorf("%s: %+v, %v; want %v alone", p.Type, got.Params(), err, middle)
		}
	}
}

func TestWeightsLeaveEveryValueAPlace(t *testing.T) {
	choice := func(weights ...float64) search.Definition {
		return search.Definition{Params: []search.Param{{Name: "c", Type: search.Choice, Values: []any{"a", "b"}, Weights: weights}}}
	}
	for _, w := range [][]float64{{1, 1e-20}, {1e308, 1e308}, {1e-320, 1}, {1, math.NaN()}, {0, 1}, {}} {
		if _, err := search.NewSpace(choice(w...)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v: %v, want invalid", w, err)
		}
	}
	s := space(t, choice(1, 1e-8))
	if pt := (search.Point{"c": "b"}); !cmp.Equal(s.Decode(s.Encode(pt)), pt) {
		t.Errorf("b came back as %v", s.Decode(s.Encode(pt)))
	}
}

func TestHashTellsApartWhatIsNotTheSame(t *testing.T) {
	values := []any{1, "1", "1.0", true, "true", nil, "null", 0.1234567890123, 0.1234567890124, int64(1<<53 + 1), int64(1<<53 + 2), "a=b\nc", ""}
	s := space(t, search.Definition{Params: []search.Param{{Name: "c", Type: search.Choice, Values: values}, {Name: "x", Type: search.Float, High: 1}}})
	bare := space(t, search.Definition{}) // hashes points as they are
	seen := map[string]any{}
	for _, v := range values {
		pt := search.Point{"c": v, "x": 0.1}
		for _, h := range []string{s.Hash(pt), "bare " + bare.Hash(pt)} {
			if other, twice := seen[h]; twice {
				t.Errorf("%v and %v have one hash", other, v)
			}
			seen[h] = v
		}
	}
	for _, same := range []search.Point{{"c": 1.0, "x": 0.3}, {"c": 1, "x": 0.1 + 0.2}, {"c": int64(1), "x": 0.3}} {
		if s.Hash(same) != s.Hash(search.Point{"c": 1, "x": 0.3}) {
			t.Errorf("%v has another hash", same)
		}
	}
}

func TestADefinitionSurvivesJSON(t *testing.T) {
	id := int64(1<<53 + 1) // no float64
	want := search.Definition{Params: []search.Param{
		{Name: "id", Type: search.Choice, Values: []any{id, id + 2, 2.5, 1e300, "9007199254740993", nil}, Default: id},
		{Name: "x", Type: search.Float, High: 1, Parent: "id", Equals: id, Default: 0.5},
	}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got search.Definition
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConstraintsReadNamesWithDots(t *testing.T) {
	depth := search.Param{Name: "model.depth", Type: search.Int, Low: 1, High: 9}
	for _, c := range []string{"p.model.depth <= 3", "p['model.depth'] <= 3"} {
		s := space(t, search.Definition{Params: []search.Param{depth, {Name: "x", Type: search.Bool, When: c}}, Constraints: []string{c}})
		if share, _ := s.Feasibility(); math.Abs(share-1.0/3) > 0.01 {
			t.Errorf("%s holds for %v of the space, want a third", c, share)
		}
		if got := s.Size(); got != 6 {
			t.Errorf("%s leaves %v points, want three with x true or false", c, got)
		}
	}
}
