package search_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/sweepd/sweepd/search"
)

// tells one trial and its end.
func tells(s search.Sampler, n int, pt search.Point, event search.Event, loss float64) {
	s.Tell(search.Observation{Trial: n, K: n - 1, Event: search.Opened, Point: pt})
	s.Tell(search.Observation{Trial: n, K: n - 1, Event: event, Loss: loss, Resource: 1})
}

func by(t *testing.T, s search.Sampler, k, n int) map[string]int {
	t.Helper()
	ps, err := s.Ask(context.Background(), k, n)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, p := range ps {
		out[p.By]++
	}
	return out
}

func TestModelsTakeTurns(t *testing.T) {
	s, err := search.NewAuto(floats(t, 3), search.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := by(t, s, 0, 4); got["init"] != 4 {
		t.Errorf("the first are by %v", got)
	}
	for n := 1; n <= 12; n++ {
		x := float64(n) / 13
		tells(s, n, search.Point{"x0": x, "x1": 1 - x, "x2": 0.5}, search.Finished, x)
	}
	if got := by(t, s, 12, 8); got["gp"] != 6 || got["forest"] != 2 {
		t.Errorf("among floats they are by %v", got)
	}
	if got := by(t, s, 12, 100); got["tpe"] < 50 || got["gp"] == 0 {
		t.Errorf("with many open they are by %v", got)
	}
}

func TestTheFirstIsTheMiddle(t *testing.T) {
	s, err := search.NewAuto(floats(t, 2), search.Options{Seed: 1, Start: []search.Point{{"x0": 0.1, "x1": 0.2}}})
	if err != nil {
		t.Fatal(err)
	}
	ps, err := s.Ask(context.Background(), 0, 2)
	if err != nil || ps[0].By != "start" || fmt.Sprint(ps[1].Point) != "map[x0:0.5 x1:0.5]" {
		t.Errorf("%v %v", ps, err)
	}
}

// Trials that were stopped early are evidence: the search keeps away from them,
// although not one of them has a final value.
func TestStoppedTrialsKeepTheSearchAway(t *testing.T) {
	s, err := search.NewGP(floats(t, 1), search.Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, x := range []float64{0.5, 0.52, 0.55, 0.6, 0.65} {
		n++
		tells(s, n, search.Point{"x0": x}, search.Finished, 1-x)
	}
	for i := range 12 {
		n++
		tells(s, n, search.Point{"x0": 0.7 + 0.025*float64(i)}, search.Stopped, 5)
	}
	ps, err := s.Ask(context.Background(), n, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if x := p.Point["x0"].(float64); x > 0.75 {
			t.Errorf("proposes %v, where all were stopped", x)
		}
	}
}
