package search

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/internal/fault"
)

// walk visits the parameters of a space in order and builds a point.
type walk struct {
	s      *Space
	on     []bool // by index in params: is it active
	value  []any  // by index in params, when active
	point  Point
	failed func(*param, error) // a condition that cannot be evaluated; nil: it is false
}

func (s *Space) newWalk() *walk {
	return &walk{s: s, on: make([]bool, len(s.params)), value: make([]any, len(s.params)), point: make(Point, len(s.params))}
}

// active tells whether parameter i is active, given those before it.
func (w *walk) active(i int) bool {
	p := &w.s.params[i]
	if p.parent >= 0 && (!w.on[p.parent] || w.value[p.parent] != p.equals) {
		return false
	}
	if p.when == nil {
		return true
	}
	ok, err := p.when.Bool(w.s.vars(w.point))
	if err != nil && w.failed != nil {
		w.failed(p, err)
	}
	return ok
}

// set makes parameter i active with a canonical value.
func (w *walk) set(i int, v any) {
	w.on[i], w.value[i] = true, v
	w.point[w.s.params[i].Pass] = v
}

// decode builds the point at u, one coordinate per dimension.
func (w *walk) decode(u []float64) {
	for i := range w.s.params {
		if !w.active(i) {
			continue
		}
		if p := &w.s.params[i]; p.dim < 0 {
			w.set(i, p.Values[0])
		} else {
			w.set(i, p.domain.decode(u[p.dim]))
		}
	}
}

// vars is a point as expressions see it.
func (s *Space) vars(pt Point) map[string]any {
	if !s.needsP {
		return pt
	}
	v := maps.Clone(map[string]any(pt))
	if _, taken := v["p"]; !taken {
		v["p"] = map[string]any(pt)
	}
	return v
}

// Decode is the point at u, which has Dims coordinates in [0,1); those of
// inactive parameters are not read. It may violate constraints. O(parameters).
func (s *Space) Decode(u []float64) Point {
	w := s.newWalk()
	w.decode(u)
	return w.point
}

// Encode is the place of a canonical point in the unit cube: cell centres for
// discrete parameters, NaN for inactive ones.
func (s *Space) Encode(pt Point) []float64 {
	u := make([]float64, len(s.dims))
	w := s.newWalk()
	for i := range s.params {
		p := &s.params[i]
		v, given := pt[p.Pass]
		if p.Type == Const {
			v, given = p.Values[0], true
		}
		on := given && w.active(i)
		if on {
			if c, err := p.domain.canon(v); err == nil {
				v = c
			}
			w.set(i, v)
		}
		if p.dim < 0 {
			continue
		}
		u[p.dim] = math.NaN()
		if on {
			u[p.dim] = p.domain.encode(v)
		}
	}
	return u
}

// Canon is pt as the space writes it: numbers rounded to their grid and to 12
// digits, int64 for ints whatever they came as, inactive parameters dropped.
// A parameter that is unknown, missing or out of its domain is fault.Invalid.
// Constraints are not looked at.
func (s *Space) Canon(pt Point) (Point, error) { return s.canon(pt, false) }

// Complete is Canon for points that people write: what is missing gets its
// default, and a violated constraint is fault.Invalid.
func (s *Space) Complete(pt Point) (Point, error) {
	out, err := s.canon(pt, true)
	if err != nil {
		return nil, err
	}
	if i := s.violated(out); i >= 0 {
		return nil, fault.Invalidf("the point violates %q", s.constraints[i].source).Coded("point")
	}
	return out, nil
}

func (s *Space) canon(pt Point, complete bool) (Point, error) {
	var ps []fault.Problem
	for name := range pt {
		if !s.known[name] && !slices.Contains(s.def.Absent, name) {
			ps = append(ps, fault.Problem{Where: name, Message: fmt.Sprintf("unknown parameter %q", name), Hint: fault.DidYouMean(name, s.passed())})
		}
	}
	slices.SortFunc(ps, func(a, b fault.Problem) int { return strings.Compare(a.Where, b.Where) })
	w := s.newWalk()
	for i := range s.params {
		p := &s.params[i]
		if !w.active(i) {
			continue
		}
		v, given := pt[p.Pass]
		switch {
		case given:
			c, err := p.domain.canon(v)
			if err != nil {
				ps = append(ps, fault.Problem{Where: p.Pass, Message: err.Error()})
				continue
			}
			v = c
		case complete || p.Type == Const:
			v = p.fallback()
		default:
			ps = append(ps, fault.Problem{Where: p.Pass, Message: "is missing"})
			continue
		}
		w.set(i, v)
	}
	if len(ps) > 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Code: "point", Message: "the point does not fit the space", Problems: ps}
	}
	return w.point, nil
}

// fallback is the value of a parameter that a start point leaves out.
func (p *param) fallback() any {
	if p.Default != nil {
		if v, err := p.domain.canon(p.Default); err == nil {
			return v
		}
	}
	if p.Type == Float || p.Type == Int {
		return p.domain.decode(0.5)
	}
	return p.domain.values[0]
}

// passed are the passed names, sorted, each once.
func (s *Space) passed() []string {
	return slices.Sorted(maps.Keys(s.known))
}

// violated is the index of the first constraint that a canonical point
// violates, -1 when it satisfies all. One that reads an inactive parameter asks
// nothing; one that cannot be evaluated is violated.
func (s *Space) violated(pt Point) int {
	if len(s.constraints) == 0 {
		return -1
	}
	vars := s.vars(pt)
	for i := range s.constraints {
		if !s.constraints[i].satisfied(vars) {
			return i
		}
	}
	return -1
}

func (c *constraint) satisfied(vars map[string]any) bool {
	out, err := c.holds.Eval(vars)
	if errors.Is(err, expr.ErrInactive) {
		return true
	}
	ok, _ := out.(bool)
	return err == nil && ok
}

// Feasible tells whether a canonical point satisfies every constraint.
func (s *Space) Feasible(pt Point) bool { return s.violated(pt) < 0 }
