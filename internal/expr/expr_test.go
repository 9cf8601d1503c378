package expr_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/internal/fault"
)

var scope = expr.Scope{
	Names: []string{"lr", "batch", "opt", "min", "x"},
	Maps:  []string{"p", "stages"},
	Funcs: map[string]func(...any) (any, error){"twice": func(a ...any) (any, error) { return a[0].(int64) * 2, nil }},
}

func compile(t testing.TB, src string) *expr.Program {
	t.Helper()
	p, err := expr.Compile(src, scope)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func vars() map[string]any {
	return map[string]any{
		"lr": 0.5, "batch": int64(64), "opt": "adam", "min": int64(3), "x": nil,
		"p":      map[string]any{"batch-size": int64(7)},
		"stages": map[string]any{"explore": map[string]any{"best": nil, "trials": []any{map[string]any{"v": 1.0}, map[string]any{"v": 4.0}}}},
	}
}

func TestEval(t *testing.T) {
	for src, want := range map[string]any{
		"1 + 2":                               int64(3),
		"batch * 2":                           int64(128),
		"lr * batch":                          32.0,
		"2 ** 3":                              8.0,
		"7 / 2":                               3.5,
		"idiv(-7, 2)":                         int64(-4),
		"int(-2.5)":                           int64(-2),
		"floor(-2.5)":                         int64(-3),
		"round(2.5)":                          int64(3),
		"float(2)":                            2.0,
		"abs(-2)":                             int64(2),
		"abs(-2.5)":                           2.5,
		"max(1, 2.5, batch)":                  int64(64),
		"max([1, 2])":                         int64(2),
		"min(4, 5)":                           int64(4), // a parameter of that name does not hide the function
		"min + 1":                             int64(4),
		"quantile([4, 1, 3, 2], 0.5)":         2.5,
		"len('añb')":                          int64(3),
		"len([1, 2])":                         int64(2),
		"opt in ['adam', 'sgd']":              true,
		"batch in [32, 64]":                   true,
		"not (opt == 'adam' and lr > 1)":      true,
		"opt == 'sgd' ? 1 : 'a'":              "a",
		"p['batch-size']":                     int64(7),
		"p.batch == 1 ? 1 : 2":                expr.ErrInactive,
		"stages.explore.trials[1].v":          4.0,
		"any(stages.explore.trials, .v > 3)":  true,
		"map(stages.explore.trials, .v * 2)":  []any{2.0, 8.0},
		"twice(batch)":                        int64(128),
		"x == nil and x == None":              true,
		"True and not False":                  true,
		"stages.explore.best == null":         true,
		"exp(log(8)) > 7.99 and sqrt(9) == 3": true,
		"[1, 2.5, 'a']":                       []any{int64(1), 2.5, "a"},
	} {
		got, err := compile(t, src).Eval(vars())
		if e, ok := want.(error); ok {
			if !errors.Is(err, e) {
				t.Errorf("%s: %v, %v; want %v", src, got, err, e)
			}
			continue
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v (%T), %v; want %v", src, got, got, err, want)
		}
	}
}

func TestCompileNamesPlaceAndNearestName(t *testing.T) {
	for _, c := range []struct {
		src    string
		column int
		want   string
	}{
		{"lr * batsh", 6, `unknown name "batsh" (did you mean batch?)`},
		{"lr +\n  optt", 3, "line 2, column 3"},
		{"squrt(lr)", 1, "did you mean sqrt?"},
		{"sqrt + 1", 1, "sqrt is a function"},
		{"lr +", 4, "unexpected"},
		{"let a = 1; a", 5, "let is not part"},
		{"now()", 1, `unknown function "now"`},
		{"repeat('a', 99)", 1, `unknown function "repeat"`},
		{"$env", 1, `unknown name "$env"`},
		{"lr.foo()", 4, "only functions can be called"},
		{"any([1], any([2], true))", 1, "cannot nest"},
		{"sum([1])", 1, `unknown function "sum"`},
	} {
		_, err := expr.Compile(c.src, scope)
		f := fault.Of(err)
		if f == nil || f.Kind != fault.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.src, err, c.want)
			continue
		}
		if f.Problems[0].Column != c.column {
			t.Errorf("%q: column %d, want %d: %v", c.src, f.Problems[0].Column, c.column, err)
		}
	}
}

