package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Numbers of TPE. The share of good trials and their limit are those of optuna's
// samplers/_tpe/sampler.py; more candidates, and a larger share while there are
// few trials, gave lower losses on Branin, Hartmann-6, spheres and a mixed
// space, 40 seeds each.
const (
	tpeCandidates = 64   // drawn from the good density per proposal
	tpeAttempts   = 640  // draws that may go into finding that many feasible ones
	tpeGood       = 25   // most trials called good
	tpeShare      = 0.1  // of the ranked trials called good
	tpeEarlyShare = 0.15 // until that makes tpeEarlyGood
	tpeEarlyGood  = 8
	tpeNewest     = 128 // kernels of the other density: the newest trials
	tpeReservoir  = 384 // and an even sample of the older ones
)

// tpe is the tree-structured Parzen estimator (Bergstra et al., Algorithms for
// Hyper-Parameter Optimization, NeurIPS 2011) in its multivariate form, along
// the exact tree of the space: parameters that are active together are one
// group with a joint density, made of the trials in which it was active and
// ranked among them; groups are independent of one another. A proposal is the
// candidate with the largest ratio of the density of good trials to that of the
// others.
//
// Pending and failed trials are among the others, so that proposals keep away
// from them; trials stopped early rank after the finished ones, by resource and
// then loss. A degraded trial counts with its value, since that is what its point
// leads to. The others are at most 512 kernels, so that an Ask costs the same at
// a thousand and at a hundred thousand trials.
type tpe struct {
	*proposer
	groups []*tpeGroup
	n0     int // trials that must have ended before the model proposes
	init   *deal
	builds int
	mine   []*record // proposals of the Ask under way
}

// NewTPE makes a TPE. The first max(4, min(dimensions+1, 10, Budget/10))
// proposals, start points included, come from a scrambled Sobol sequence dealt
// evenly over the cases of a switch at the root.
func NewTPE(s *Space, o Options) (Sampler, error) {
	p, err := newProposer("tpe", s, o)
	if err != nil {
		return nil, err
	}
	t := &tpe{proposer: p, groups: tpeGroups(s, o.Seed), n0: startup(s.Dims(), o.Budget), init: p.deal}
	if name, ok := s.SwitchRoot(); ok && t.init == nil {
		if d, err := newDeal(s, name, p.start, o.Seed); err == nil {
			t.init = d
		}
	}
	p.enter = func(r *record) { t.each(r, (*tpeGroup).enter) }
	p.leave = func(r *record) { t.each(r, (*tpeGroup).leave) }
	p.draw = t.place
	p.label = t.explain
	return t, nil
}

func startup(dims, budget int) int {
	n := min(dims+1, 10)
	if budget > 0 {
		n = min(n, (budget+9)/10)
	}
	return max(4, n)
}

func (t *tpe) each(r *record, f func(*tpeGroup, *record)) {
	for _, g := range t.groups {
		if g.holds(r.u) {
			f(g, r)
		}
	}
}

// Ask gives proposals k to k+n-1; each sees those before it as pending.
// O(n · kernels · candidates · dimensions), whatever the number of trials.
func (t *tpe) Ask(ctx context.Context, k, n int) ([]Proposal, error) {
	defer func() {
		for _, r := range t.mine {
			t.each(r, (*tpeGroup).leave)
		}
		t.mine = nil
	}()
	return t.ask(ctx, k, n, func(pt Point, u []float64) {
		r := &record{trial: math.MaxInt - n + len(t.mine), point: pt, hash: hashOf(pt), u: u}
		t.mine = append(t.mine, r)
		t.each(r, (*tpeGroup).enter)
	})
}

// modelled tells whether enough trials have ended for the model.
func (t *tpe) modelled() bool { return t.ended >= t.n0 }

func (t *tpe) explain(k int) (by, note string) {
	if !t.modelled() || len(t.groups) == 0 {
		return "init", fmt.Sprintf("Sobol point, until %d trials have ended", t.n0)
	}
	g := slices.MaxFunc(t.groups, func(a, b *tpeGroup) int { return a.rank.len() - b.rank.len() })
	return "tpe", fmt.Sprintf("best of %d candidates, after %d good of %d ranked trials", tpeCandidates, g.goodCount(), g.rank.len())
}

