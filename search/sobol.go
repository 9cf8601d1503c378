package search

// NewSobol proposes the points of a Sobol sequence (direction numbers of Joe
// and Kuo, Owen scrambling by the seed) in the order of k. With Balance each
// value has a sequence of its own. Points that violate constraints are passed
// over; where feasible ones are rare, repaired draws take their place.
func NewSobol(s *Space, o Options) (Sampler, error) {
	p, err := newProposer("sobol", s, o)
	if err != nil {
		return nil, err
	}
	p.draw = p.drawSobol
	return p, nil
}

const sobolTries = 64 // places looked at for one draw under constraints

// drawSobol is the place of d in the sequence of its share. When that place was
// taken or is infeasible, the same place under other scramblings stands in.
func (p *proposer) drawSobol(d draw) ([]float64, bool) {
	u := make([]float64, len(p.space.dims))
	for i := range sobolTries {
		seed := d.seed
		if n := d.try*sobolTries + i; n > 0 {
			seed = mix(seed, uint64(n))
		}
		newSobol(len(u), seed).point(d.index, u)
		for dim, x := range d.held {
			u[dim] = x
		}
		if len(p.space.constraints) == 0 || p.space.Feasible(p.space.Decode(u)) {
			return u, true
		}
	}
	return p.space.sample(d.rng, d.held)
}
