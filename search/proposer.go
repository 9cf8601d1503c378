package search

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/sweepd/sweepd/internal/fault"
)

// Draws in a row that may hit known points.
const (
	maxCollisions = 20    // of the sampler's own
	lastDraws     = 1_000 // at random, in a space too large to count out
)

// proposer is what samplers that draw share: the ledger, start points, shares,
// and what happens when a draw hits a known point.
type proposer struct {
	*ledger
	name  string
	seed  uint64
	start []Point
	deal  *deal // nil: no shares

	// draw gives a place for proposal k. held fixes dimensions, index counts
	// the proposals of the same share, try the draws for this proposal so far;
	// false when no feasible place was found.
	draw func(d draw) ([]float64, bool)
	// label names and explains the point that was drawn last, for k.
	label func(k int) (by, note string)
}

// draw is one request for a place.
type draw struct {
	k, try int
	rng    *rand.Rand
	held   map[int]float64
	seed   uint64 // of the share
	index  uint32 // within the share
}

func newProposer(name string, s *Space, o Options) (*proposer, error) {
	p := &proposer{ledger: newLedger(s), name: name, seed: o.Seed}
	var problems []fault.Problem
	for i, pt := range o.Start {
		c, err := s.Complete(pt)
		if err != nil {
			problems = append(problems, startProblems(i, err)...)
			continue
		}
		p.start = append(p.start, c)
	}
	if err := fault.Many("start points do not fit the space", problems); err != nil {
		return nil, err
	}
	for _, pt := range o.Known {
		p.know(pt)
	}
	if o.Balance != "" {
		var err error
		if p.deal, err = newDeal(s, o.Balance, p.start, o.Seed); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func startProblems(i int, err error) []fault.Problem {
	where := fmt.Sprintf("start[%d]", i)
	f := fault.Of(err)
	if f == nil || len(f.Problems) == 0 {
		return []fault.Problem{{Where: where, Message: err.Error()}}
	}
	ps := append([]fault.Problem(nil), f.Problems...)
	for j := range ps {
		ps[j].Where = where + "." + ps[j].Where
	}
	return ps
}

// Ask gives proposals k to k+n-1: start points first, then draws.
func (p *proposer) Ask(ctx context.Context, k, n int) ([]Proposal, error) {
	return p.ask(ctx, k, n, func(Point, []float64) {})
}

// ask is Ask; each is called with every proposal, before the next is drawn.
func (p *proposer) ask(ctx context.Context, k, n int, each func(Point, []float64)) ([]Proposal, error) {
	out := make([]Proposal, 0, max(n, 0))
	asked := map[string]bool{}
	fresh := func(pt Point) bool {
		h := hashOf(pt)
		return p.taken[h] == 0 && !asked[h]
	}
	for i := k; i < k+n; i++ {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		pr, ok := p.propose(ctx, i, fresh)
		if !ok {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			return out, ErrExhausted
		}
		out = append(out, pr)
		asked[hashOf(pr.Point)] = true
		each(pr.Point, p.space.Encode(pr.Point))
	}
	return out, nil
}

func (p *proposer) propose(ctx context.Context, k int, fresh func(Point) bool) (Proposal, bool) {
	if k < len(p.start) && fresh(p.start[k]) {
		return Proposal{Point: p.start[k].clone(), By: "start", Note: fmt.Sprintf("start point %d of %d", k+1, len(p.start))}, true
	}
	rng := rand.New(rand.NewPCG(p.seed, mix(p.seed, uint64(k))))
	for _, sh := range p.deal.order(k) {
		d := draw{k: k, rng: rng, held: sh.held, seed: mix(p.seed, uint64(sh.group)+1), index: uint32(sh.index)}
		if pr, ok := p.drawFresh(ctx, d, sh.space(p.space), fresh); ok {
			return pr, true
		}
	}
	return Proposal{}, false
}

// drawFresh draws until a point is new. After 20 known ones in a row it counts
// out what is left of a small space, and goes on at random in a large one: its
// few likely points may be known and the rest hardly begun, as where most cases
// of a switch have no parameters.
func (p *proposer) drawFresh(ctx context.Context, d draw, within *Space, fresh func(Point) bool) (Proposal, bool) {
	for d.try = 0; d.try < maxCollisions && ctx.Err() == nil; d.try++ {
		u, ok := p.draw(d)
		if !ok {
			return Proposal{}, false
		}
		if pt := p.space.Decode(u); fresh(pt) {
			by, note := p.name, ""
			if p.label != nil {
				by, note = p.label(d.k)
			}
			return Proposal{Point: pt, By: by, Note: note}, true
		}
	}
	if within.Size() <= maxEnumerated {
		pt, ok := leftover(ctx, within, d.rng, fresh)
		return Proposal{Point: pt, By: "random", Note: "one of the few points left"}, ok
	}
	for i := 0; i < lastDraws && ctx.Err() == nil; i++ {
		u, ok := p.space.sample(d.rng, d.held)
		if !ok {
			break
		}
		if pt := p.space.Decode(u); fresh(pt) {
			return Proposal{Point: pt, By: "random", Note: "the likely points are known"}, true
		}
	}
	return Proposal{}, false
}

// leftover picks one of the fresh points of a small space, each as likely.
func leftover(ctx context.Context, s *Space, rng *rand.Rand, fresh func(Point) bool) (Point, bool) {
	var pick Point
	left := 0
	for o := newOdometer(s); !o.done() && ctx.Err() == nil; o.next() {
		if !fresh(o.w.point) || !o.feasible() {
			continue
		}
		left++
		if rng.IntN(left) == 0 {
			pick = o.point()
		}
	}
	return pick, left > 0
}

func (pt Point) clone() Point {
	out := make(Point, len(pt))
	for k, v := range pt {
		out[k] = v
	}
	return out
}
