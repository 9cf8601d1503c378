package search

import (
	"fmt"
	"slices"
)

// Numbers of auto.
const (
	autoStart   = 4    // trials that must have ended at least before a model proposes
	autoMost    = 2000 // trials that have ended, beyond which TPE proposes alone
	autoPending = 24   // open trials from which TPE makes three of four proposals
)

// auto deals proposals between models that are strong at different things, for
// no single one wins everywhere, and two that alternate do better than either
// alone (BBO challenge 2020, Turner et al. 2021, arXiv:2104.10201): a Gaussian
// process for what is smooth, a forest for categories and conditions, TPE for
// what is conditional or large. A proposal of a regression model costs O(rows²) for
// each of some thousand places, rows being 256 at most and the open trials, and now
// and then a fit. How often each comes is said by the space alone;
// which makes proposal k is said by k and the trials, so that a rebuilt sampler
// asks as the live one did.
type auto struct {
	*tpe
	f     *features
	cycle []engine
	lag   int // trials that run beside one another
	open  int // trials that have not ended
	by    string
	note  string // of the proposal under way

	coarse, fine hyper // of the Gaussian process
}

// engine is a model that proposes.
type engine string

// The engines, by the names that proposals carry.
const (
	gpEngine     engine = "gp"
	forestEngine engine = "forest"
	tpeEngine    engine = "tpe"
)

// NewAuto makes the default sampler: the middle of the space, some Sobol points,
// then models that take turns.
func NewAuto(s *Space, o Options) (Sampler, error) { return newAuto(s, o, turns(s)) }

// NewGP makes a sampler of a Gaussian process alone.
func NewGP(s *Space, o Options) (Sampler, error) { return newAuto(s, o, []engine{gpEngine}) }

// NewForest makes a sampler of a forest alone.
func NewForest(s *Space, o Options) (Sampler, error) {
	return newAuto(s, o, []engine{forestEngine})
}

func newAuto(s *Space, o Options, cycle []engine) (Sampler, error) {
	inner, err := NewTPE(s, o)
	if err != nil {
		return nil, err
	}
	a := &auto{tpe: inner.(*tpe), f: newFeatures(s), cycle: cycle, lag: max(0, o.Parallel-1)}
	a.n0 = max(autoStart, min(s.Dims()/4+3, a.n0))
	a.draw, a.label = a.place, func(int) (by, note string) { return a.by, a.note }
	enter, leave := a.enter, a.leave
	a.enter = func(r *record) { enter(r); a.countOpen(r, 1) }
	a.leave = func(r *record) { leave(r); a.countOpen(r, -1) }
	return a, nil
}

// turns is the cycle of engines for a space: categories give the forest more of
// them, conditions TPE too.
func turns(s *Space) []engine {
	choices, conditional := 0, 0
	for i := range s.params {
		p := &s.params[i]
		if p.dim < 0 {
			continue
		}
		if p.domain.categorical() {
			choices++
		}
		if p.parent >= 0 || p.when != nil {
			conditional++
		}
	}
	switch d := max(1, s.Dims()); {
	case 5*conditional > d:
		return []engine{gpEngine, forestEngine, tpeEngine}
	case 2*choices >= d:
		return []engine{gpEngine, forestEngine}
	}
	return []engine{gpEngine, gpEngine, gpEngine, forestEngine}
}

// countOpen keeps the number of open trials.
func (a *auto) countOpen(r *record, sign int) {
	if r.pending() {
		a.open += sign
	}
}

// engine is who makes proposal k.
func (a *auto) engine(k int) engine {
	if a.space.Dims() == 0 || a.ended > autoMost || (a.open+len(a.mine) >= autoPending && k%4 != 0) {
		return tpeEngine
	}
	return a.cycle[k%len(a.cycle)]
}

// say keeps who makes the proposal under way, and why.
func (a *auto) say(by, format string, args ...any) { a.by, a.note = by, fmt.Sprintf(format, args...) }

func (a *auto) place(d draw) ([]float64, bool) {
	if d.try == 0 {
		if u, ok := a.choose(d); ok {
			return u, true
		}
	}
	a.by, a.note = a.tpe.explain(d.k)
	return a.tpe.place(d)
}

// choose gives the place that auto itself would choose; false when TPE, or the Sobol
// sequence before there is a model, is to choose.
func (a *auto) choose(d draw) ([]float64, bool) {
	if !a.modelled() {
		u := a.middle()
		a.say("init", "the middle of every range")
		return u, d.k == len(a.start) && len(d.held) == 0 && a.space.Feasible(a.space.Decode(u))
	}
	e := a.engine(d.k)
	if e == tpeEngine {
		return nil, false
	}
	r := a.regression(e)
	if r == nil {
		return nil, false
	}
	what := map[engine]string{gpEngine: "a Gaussian process", forestEngine: "a forest"}[e]
	expected := r.noisy && d.k%2 == 1
	if expected {
		a.say(string(e), "least expected loss by %s over %d trials, since the losses are noisy", what, a.ended)
	} else {
		a.say(string(e), "largest expected improvement of %s over %d trials", what, a.ended)
	}
	acq := &acquisition{regression: r, space: a.space, f: a.f, held: d.held, rng: d.rng, known: a.knows, expected: expected}
	return acq.place()
}

// middle is the middle of every range, the first value of every list, and the
// default where there is one: what a person would try first.
func (a *auto) middle() []float64 {
	u := make([]float64, a.space.Dims())
	for dim := range u {
		p := &a.space.params[a.space.dims[dim]]
		switch {
		case p.Default != nil:
			u[dim] = p.domain.encode(p.Default)
		case p.domain.categorical():
			u[dim] = p.domain.centre(0)
		default:
			u[dim] = 0.5
		}
	}
	return u
}

// knows tells whether a point is known or proposed in the Ask under way.
func (a *auto) knows(pt Point) bool {
	h := hashOf(pt)
	return a.taken[h] > 0 || slices.ContainsFunc(a.mine, func(r *record) bool { return r.hash == h })
}
