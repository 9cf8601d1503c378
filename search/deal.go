package search

import (
	"cmp"
	"slices"
	"sync"

	"github.com/sweepd/sweepd/internal/fault"
)

// share is the part of the space that a proposal is drawn from.
type share struct {
	group int             // index of the value; -1 when there are no shares
	index int             // proposals drawn for the same value before this one
	held  map[int]float64 // the balanced dimension, at the value
	sub   func() *Space   // the space with the value pinned, made when it is asked for; nil when there are no shares
}

func (sh share) space(whole *Space) *Space {
	if sh.sub != nil {
		return sh.sub()
	}
	return whole
}

// deal gives the values of one root parameter equal shares of the proposals:
// whose turn it is at k depends on the start points, the seed and k alone.
type deal struct {
	shares []share // one per value, index 0
	dim    int
	seed   uint64
	counts []int // proposals per value among those dealt
	drawn  []int // of them drawn, not start points
	turns  []share
}

// newDeal deals the values of the parameter called name; nil, without an error,
// when it is const: one value has it all.
func newDeal(s *Space, name string, start []Point, seed uint64) (*deal, error) {
	i, err := find(s.def.Params, name)
	if err != nil {
		return nil, err
	}
	key := s.def.Params[i].Name
	i = slices.IndexFunc(s.params, func(p param) bool { return p.Name == key })
	p := &s.params[i]
	switch {
	case p.dim < 0:
		return nil, nil
	case p.domain.cells == 0 || p.Type == Int || p.Type == Float:
		return nil, fault.Invalidf("balance: %s has a range, not a list of values", name).Coded("balance")
	case p.parent >= 0 || p.when != nil:
		return nil, fault.Invalidf("balance: %s is not always active", name).Coded("balance").Fix("balance a parameter at the root of the space")
	}
	d := &deal{dim: p.dim, seed: seed, counts: make([]int, p.domain.cells), drawn: make([]int, p.domain.cells)}
	for c, v := range p.domain.values {
		sub := sync.OnceValue(func() *Space {
			pinned, err := s.Pin(key, v)
			if err != nil {
				return s
			}
			return pinned
		})
		d.shares = append(d.shares, share{group: c, held: map[int]float64{p.dim: p.domain.centre(c)}, sub: sub})
	}
	for _, pt := range start {
		c := p.domain.index[pt[p.Pass]]
		d.counts[c]++
		d.turns = append(d.turns, share{group: c, index: 1<<20 + len(d.turns)})
	}
	return d, nil
}

// turn is the share of proposal k.
func (d *deal) turn(k int) share {
	for len(d.turns) <= k {
		best := 0
		for c := range d.counts {
			if cmp.Or(cmp.Compare(d.counts[c], d.counts[best]), cmp.Compare(d.lot(c), d.lot(best))) < 0 {
				best = c
			}
		}
		d.turns = append(d.turns, share{group: best, index: d.drawn[best]})
		d.counts[best]++
		d.drawn[best]++
	}
	t, full := d.turns[k], d.shares[d.turns[k].group]
	full.index = t.index
	return full
}

// lot orders values that had equally many turns, anew in each round.
func (d *deal) lot(c int) uint64 { return mix(d.seed^uint64(d.counts[c]), uint64(c)) }

// order is the share of proposal k, followed by the others for the case that it
// has no point left.
func (d *deal) order(k int) []share {
	if d == nil {
		return []share{{group: -1, index: k}}
	}
	first := d.turn(k)
	out := []share{first}
	for i := 1; i < len(d.shares); i++ {
		sh := d.shares[(first.group+i)%len(d.shares)]
		sh.index = 1<<20 + k // outside the run of its own turns
		out = append(out, sh)
	}
	return out
}