func (t *tpe) place(d draw) ([]float64, bool) {
	if d.try >= maxCollisions/2 { // what it would propose is known already
		return t.space.sample(d.rng, d.held)
	}
	if !t.modelled() || len(t.groups) == 0 {
		if t.init != nil && d.held == nil {
			sh := t.init.order(d.k)[0]
			d.held, d.index, d.seed = sh.held, uint32(sh.index), mix(t.seed, uint64(sh.group)+1)
		}
		return t.drawSobol(d)
	}
	return t.best(d)
}

// best draws candidates from the good density and keeps the one with the
// largest ratio. The other density is never less than its prior's part, so that
// a candidate whose ratio to that part is below the best ratio so far needs no
// look at the kernels; in many dimensions few do.
func (t *tpe) best(d draw) ([]float64, bool) {
	for _, g := range t.groups {
		t.builds = g.build(t.builds)
	}
	c := newCandidate(t.space, t.groups)
	var found []drawn
	for i := 0; len(found) < tpeCandidates && i < tpeAttempts; i++ {
		if x := c.draw(d); c.feasible() {
			found = append(found, x)
		}
	}
	if len(found) == 0 {
		return t.space.sample(d.rng, d.held)
	}
	slices.SortStableFunc(found, func(a, b drawn) int { return cmp.Compare(b.most, a.most) })
	best, top := found[0].u, math.Inf(-1)
	for _, x := range found {
		if x.most <= top {
			break
		}
		ratio := x.good
		for _, g := range x.groups {
			ratio -= g.rest.log(x.u)
		}
		if ratio > top {
			best, top = x.u, ratio
		}
	}
	return best, true
}

// drawn is a candidate: its place, the groups that are active there, the log of
// its good density and the most that the log of its ratio can be.
type drawn struct {
	u          []float64
	groups     []*tpeGroup
	good, most float64
}

// candidate is one point under construction, group by group.
type candidate struct {
	groups []*tpeGroup
	w      *walk
	values bool   // conditions or constraints need the values of all parameters
	needed []bool // by index in params: its value decides about others
}

func newCandidate(s *Space, groups []*tpeGroup) *candidate {
	c := &candidate{groups: groups, w: s.newWalk(), values: len(s.constraints) > 0, needed: make([]bool, len(s.params))}
	for i := range s.params {
		if s.params[i].when != nil {
			c.values = true
		}
		if j := s.params[i].parent; j >= 0 {
			c.needed[j] = true
		}
	}
	return c
}

// draw makes a new candidate from the good density.
func (c *candidate) draw(d draw) drawn {
	s := c.w.s
	clear(c.w.point)
	clear(c.w.on)
	x := drawn{u: make([]float64, len(s.dims))}
	for i := range x.u {
		x.u[i] = math.NaN()
	}
	for _, g := range c.groups {
		if !c.w.active(g.members[0]) {
			continue
		}
		g.good.draw(x.u, d.rng)
		for _, dim := range g.own {
			if held, ok := d.held[dim]; ok {
				x.u[dim] = held
			} else {
				x.u[dim] = s.params[s.dims[dim]].domain.snap(x.u[dim])
			}
		}
		good := g.good.log(x.u)
		x.good += good
		x.most += good - g.rest.floor(x.u)
		x.groups = append(x.groups, g)
		for _, i := range g.members {
			c.set(i, x.u)
		}
	}
	return x
}

// set makes parameter i active, with its value when something reads it.
func (c *candidate) set(i int, u []float64) {
	p := &c.w.s.params[i]
	switch {
	case p.dim < 0:
		c.w.set(i, p.Values[0])
	case c.values || c.needed[i]:
		c.w.set(i, p.domain.decode(u[p.dim]))
	default:
		c.w.on[i] = true
	}
}

func (c *candidate) feasible() bool {
	return len(c.w.s.constraints) == 0 || c.w.s.Feasible(c.w.point)
}

// byRank orders ranked trials: finished by loss; then stopped ones, those that
// came further first.
func byRank(a, b *record) int {
	if a.class() != b.class() {
		return a.class() - b.class()
	}
	if a.class() == 0 {
		return cmp.Or(cmp.Compare(a.final, b.final), a.trial-b.trial)
	}
	return cmp.Or(cmp.Compare(b.resource, a.resource), cmp.Compare(a.partial, b.partial), a.trial-b.trial)
}
