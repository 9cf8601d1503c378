package search

import "math"

// features are places as regression models read them, one number per
// dimension: a numeric coordinate in [0,1], the index of a category's value. An
// inactive numeric dimension is in the middle, an inactive category is a value of
// its own, -1: where a parameter is inactive, another says so.
type features struct {
	numeric []int // dimensions
	choice  []int
	space   *Space
}

func newFeatures(s *Space) *features {
	f := &features{space: s}
	for dim := range s.dims {
		if f.domain(dim).categorical() {
			f.choice = append(f.choice, dim)
		} else {
			f.numeric = append(f.numeric, dim)
		}
	}
	return f
}

func (f *features) domain(dim int) *domain { return &f.space.params[f.space.dims[dim]].domain }

// of fills x with the features of the place u, NaN where it is inactive.
func (f *features) of(u, x []float64) []float64 {
	for _, dim := range f.numeric {
		if x[dim] = u[dim]; math.IsNaN(u[dim]) {
			x[dim] = 0.5
		}
	}
	for _, dim := range f.choice {
		if x[dim] = -1; !math.IsNaN(u[dim]) {
			x[dim] = float64(f.domain(dim).cellOf(u[dim]))
		}
	}
	return x
}
