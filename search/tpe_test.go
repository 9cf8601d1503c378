package search_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/sweepd/sweepd/search"
)

// finish tells a point as a finished trial.
func finish(sm search.Sampler, trial int, pt search.Point, loss float64) {
	sm.Tell(search.Observation{Trial: trial, K: -1, Event: search.Opened, Point: pt})
	sm.Tell(search.Observation{Trial: trial, K: -1, Event: search.Finished, Loss: loss})
}

func TestDensityIntegratesToOne(t *testing.T) {
	s := space(t, search.Definition{Params: []search.Param{
		{Name: "x", Type: search.Float, Low: 0, High: 1},
		{Name: "c", Type: search.Choice, Values: []any{"a", "b", "c"}, Weights: []float64{5, 3, 2}},
	}})
	rows := [][]float64{{0.02, 0.2}, {0.3, 0.6}, {0.31, 0.9}, {0.99, 0.2}}
	const n = 2000
	sum := 0.0
	for i := range n {
		for _, c := range []float64{0.25, 0.65, 0.9} { // one place in each category
			sum += search.Density(s, rows, []float64{(float64(i) + 0.5) / n, c}) / n
		}
	}
	if math.Abs(sum-1) > 1e-3 {
		t.Errorf("got %v, want 1", sum)
	}
}

// near counts how many of 40 proposals lie within 0.1 of x = at.
func near(t *testing.T, sm search.Sampler, at float64) int {
	t.Helper()
	n := 0
	for k := range 40 {
		ps, err := sm.Ask(context.Background(), 1000+k, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(ps[0].Point["x0"].(float64)-at) < 0.1 {
			n++
		}
	}
	return n
}

func TestTPEKeepsAwayFromFailedAndPendingTrials(t *testing.T) {
	for name, tell := range map[string]func(sm search.Sampler, trial int, pt search.Point){
		"failed": func(sm search.Sampler, trial int, pt search.Point) {
			sm.Tell(search.Observation{Trial: trial, Event: search.Opened, Point: pt})
			sm.Tell(search.Observation{Trial: trial, Event: search.Failed})
		},
		"pending": func(sm search.Sampler, trial int, pt search.Point) {
			sm.Tell(search.Observation{Trial: trial, Event: search.Opened, Point: pt})
		},
	} {
		s := space(t, cube(1))
		sm, plain := sampler(t, "tpe", s, search.Options{}), sampler(t, "tpe", s, search.Options{})
		for i := range 80 { // two equally good places, at 0.2 and 0.8
			x := 1.0/160 + float64(i)/80
			loss := min(math.Abs(x-0.2), math.Abs(x-0.8))
			finish(sm, i+1, search.Point{"x0": x}, loss)
			finish(plain, i+1, search.Point{"x0": x}, loss)
		}
		for i := range 15 {
			tell(sm, 100+i, search.Point{"x0": 0.72 + float64(i)/100})
		}
		before, after := near(t, plain, 0.8), near(t, sm, 0.8)
		if before < 5 || after > before/2 {
			t.Errorf("%s: %d of 40 proposals near them, %d without them", name, after, before)
		}
	}
}

func TestStoppedTrialsRankByHowFarTheyCame(t *testing.T) {
	s := space(t, cube(1))
	sm := sampler(t, "tpe", s, search.Options{})
	for i := range 20 { // those around 0.8 came to the third rung, with larger losses
		x := 0.025 + float64(i)/20
		resource, loss := 1.0, 0.1
		if math.Abs(x-0.8) < 0.1 {
			resource, loss = 9, 0.5
		}
		sm.Tell(search.Observation{Trial: i + 1, Event: search.Opened, Point: search.Point{"x0": x}})
		sm.Tell(search.Observation{Trial: i + 1, Event: search.Stopped, Resource: resource, Loss: loss})
	}
	if n := near(t, sm, 0.8); n < 20 {
		t.Errorf("%d of 40 proposals lie where trials came furthest", n)
	}
}

func TestTPEFollowsTheBestFamily(t *testing.T) {
	s := space(t, sixFamilies())
	sm := sampler(t, "tpe", s, search.Options{Seed: 2})
	loss := func(p search.Point) float64 {
		l := math.Abs(p["x"].(float64) - 0.7)
		if p["family"] != "e" {
			l++
		}
		return l
	}
	minimise(t, sm, 60, loss)
	inE := 0
	for k := range 20 {
		ps, err := sm.Ask(context.Background(), 60+k, 1)
		if err != nil {
			t.Fatal(err)
		}
		if ps[0].Point["family"] == "e" && math.Abs(ps[0].Point["x"].(float64)-0.7) < 0.2 {
			inE++
		}
	}
	if inE < 12 {
		t.Errorf("%d of 20 proposals lie in the good part of the best family", inE)
	}
}

func ExampleNewSampler() {
	s, err := search.NewSpace(search.Definition{Params: []search.Param{
		{Name: "lr", Type: search.Float, Low: 1e-5, High: 1, Scale: search.Log},
		{Name: "opt", Type: search.Choice, Values: []any{"adam", "sgd"}},
	}})
	if err != nil {
		panic(err)
	}
	sm, err := search.NewSampler("tpe", s, search.Options{Seed: 1, Start: []search.Point{{"lr": 1e-3}}})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	for k := range 30 { // one trial at a time; a scheduler has many open
		ps, err := sm.Ask(ctx, k, 1)
		if err != nil {
			panic(err)
		}
		trial, pt := k+1, ps[0].Point
		loss := math.Abs(math.Log10(pt["lr"].(float64)) + 2)
		sm.Tell(search.Observation{Trial: trial, K: k, Event: search.Opened, Point: pt})
		sm.Tell(search.Observation{Trial: trial, K: k, Event: search.Finished, Loss: loss})
		if k == 0 {
			fmt.Println(ps[0].By, pt)
		}
	}
	ps, err := sm.Ask(ctx, 30, 1)
	fmt.Println(ps[0].By, ps[0].Note, err)
	// Output:
	// start map[lr:0.001 opt:adam]
	// tpe best of 64 candidates, after 5 good of 30 ranked trials <nil>
}
