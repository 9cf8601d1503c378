package search_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/sweepd/sweepd/search"
)

// BenchmarkAuto is one ask and tell after n finished trials in d dimensions.
func BenchmarkAuto(b *testing.B) {
	for _, c := range []struct{ n, d int }{{25, 5}, {100, 5}, {100, 20}, {200, 20}, {1000, 20}, {10000, 40}} {
		b.Run(fmt.Sprintf("n=%d/d=%d", c.n, c.d), func(b *testing.B) {
			s := floats(b, c.d)
			a, err := search.NewSampler("auto", s, search.Options{Seed: 1})
			if err != nil {
				b.Fatal(err)
			}
			r, _ := search.NewSampler("random", s, search.Options{Seed: 2})
			k := 0
			tell := func(pt search.Point) {
				loss := 0.0
				for _, v := range pt {
					x := v.(float64) - 0.3
					loss += x * x
				}
				k++
				a.Tell(search.Observation{Trial: k, K: k - 1, Event: search.Opened, Point: pt})
				a.Tell(search.Observation{Trial: k, K: k - 1, Event: search.Finished, Loss: loss})
			}
			ps, err := r.Ask(context.Background(), 0, c.n)
			if err != nil {
				b.Fatal(err)
			}
			for _, p := range ps {
				tell(p.Point)
			}
			for b.Loop() {
				ps, err := a.Ask(context.Background(), k, 1)
				if err != nil {
					b.Fatal(err)
				}
				tell(ps[0].Point)
			}
		})
	}
}

func floats(tb testing.TB, d int) *search.Space {
	tb.Helper()
	var def search.Definition
	for i := range d {
		def.Params = append(def.Params, search.Param{Name: fmt.Sprintf("x%d", i), Type: search.Float, High: 1})
	}
	s, err := search.NewSpace(def)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
