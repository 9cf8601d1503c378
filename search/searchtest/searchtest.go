// Package searchtest is what every sampler and every stopper must do. A new one
// starts by passing it:
//
//	func TestGrid(t *testing.T) { searchtest.RunSampler(t, search.NewGrid) }
//
// It knows nothing of how good they are.
package searchtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// NewSampler makes the sampler under test.
type NewSampler func(*search.Space, search.Options) (search.Sampler, error)

// mixed is a space with everything in it: scales, grids, weights, a nested
// switch, a condition, a constraint.
func mixed() search.Definition {
	return search.Definition{
		Params: []search.Param{
			{Name: "family", Type: search.Choice, Values: []any{"svm", "knn", "mlp"}},
			{Name: "svm/C", Pass: "C", Type: search.Float, Low: 1e-3, High: 1e3, Scale: search.Log, Parent: "family", Equals: "svm"},
			{Name: "svm/kernel", Pass: "kernel", Type: search.Choice, Values: []any{"rbf", "poly"}, Weights: []float64{3, 1}, Parent: "family", Equals: "svm"},
			{Name: "svm/degree", Pass: "degree", Type: search.Int, Low: 2, High: 5, Parent: "svm/kernel", Equals: "poly"},
			{Name: "knn/k", Pass: "k", Type: search.Int, Low: 1, High: 300, Scale: search.Log, Parent: "family", Equals: "knn"},
			{Name: "mlp/C", Pass: "C", Type: search.Float, Low: 0, High: 1, Step: 0.125, Parent: "family", Equals: "mlp"},
			{Name: "mlp/epochs", Pass: "epochs", Type: search.Const, Values: []any{27}, Parent: "family", Equals: "mlp"},
			{Name: "batch", Type: search.Ordinal, Values: []any{16, 32, 64, 128}},
			{Name: "warm", Type: search.Bool, When: "batch > 16"},
			{Name: "aug", Type: search.Choice, Values: []any{nil, "flip"}},
		},
		Constraints: []string{"not (family == 'knn' and batch == 128)", "warm or C < 100"},
	}
}

// numbers is d floats, half of them on a log scale.
func numbers(d int) search.Definition {
	var def search.Definition
	for i := range d {
		p := search.Param{Name: fmt.Sprintf("x%d", i), Type: search.Float, Low: 0.001, High: 1}
		if i%2 == 1 {
			p.Scale = search.Log
		}
		def.Params = append(def.Params, p)
	}
	return def
}

// small has 2*3 + 1 points, one of them infeasible.
func small() search.Definition {
	return search.Definition{
		Params: []search.Param{
			{Name: "a", Type: search.Choice, Values: []any{"x", "y", "z"}},
			{Name: "n", Type: search.Int, Low: 1, High: 3, When: "a != 'z'"},
		},
		Constraints: []string{"not (a == 'y' and n == 2)"},
	}
}

// subject is a sampler with its space.
type subject struct {
	search.Sampler
	space *search.Space
	make  func() search.Sampler // the same again, told nothing
}

// start makes the sampler for a space. One that refuses continuous parameters
// gets them on a grid of 64.
func start(t *testing.T, fresh NewSampler, d search.Definition, o search.Options) subject {
	t.Helper()
	s := space(t, d)
	if _, err := fresh(s, o); fault.Is(err, fault.Invalid) {
		for i := range d.Params {
			if p := &d.Params[i]; p.Type == search.Float && p.Step == 0 {
				p.Step = (p.High - p.Low) / 64
			}
		}
		s = space(t, d)
	}
	again := func() search.Sampler {
		sm, err := fresh(s, o)
		if err != nil {
			t.Fatalf("make the sampler: %v", err)
		}
		return sm
	}
	return subject{again(), s, again}
}

