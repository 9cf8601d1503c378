package search

// NewRandom draws points independently, each parameter as its scale and weights
// say, from a generator seeded by (seed, k).
func NewRandom(s *Space, o Options) (Sampler, error) {
	p, err := newProposer("random", s, o)
	if err != nil {
		return nil, err
	}
	p.draw = func(d draw) ([]float64, bool) { return s.sample(d.rng, d.held) }
	return p, nil
}
