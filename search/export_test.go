package search

import "math"

// SobolPoint is point index of the d-dimensional sequence of a seed.
func SobolPoint(d int, seed uint64, index uint32) []float64 {
	u := make([]float64, d)
	newSobol(d, seed).point(index, u)
	return u
}

// Density is the density at u of a space's root group with kernels at rows.
func Density(s *Space, rows [][]float64, u []float64) float64 {
	g := tpeGroups(s, 0)[0]
	g.rest.reset()
	for _, r := range rows {
		g.rest.add(r, 1)
	}
	g.rest.finish()
	return math.Exp(g.rest.log(u))
}
