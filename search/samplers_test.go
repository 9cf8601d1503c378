package search_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sweepd/sweepd/search"
)

// cube is d floats in [0,1).
func cube(d int) search.Definition {
	var def search.Definition
	for i := range d {
		def.Params = append(def.Params, search.Param{Name: fmt.Sprintf("x%d", i), Type: search.Float, Low: 0, High: 1})
	}
	return def
}

func sampler(t testing.TB, name string, s *search.Space, o search.Options) search.Sampler {
	t.Helper()
	sm, err := search.NewSampler(name, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return sm
}

// minimise runs a sampler one trial at a time and gives the best loss after
// each.
func minimise(t testing.TB, sm search.Sampler, n int, f func(search.Point) float64) []float64 {
	t.Helper()
	best, out := math.Inf(1), make([]float64, n)
	for k := range n {
		ps, err := sm.Ask(context.Background(), k, 1)
		if err != nil {
			t.Fatal(err)
		}
		loss := f(ps[0].Point)
		best = min(best, loss)
		out[k] = best
		sm.Tell(search.Observation{Trial: k + 1, K: k, Event: search.Opened, Point: ps[0].Point})
		sm.Tell(search.Observation{Trial: k + 1, K: k, Event: search.Finished, Loss: loss})
	}
	return out
}

// BenchmarkTPEAsk is one Ask after n finished trials in 40 dimensions; it must
// not grow with n.
func BenchmarkTPEAsk(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			s := space(b, cube(40))
			sm := sampler(b, "tpe", s, search.Options{Seed: 1})
			rng := rand.New(rand.NewPCG(1, 1))
			for i := range n {
				pt, _ := s.Sample(rng)
				sm.Tell(search.Observation{Trial: i + 1, K: i, Event: search.Opened, Point: pt})
				sm.Tell(search.Observation{Trial: i + 1, K: i, Event: search.Finished, Loss: rng.Float64()})
			}
			k := n
			for b.Loop() {
				ps, err := sm.Ask(context.Background(), k, 1)
				if err != nil {
					b.Fatal(err)
				}
				sm.Tell(search.Observation{Trial: k + 1, K: k, Event: search.Opened, Point: ps[0].Point})
				sm.Tell(search.Observation{Trial: k + 1, K: k, Event: search.Finished, Loss: rng.Float64()})
				k++
			}
		})
	}
}
