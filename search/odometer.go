package search

import (
	"maps"
	"math"
	"slices"
)

// odometer goes through every distinct point of a finite space, in order of
// the parameters' values, the last parameter fastest. Only active parameters
// turn, so that no point comes twice. It holds one point at a time.
type odometer struct {
	s     *Space
	digit []int // by index in params
	w     *walk // the present point; nil at the end
}

// newOdometer stands on the first point. Every dimension must be discrete.
func newOdometer(s *Space) *odometer {
	o := &odometer{s: s, digit: make([]int, len(s.params))}
	o.w = s.newWalk()
	o.fill(0)
	return o
}

// fill sets the parameters from i on to their digits.
func (o *odometer) fill(i int) {
	for j := i; j < len(o.s.params); j++ {
		p := &o.s.params[j]
		if o.w.on[j] {
			delete(o.w.point, p.Pass)
			o.w.on[j] = false
		}
	}
	for j := i; j < len(o.s.params); j++ {
		p := &o.s.params[j]
		if !o.w.active(j) {
			o.digit[j] = 0
			continue
		}
		o.w.set(j, p.domain.at(o.digit[j]))
	}
}

// done tells whether every point has been passed.
func (o *odometer) done() bool { return o.w == nil }

// point is the present point, a copy.
func (o *odometer) point() Point { return maps.Clone(o.w.point) }

// feasible tells whether the present point satisfies the constraints.
func (o *odometer) feasible() bool { return o.s.Feasible(o.w.point) }

// next goes one point on. O(parameters).
func (o *odometer) next() {
	for i := len(o.s.params) - 1; i >= 0; i-- {
		if !o.w.on[i] || o.digit[i]+1 >= o.s.params[i].domain.cells {
			o.digit[i] = 0
			continue
		}
		o.digit[i]++
		o.fill(i)
		return
	}
	o.w = nil
}

// maxEnumerated is how many points Size walks through when conditions or
// constraints keep it from multiplying.
const maxEnumerated = 100_000

// Size is the number of distinct feasible points: +Inf when a parameter is
// continuous. It is exact for any nesting of switches; conditions and
// constraints are counted out up to 100,000 points, beyond that they are
// ignored and Size is an upper bound.
func (s *Space) Size() float64 { return s.size() }

func (s *Space) count() float64 {
	bound := s.product(-1, nil)
	plain := len(s.constraints) == 0
	for i := range s.params {
		plain = plain && s.params[i].when == nil
	}
	if plain || bound > maxEnumerated {
		return bound
	}
	n := 0.0
	for o := newOdometer(s); !o.done(); o.next() {
		if o.feasible() {
			n++
		}
	}
	return n
}

// product counts the assignments of the children of one parent for one of its
// values, conditions ignored; -1 are the roots.
func (s *Space) product(parent int, value any) float64 {
	n := 1.0
	for i := range s.params {
		p := &s.params[i]
		if p.parent != parent || (parent >= 0 && p.equals != value) {
			continue
		}
		if p.domain.cells == 0 {
			return math.Inf(1)
		}
		n *= s.choices(i)
	}
	return n
}

// choices counts the assignments of parameter i and all below it.
func (s *Space) choices(i int) float64 {
	d := &s.params[i].domain
	var cases []any // values that have children
	for j := range s.params {
		if p := &s.params[j]; p.parent == i && !slices.Contains(cases, p.equals) {
			cases = append(cases, p.equals)
		}
	}
	n := float64(d.cells - len(cases))
	for _, v := range cases {
		n += s.product(i, v)
	}
	return n
}
