package search

import (
	"maps"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
)

// Options are what every sampler is made with.
type Options struct {
	Seed     uint64  // everything random is drawn from it
	Budget   int     // trials the branch will have; 0: unknown
	Parallel int     // trials that run at once; 0: unknown
	Start    []Point // proposals 0..len-1, completed by defaults; each must fit the space
	Balance  string  // a root parameter with a list of values whose values share the proposals evenly, start points counted; "": none
	Known    []Point // never proposed again; those outside the space are ignored
}

// Info describes a sampler to people and makes one.
type Info struct {
	Doc string // one line
	New func(s *Space, o Options) (Sampler, error)
}

// Samplers are the samplers by the names a sweep file uses.
var Samplers = map[string]Info{
	"auto":   {"the best default there is: models that take turns", NewAuto},
	"forest": {"extremely randomised trees: categories, conditions, no smoothness", NewForest},
	"gp":     {"a Gaussian process: what is smooth, and few trials", NewGP},
	"grid":   {"every point of a finite space, in order", NewGrid},
	"random": {"independent draws", NewRandom},
	"sobol":  {"a low-discrepancy sequence: covers the space evenly", NewSobol},
	"tpe":    {"tree-structured Parzen estimator along the space's own tree", NewTPE},
}

// NewSampler makes a sampler by name; an unknown name is fault.Invalid.
func NewSampler(name string, s *Space, o Options) (Sampler, error) {
	info, ok := Samplers[name]
	if !ok {
		return nil, fault.Invalidf("unknown sampler %q", name).Coded("sampler").Fix("%s", fault.DidYouMean(name, slices.Sorted(maps.Keys(Samplers))))
	}
	return info.New(s, o)
}