func TestEveryUnknownNameIsReported(t *testing.T) {
	_, err := expr.Compile("aa + bb + cc", expr.Scope{})
	if got := len(fault.Of(err).Problems); got != 3 {
		t.Errorf("%d problems, want 3: %v", got, err)
	}
}

func TestBoundsHold(t *testing.T) {
	for name, src := range map[string]string{
		"bytes":  "1 + " + strings.Repeat(" ", expr.MaxSource),
		"nodes":  strings.Repeat("1 + ", 300) + "1",
		"depth":  strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000),
		"memory": "len(map(1..9000000, # * 2))",
	} {
		p, err := expr.Compile(src, scope)
		if err == nil {
			_, err = p.Eval(nil)
		}
		if name != "depth" && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func TestAScopeBoundsWhatARunMakes(t *testing.T) {
	few := scope
	few.Values = 100
	for src, ok := range map[string]bool{"len(1..99) == 99": true, "len(1..101) == 101": false, "len(map(1..60, # * 2)) == 60": false} {
		p, err := expr.Compile(src, few)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Bool(nil); got != ok || !ok && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, %v; want %v", src, got, err, ok)
		}
	}
}

func TestAbsenceIsFalse(t *testing.T) {
	v := map[string]any{"opt": "adam"}
	for src, want := range map[string]bool{
		"lr > 0":                   false,
		"not (lr > 0)":             false, // absence is not falsehood turned round
		"opt == 'sgd' and lr > 0":  false,
		"opt == 'adam' or lr > 0":  true, // lr is never reached
		"p['batch-size'] > 1":      false,
		"stages.explore.best == 1": false,
	} {
		if got, err := compile(t, src).Bool(v); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", src, got, err, want)
		}
	}
	if _, err := compile(t, "lr + 1").Float(v); !errors.Is(err, expr.ErrInactive) {
		t.Errorf("got %v, want ErrInactive", err)
	}
}

func TestRuntimeFaultsAreInvalid(t *testing.T) {
	for src, want := range map[string]string{
		"1 / 0":                    "not a finite number",
		"log(-1)":                  "not a finite number",
		"[1, log(0)]":              "not a finite number",
		"opt + 1":                  "column",
		"idiv(1, 0)":               "by zero",
		"stages.explore.best.v":    "stages.explore.best is null",
		"quantile([], 0.5)":        "at least one",
		"log('a')":                 "takes numbers",
		"stages.explore.trials[9]": "out of range",
	} {
		if _, err := compile(t, src).Eval(vars()); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", src, err, want)
		}
	}
	if _, err := compile(t, "lr").Bool(vars()); !fault.Is(err, fault.Invalid) {
		t.Errorf("a number is no condition: %v", err)
	}
	if _, err := compile(t, "opt").Float(vars()); !fault.Is(err, fault.Invalid) {
		t.Errorf("text is no number: %v", err)
	}
	if f, err := compile(t, "batch").Float(vars()); err != nil || f != 64 || math.IsNaN(f) {
		t.Errorf("got %v, %v", f, err)
	}
}

