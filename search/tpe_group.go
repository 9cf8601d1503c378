package search

import (
	"cmp"
	"fmt"
	"math"
)

// tpeGroup are parameters that are active together: the same parent, the same
// value of it, the same condition. It keeps the trials in which it was active
// in three orders and the two densities made of them.
type tpeGroup struct {
	members []int // in the space's params
	own     []int // their dimensions

	rank   *ranked[*record] // finished and stopped, best first
	newest *ranked[*record] // all that count, newest first
	lots   *ranked[*record] // all that count, in an order drawn once per trial

	stale      bool
	good, rest *mixture
}

// tpeGroups divides the parameters of a space; a group comes after those that
// decide whether it is active. Groups without a dimension of their own have
// nothing to model and only carry consts.
func tpeGroups(s *Space, seed uint64) []*tpeGroup {
	var groups []*tpeGroup
	byKey := map[string]*tpeGroup{}
	for i := range s.params {
		p := &s.params[i]
		key := fmt.Sprintf("%d %s %s", p.parent, text(p.equals), p.When)
		g := byKey[key]
		if g == nil {
			g = newTPEGroup(seed)
			byKey[key] = g
			groups = append(groups, g)
		}
		g.members = append(g.members, i)
		if p.dim >= 0 {
			g.own = append(g.own, p.dim)
		}
	}
	for _, g := range groups {
		g.good, g.rest = newMixture(s, g.own), newMixture(s, g.own)
	}
	return groups
}

func newTPEGroup(seed uint64) *tpeGroup {
	lot := func(r *record) uint64 { return mix(seed, uint64(r.trial)) }
	return &tpeGroup{
		stale:  true,
		rank:   newRanked(byRank),
		newest: newRanked(func(a, b *record) int { return cmp.Compare(b.trial, a.trial) }),
		lots:   newRanked(func(a, b *record) int { return cmp.Or(cmp.Compare(lot(a), lot(b)), a.trial-b.trial) }),
	}
}

// holds tells whether the group is active at u.
func (g *tpeGroup) holds(u []float64) bool {
	return len(g.own) > 0 && !math.IsNaN(u[g.own[0]])
}

func (g *tpeGroup) enter(r *record) {
	g.stale = true
	g.newest.insert(r)
	g.lots.insert(r)
	if r.class() < 2 {
		g.rank.insert(r)
	}
}

func (g *tpeGroup) leave(r *record) {
	g.stale = true
	g.newest.remove(r)
	g.lots.remove(r)
	if r.class() < 2 {
		g.rank.remove(r)
	}
}

// goodCount is how many of the ranked trials are called good.
func (g *tpeGroup) goodCount() int {
	n := float64(g.rank.len())
	return min(int(math.Ceil(max(tpeShare*n, min(tpeEarlyShare*n, tpeEarlyGood)))), tpeGood)
}

// build makes the densities anew if the trials have changed; builds counts the
// builds of all groups, so that each can mark what it has used.
func (g *tpeGroup) build(builds int) int {
	if !g.stale {
		return builds
	}
	builds++
	g.stale = false
	unused := func(r *record) bool {
		if r.mark == builds {
			return false
		}
		r.mark = builds
		return true
	}
	g.good.reset()
	left := g.goodCount()
	g.rank.ascend(func(r *record) bool {
		if left--; left < 0 {
			return false
		}
		unused(r)
		g.good.add(r.u, 1)
		return true
	})
	g.rest.reset()
	others := g.newest.len() - g.goodCount()
	left = tpeNewest
	g.newest.ascend(func(r *record) bool {
		if unused(r) {
			g.rest.add(r.u, 1)
			left--
		}
		return left > 0
	})
	old := min(others-tpeNewest, tpeReservoir)
	if old > 0 {
		weight := float64(others-tpeNewest) / float64(old)
		g.lots.ascend(func(r *record) bool {
			if unused(r) {
				g.rest.add(r.u, weight)
				old--
			}
			return old > 0
		})
	}
	g.good.finish()
	g.rest.finish()
	return builds
}
