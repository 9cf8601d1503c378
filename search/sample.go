package search

import (
	"math/rand/v2"
	"slices"
)

// surveyDraws is how many Sobol points Feasibility looks at.
const surveyDraws = 10_000

// probe is what a look over the space found.
type probe struct {
	share    float64
	blocking string
	anchors  [][]float64 // up to 64 feasible places, starts of chains
}

// Feasibility estimates the share of the space that satisfies the constraints,
// by 10,000 Sobol points, and names the constraint that is violated most, ""
// when none ever is. 0 means that none of the points was feasible. Computed
// once; without constraints it costs nothing.
func (s *Space) Feasibility() (share float64, blocking string) {
	p := s.probe()
	return p.share, p.blocking
}

func (s *Space) survey() probe {
	if len(s.constraints) == 0 {
		return probe{share: 1}
	}
	var out probe
	seq, u := newSobol(len(s.dims), 0), make([]float64, len(s.dims))
	blocked := make([]int, len(s.constraints))
	feasible := 0
	for i := range uint32(surveyDraws) {
		seq.point(i, u)
		vars, ok := s.vars(s.Decode(u)), true
		for j := range s.constraints {
			if !s.constraints[j].satisfied(vars) {
				blocked[j]++
				ok = false
			}
		}
		if !ok {
			continue
		}
		feasible++
		if len(out.anchors) < 64 {
			out.anchors = append(out.anchors, slices.Clone(u))
		}
	}
	out.share = float64(feasible) / surveyDraws
	worst := slices.Max(blocked)
	if worst > 0 {
		out.blocking = s.constraints[slices.Index(blocked, worst)].source
	}
	return out
}

// Bounds of sampling under constraints.
const (
	plainDraws = 100 // independent draws before a chain is begun
	chainSteps = 400 // coordinate moves of a chain, at most 8 per dimension
)

// Sample draws a feasible point, each parameter as its scale and weights say;
// false when the space seems to have none. Where independent draws fail it
// repairs: from a feasible place it redraws one coordinate at a time and keeps
// what stays feasible, a Gibbs chain over the feasible region.
func (s *Space) Sample(rng *rand.Rand) (Point, bool) {
	u, ok := s.sample(rng, nil)
	if !ok {
		return nil, false
	}
	return s.Decode(u), true
}

// sample is Sample in the unit cube, inactive coordinates filled at random;
// held fixes some dimensions.
func (s *Space) sample(rng *rand.Rand, held map[int]float64) ([]float64, bool) {
	u := make([]float64, len(s.dims))
	for range plainDraws {
		for i := range u {
			u[i] = rng.Float64()
		}
		for dim, x := range held {
			u[dim] = x
		}
		if len(s.constraints) == 0 || s.Feasible(s.Decode(u)) {
			return u, true
		}
	}
	return s.chain(rng, held)
}

func (s *Space) chain(rng *rand.Rand, held map[int]float64) ([]float64, bool) {
	anchors := s.probe().anchors
	for _, i := range rng.Perm(len(anchors)) {
		u := slices.Clone(anchors[i])
		for dim, x := range held {
			u[dim] = x
		}
		if !s.Feasible(s.Decode(u)) {
			continue
		}
		for range min(chainSteps, 8*len(u)) {
			dim := rng.IntN(len(u))
			if _, fixed := held[dim]; fixed {
				continue
			}
			old := u[dim]
			u[dim] = rng.Float64()
			if !s.Feasible(s.Decode(u)) {
				u[dim] = old
			}
		}
		return u, true
	}
	return nil, false
}
