package search

import (
	"context"
	"fmt"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// grid proposes the points of a finite space in order, the last parameter
// fastest. It keeps one place, not a list: the first point that is not taken.
type grid struct {
	*proposer
	first *odometer
}

// NewGrid proposes every point of a finite space in order, start points first.
// Continuous parameters are fault.Invalid and named: they need a step.
func NewGrid(s *Space, o Options) (Sampler, error) {
	var continuous []string
	for _, k := range s.dims {
		if p := &s.params[k]; p.domain.cells == 0 {
			continuous = append(continuous, p.Name)
		}
	}
	if len(continuous) > 0 {
		return nil, fault.Invalidf("a grid needs a finite space, and %s has no step", strings.Join(continuous, ", ")).
			Coded("sampler").Fix("give a step or a list of values, or use the sampler sobol")
	}
	if o.Balance != "" {
		return nil, fault.Invalidf("a grid tries every point and has no balance").Coded("balance").Fix("remove balance, or use the sampler sobol")
	}
	p, err := newProposer("grid", s, o)
	if err != nil {
		return nil, err
	}
	return &grid{proposer: p, first: newOdometer(s)}, nil
}

// Tell folds one fact. A point that is free again sends the grid back to its
// beginning.
func (g *grid) Tell(o Observation) {
	r := g.records[o.Trial]
	held := r != nil && r.live()
	g.proposer.Tell(o)
	if held && !r.live() {
		g.first = newOdometer(g.space)
	}
}

// Ask gives proposals k to k+n-1. O(points passed over since the last Ask).
func (g *grid) Ask(ctx context.Context, k, n int) ([]Proposal, error) {
	var out []Proposal
	asked := map[string]bool{}
	free := func(pt Point) bool {
		h := hashOf(pt)
		return g.taken[h] == 0 && !asked[h]
	}
	for ; !g.first.done() && (!free(g.first.w.point) || !g.first.feasible()); g.first.next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	at := g.first.clone()
	for i := k; i < k+n; i++ {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		pr := Proposal{By: "grid"}
		if i < len(g.start) && free(g.start[i]) {
			pr = Proposal{Point: g.start[i].clone(), By: "start", Note: fmt.Sprintf("start point %d of %d", i+1, len(g.start))}
		} else {
			for ; !at.done() && (!free(at.w.point) || !at.feasible()); at.next() {
				if err := ctx.Err(); err != nil {
					return out, err
				}
			}
			if at.done() {
				return out, ErrExhausted
			}
			pr.Point = at.point()
		}
		asked[hashOf(pr.Point)] = true
		out = append(out, pr)
	}
	return out, nil
}

// clone is another odometer at the same place.
func (o *odometer) clone() *odometer {
	c := &odometer{s: o.s, digit: append([]int(nil), o.digit...)}
	if o.done() {
		return c
	}
	c.w = o.s.newWalk()
	c.fill(0)
	return c
}
