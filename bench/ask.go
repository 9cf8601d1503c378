package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/sweepd/sweepd/search"
)

// ask times one proposal of the default sampler, with its tells, in 40
// dimensions: after 1,000 finished trials and after 10,000.
func ask(ctx context.Context, _ *lab) ([]figure, error) {
	small, err := askTime(ctx, 1000)
	if err != nil {
		return nil, err
	}
	large, err := askTime(ctx, 10_000)
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "ask + tell at 10,000 trials, 40 parameters", Value: large, Unit: "ms", Floor: 10, Most: true, Note: fmt.Sprintf("at 1,000: %.2f ms", small)},
	}, nil
}

// askTime is the median over 200 asks, in milliseconds.
func askTime(ctx context.Context, n int) (float64, error) {
	var d search.Definition
	for i := range 40 {
		d.Params = append(d.Params, search.Param{Name: fmt.Sprintf("x%d", i), Type: search.Float, High: 1})
	}
	s, err := search.NewSpace(d)
	if err != nil {
		return 0, err
	}
	sampler, err := search.NewSampler("auto", s, search.Options{Seed: 1})
	if err != nil {
		return 0, err
	}
	r := rand.New(rand.NewPCG(1, 1))
	tell := func(k int, p search.Point) {
		sampler.Tell(search.Observation{Trial: k + 1, K: k, Event: search.Opened, Point: p})
		sampler.Tell(search.Observation{Trial: k + 1, K: k, Event: search.Finished, Loss: r.Float64()})
	}
	for k := range n {
		p, _ := s.Sample(r)
		tell(k, p)
	}
	var took []float64
	for k := n; k < n+200; k++ {
		start := time.Now()
		ps, err := sampler.Ask(ctx, k, 1)
		if err != nil {
			return 0, err
		}
		tell(k, ps[0].Point)
		took = append(took, time.Since(start).Seconds()*1e3)
	}
	return quantile(took, 0.5), nil
}