func space(t *testing.T, d search.Definition) *search.Space {
	t.Helper()
	s, err := search.NewSpace(d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask is Ask that must not fail.
func ask(t fataler, sm search.Sampler, k, n int) []search.Proposal {
	t.Helper()
	ps, err := sm.Ask(context.Background(), k, n)
	if err != nil {
		t.Fatalf("ask %d for %d: %v", k, n, err)
	}
	if len(ps) != n {
		t.Fatalf("ask %d for %d: %d proposals and no error", k, n, len(ps))
	}
	return ps
}

// fataler is *testing.T or *rapid.T.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// valid checks what every proposal must be.
func valid(t fataler, s *search.Space, seen map[string]bool, p search.Proposal) {
	t.Helper()
	c, err := s.Canon(p.Point)
	if err != nil {
		t.Fatalf("proposal %v: %v", p.Point, err)
	}
	if !cmp.Equal(c, p.Point) {
		t.Fatalf("proposal %v is not canonical: %v", p.Point, c)
	}
	if !s.Feasible(c) {
		t.Fatalf("proposal %v violates a constraint", p.Point)
	}
	if h := s.Hash(c); seen[h] {
		t.Fatalf("proposal %v came before", p.Point)
	} else {
		seen[h] = true
	}
	if p.By == "" {
		t.Fatalf("proposal %v does not say who made it", p.Point)
	}
}

// opened tells a proposal as trial k+1.
func opened(sm search.Sampler, k int, p search.Proposal) {
	sm.Tell(search.Observation{Trial: k + 1, K: k, Event: search.Opened, Point: p.Point})
}

// drive makes n trials, each ended with what end says, and gives their points.
func drive(t *testing.T, sub subject, n int, end func(trial int) search.Observation) []search.Point {
	t.Helper()
	seen := map[string]bool{}
	var out []search.Point
	for k := range n {
		p := ask(t, sub, k, 1)[0]
		valid(t, sub.space, seen, p)
		opened(sub, k, p)
		o := end(k + 1)
		o.Trial, o.K = k+1, k
		sub.Tell(o)
		out = append(out, p.Point)
	}
	return out
}

// RunSampler checks a sampler against the contract of search.Sampler.
func RunSampler(t *testing.T, fresh NewSampler) {
	losses := map[string]func(trial int) search.Observation{
		"varied": func(trial int) search.Observation {
			return search.Observation{Event: search.Finished, Loss: math.Sin(float64(trial) * 7)}
		},
		"flat":   func(int) search.Observation { return search.Observation{Event: search.Finished, Loss: 1} },
		"NaN":    func(int) search.Observation { return search.Observation{Event: search.Finished, Loss: math.NaN()} },
		"Inf":    func(int) search.Observation { return search.Observation{Event: search.Finished, Loss: math.Inf(-1)} },
		"failed": func(int) search.Observation { return search.Observation{Event: search.Failed} },
		"stopped": func(trial int) search.Observation {
			return search.Observation{Event: search.Stopped, Resource: 3, Loss: float64(trial)}
		},
		"pending": func(int) search.Observation { return search.Observation{Event: search.Reading, Resource: 1, Loss: 2} },
		"huge": func(trial int) search.Observation {
			return search.Observation{Event: search.Finished, Loss: 1e308 * float64(trial%3-1)}
		},
	}
	for name, end := range losses {
		t.Run("proposals are valid when losses are "+name, func(t *testing.T) {
			drive(t, start(t, fresh, mixed(), search.Options{Seed: 3}), 60, end)
		})
	}
	for name, d := range map[string]search.Definition{
		"200 dimensions":      numbers(200),
		"one dimension":       numbers(1),
		"5000 categories":     {Params: []search.Param{{Name: "word", Type: search.Choice, Values: many(5000)}, {Name: "n", Type: search.Int, High: 9}}},
		"a wide int":          {Params: []search.Param{{Name: "n", Type: search.Int, Low: 1, High: 1e6}}},
		"a wide int, log":     {Params: []search.Param{{Name: "n", Type: search.Int, Low: 1, High: 1e6, Scale: search.Log}}},
		"an infinite grid":    {Params: []search.Param{{Name: "x", Type: search.Float, Low: -1, High: 1, Step: 1e-9}, {Name: "y", Type: search.Ordinal, Values: many(70)}}},
		"a constant besides":  {Params: []search.Param{{Name: "c", Type: search.Const, Values: []any{"k"}}, {Name: "n", Type: search.Int, High: 99}}},
		"cases with nothing":  {Params: []search.Param{{Name: "s", Type: search.Choice, Values: []any{"a", "b", "c", "d", "e", "some"}}, {Name: "x", Type: search.Float, High: 1, Parent: "s", Equals: "some"}}},
		"a case with nothing": {Params: []search.Param{{Name: "s", Type: search.Choice, Values: []any{"none", "some"}}, {Name: "x", Type: search.Int, High: 1000, Parent: "s", Equals: "some"}}},
	} {
		t.Run("proposals are valid in "+name, func(t *testing.T) {
			drive(t, start(t, fresh, d, search.Options{Seed: 5}), 40, losses["varied"])
		})
	}
	t.Run("exhaustion", func(t *testing.T) { exhaustion(t, fresh) })
	t.Run("one point", func(t *testing.T) { onePoint(t, fresh) })
	t.Run("start points", func(t *testing.T) { startPoints(t, fresh) })
	t.Run("known points", func(t *testing.T) { knownPoints(t, fresh) })
	t.Run("batches", func(t *testing.T) { batches(t, fresh) })
	t.Run("ask changes nothing", func(t *testing.T) { askIsPure(t, fresh) })
	t.Run("seeds", func(t *testing.T) { seeds(t, fresh) })
	t.Run("a cancelled context", func(t *testing.T) { cancelled(t, fresh) })
	t.Run("live equals rebuilt", func(t *testing.T) { rebuilt(t, fresh) })
	t.Run("evidence from outside", func(t *testing.T) { evidence(t, fresh) })
}

func many(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func exhaustion(t *testing.T, fresh NewSampler) {
	sub := start(t, fresh, small(), search.Options{Seed: 1})
	seen := map[string]bool{}
	k := 0
	for k < 6 {
		p := ask(t, sub, k, 1)[0]
		valid(t, sub.space, seen, p)
		opened(sub, k, p)
		k++
	}
	if ps, err := sub.Ask(context.Background(), k, 2); !errors.Is(err, search.ErrExhausted) || len(ps) != 0 {
		t.Fatalf("after all 6 points: %v, %v; want ErrExhausted", ps, err)
	}
	sub.Tell(search.Observation{Trial: 3, Event: search.Finished, Loss: 1})
	sub.Tell(search.Observation{Trial: 4, Event: search.Failed})
	if _, err := sub.Ask(context.Background(), k, 1); !errors.Is(err, search.ErrExhausted) {
		t.Fatalf("a failed trial does not free its point: %v", err)
	}
	sub.Tell(search.Observation{Trial: 2, Event: search.Dropped})
	ps, err := sub.Ask(context.Background(), k, 2)
	if !errors.Is(err, search.ErrExhausted) || len(ps) != 1 {
		t.Fatalf("after one was dropped: %v, %v; want its point, then ErrExhausted", ps, err)
	}
}

func onePoint(t *testing.T, fresh NewSampler) {
	for name, d := range map[string]search.Definition{
		"const": {Params: []search.Param{{Name: "c", Type: search.Const, Values: []any{1}}}},
		"int":   {Params: []search.Param{{Name: "n", Type: search.Int, Low: 4, High: 4}}},
		"empty": {},
	} {
		sub := start(t, fresh, d, search.Options{})
		ps, err := sub.Ask(context.Background(), 0, 3)
		if !errors.Is(err, search.ErrExhausted) || len(ps) != 1 {
			t.Errorf("%s: %v, %v; want one point and ErrExhausted", name, ps, err)
			continue
		}
		for i := range 9 { // the same point again and again, as replicates are
			sub.Tell(search.Observation{Trial: i + 1, K: -1, Event: search.Opened, Point: ps[0].Point})
			sub.Tell(search.Observation{Trial: i + 1, K: -1, Event: search.Finished, Loss: float64(i)})
		}
		if ps, err := sub.Ask(context.Background(), 1, 1); !errors.Is(err, search.ErrExhausted) {
			t.Errorf("%s: %v, %v after it was tried; want ErrExhausted", name, ps, err)
		}
	}
}

func startPoints(t *testing.T, fresh NewSampler) {
	first := search.Point{"family": "svm", "kernel": "poly", "degree": 3.0, "warm": true, "batch": 32}
	sub := start(t, fresh, mixed(), search.Options{Seed: 1, Start: []search.Point{first, {"family": "mlp", "C": 0.5}}})
	ps := ask(t, sub, 0, 5)
	seen := map[string]bool{}
	for _, p := range ps {
		valid(t, sub.space, seen, p)
	}
	if ps[0].By != "start" || ps[0].Point["degree"] != int64(3) || ps[0].Point["C"] == nil || ps[1].Point["C"] != 0.5 || ps[2].By == "start" {
		t.Errorf("got %v", ps)
	}
	for k := range 2 {
		opened(sub, k, ps[k])
	}
	valid(t, sub.space, map[string]bool{sub.space.Hash(ps[0].Point): true, sub.space.Hash(ps[1].Point): true}, ask(t, sub, 2, 1)[0])
	_, err := fresh(sub.space, search.Options{Start: []search.Point{{"familly": "svm"}, {"family": "knn", "batch": 128}}})
	if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || len(f.Problems) != 2 {
		t.Errorf("two bad start points: %v", err)
	}
}

func knownPoints(t *testing.T, fresh NewSampler) {
	known := []search.Point{{"a": "x", "n": 1.0}, {"a": "z"}, {"a": "elsewhere"}}
	sub := start(t, fresh, small(), search.Options{Seed: 1, Known: known, Start: known[:1]})
	ps, err := sub.Ask(context.Background(), 0, 9)
	if !errors.Is(err, search.ErrExhausted) || len(ps) != 4 {
		t.Fatalf("got %v, %v; want the other 4 and ErrExhausted", ps, err)
	}
	for _, p := range ps {
		if h := sub.space.Hash(p.Point); h == sub.space.Hash(known[0]) || h == sub.space.Hash(known[1]) {
			t.Errorf("%v is known", p.Point)
		}
	}
}

func batches(t *testing.T, fresh NewSampler) {
	sub := start(t, fresh, mixed(), search.Options{Seed: 1, Parallel: 16})
	seen := map[string]bool{}
	for k := 0; k < 48; k += 16 {
		for i, p := range ask(t, sub, k, 16) {
			valid(t, sub.space, seen, p)
			opened(sub, k+i, p)
			if i%3 == 0 {
				sub.Tell(search.Observation{Trial: k + i + 1, Event: search.Finished, Loss: float64(i)})
			}
		}
	}
}

func askIsPure(t *testing.T, fresh NewSampler) {
	sub := start(t, fresh, mixed(), search.Options{Seed: 1})
	drive(t, sub, 20, func(trial int) search.Observation {
		return search.Observation{Event: search.Finished, Loss: float64(trial % 5)}
	})
	want := ask(t, sub, 20, 3)
	ask(t, sub, 21, 1)
	if diff := cmp.Diff(want, ask(t, sub, 20, 3)); diff != "" {
		t.Errorf("the same question had another answer: %s", diff)
	}
}

func seeds(t *testing.T, fresh NewSampler) {
	one := start(t, fresh, mixed(), search.Options{Seed: 1})
	if diff := cmp.Diff(ask(t, one, 0, 8), ask(t, one.make(), 0, 8)); diff != "" {
		t.Errorf("one seed, two answers: %s", diff)
	}
}

func cancelled(t *testing.T, fresh NewSampler) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	sub := start(t, fresh, mixed(), search.Options{Seed: 1})
	if _, err := sub.Ask(ctx, 0, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// evidence is told with negative trial numbers, some of it outside the space.
func evidence(t *testing.T, fresh NewSampler) {
	sub := start(t, fresh, mixed(), search.Options{Seed: 1})
	old := ask(t, sub, 0, 12)
	for i, p := range old {
		sub.Tell(search.Observation{Trial: -1 - i, K: -1, Event: search.Opened, Point: p.Point})
		sub.Tell(search.Observation{Trial: -1 - i, K: -1, Event: search.Finished, Loss: float64(i)})
	}
	sub.Tell(search.Observation{Trial: -90, K: -1, Event: search.Opened, Point: search.Point{"family": "tree", "depth": 3}})
	sub.Tell(search.Observation{Trial: -90, K: -1, Event: search.Finished, Loss: -5})
	seen := map[string]bool{}
	for _, p := range old {
		seen[sub.space.Hash(p.Point)] = true
	}
	for _, p := range ask(t, sub, 0, 6) {
		valid(t, sub.space, seen, p)
	}
}