// A name with dots is one name, however it is written after its map.
func TestANameWithDots(t *testing.T) {
	dotted := expr.Scope{Names: []string{"model.depth", "model.head.size", "lr"}, Maps: []string{"p"}}
	point := map[string]any{"model.depth": int64(3), "model.head.size": int64(5), "lr": 0.5}
	point["p"] = map[string]any{"model.depth": int64(3), "model.head.size": int64(5), "lr": 0.5}
	for src, want := range map[string]any{
		"p.model.depth + 1":       int64(4),
		"p['model.depth'] + 1":    int64(4),
		"p.model['depth'] + 1":    int64(4),
		"p.model.head.size":       int64(5),
		"p.lr":                    0.5,
		"p.model.depth > p.lr":    true,
		"p.model.width == 1":      nil,
		"p.model.depth.x == 1":    fault.Invalid,
		"p.model == p.model.head": nil,
	} {
		p, err := expr.Compile(src, dotted)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		got, err := p.Eval(point)
		switch want {
		case nil:
			if !errors.Is(err, expr.ErrInactive) {
				t.Errorf("%s: %v, %v; want no value", src, got, err)
			}
		case fault.Invalid:
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, %v; want invalid", src, got, err)
			}
		default:
			if err != nil || got != want {
				t.Errorf("%s: %v, %v; want %v", src, got, err, want)
			}
		}
	}
}

func TestUses(t *testing.T) {
	p := compile(t, "lr > 0 and p['batch-size'] > 1 and min(batch, 1) > stages.explore.best.v and stages.explore.trials[0].v > lr")
	want := []string{"batch", "lr", "p.batch-size", "stages.explore.best.v", "stages.explore.trials"}
	if diff := cmp.Diff(want, p.Uses()); diff != "" {
		t.Error(diff)
	}
}

func TestConcurrentUse(t *testing.T) {
	p := compile(t, "batch * 2 + lr")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				got, err := p.Float(map[string]any{"batch": int64(i), "lr": 0.5})
				if want := float64(2*i) + 0.5; err != nil || got != want {
					t.Errorf("got %v, %v; want %v", got, err, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestInterpolate(t *testing.T) {
	for s, want := range map[string][]expr.Part{
		"":                nil,
		"plain $5 $":      {{Text: "plain $5 $"}},
		"--lr=${lr}":      {{Text: "--lr="}, {Expr: "lr", Offset: 7}},
		"${a}${b}x":       {{Expr: "a", Offset: 2}, {Expr: "b", Offset: 6}, {Text: "x", Offset: 8}},
		"$${lr} $$":       {{Text: "${lr} $"}},
		"${ {'a}': 1} }!": {{Expr: " {'a}': 1} ", Offset: 2}, {Text: "!", Offset: 14}},
		`${p["a\"}b"]}`:   {{Expr: `p["a\"}b"]`, Offset: 2}},
	} {
		got, err := expr.Interpolate(s)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"a ${lr", "${}", "${ }", "${'}"} {
		if _, err := expr.Interpolate(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v, want invalid", s, err)
		}
	}
}

func ExampleCompile() {
	p, err := expr.Compile("opt == 'sgd' and lr > 0.01", expr.Scope{Names: []string{"opt", "lr"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(p.Uses())
	fmt.Println(p.Bool(map[string]any{"opt": "sgd", "lr": 0.1}))
	fmt.Println(p.Bool(map[string]any{"opt": "sgd"})) // lr is inactive
	// Output:
	// [lr opt]
	// true <nil>
	// false <nil>
}

func BenchmarkBool(b *testing.B) {
	p := compile(b, "lr * batch < 0.5 and (opt == 'adam' ? lr < 1e-2 : true)")
	v := vars()
	for b.Loop() {
		if _, err := p.Bool(v); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzCompile: whatever is written, Compile and Eval give a value or a fault
// and do not panic or take long.
func FuzzCompile(f *testing.F) {
	for _, src := range []string{"lr * batch < 0.5", "p['a'].b", "any([1], # > 0)", "stages?.explore ?? 1", "{'a': 1}.a", "min(", "[1][9]", "1..3", "not x", "x[1:2]", "$env", "'a' in 'abc'"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := expr.Compile(src, scope)
		if err == nil {
			_, err = p.Eval(vars())
		}
		if err != nil && !errors.Is(err, expr.ErrInactive) && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v is not a fault of the user", src, err)
		}
	})
}
