package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// Winners are what a narrowed space is made around: the space of the stage
// narrowed, and its points.
type Winners struct {
	Space     *search.Definition
	Completed []search.Point // best first
	Tried     []search.Point // all proposed so far
}

// SpaceFor is the space of one branch when its stage opens. each is the loop's
// item by its name (nil without a loop): a parameter of that name is held at
// it. w is read only when the stage narrows another. Nil for a stage of points.
// It is a pure function: the same facts give the same space.
func (s *Stage) SpaceFor(each map[string]any, w Winners) (*search.Definition, error) {
	if s.Kind != SearchStage || s.Points != nil {
		return nil, nil
	}
	base := s.Space
	if s.Narrow != nil {
		base = w.Space
	}
	if base == nil {
		return nil, s.fault("has no space")
	}
	space, err := search.NewSpace(*base)
	if err != nil {
		return nil, s.fault("its space").Because(err)
	}
	if space, err = pin(space, each); err != nil {
		return nil, s.fault("for_each").Because(err)
	}
	if s.Narrow == nil {
		d := space.Definition()
		return &d, nil
	}
	if space, err = space.Narrow(w.Completed, w.Tried, search.NarrowOptions{Keep: s.Narrow.Keep, Widen: max(s.Narrow.Widen, 1e-12)}); err != nil {
		return nil, s.fault("narrow").Because(err)
	}
	d := space.Definition()
	if s.Narrow.Override == nil {
		return &d, nil
	}
	d = override(d, *s.Narrow.Override)
	if space, err = search.NewSpace(d); err != nil {
		return nil, s.fault("the keys beside narrow").Because(err)
	}
	if space, err = pin(space, each); err != nil {
		return nil, s.fault("for_each").Because(err)
	}
	d = space.Definition()
	return &d, nil
}

func (s *Stage) fault(what string) *fault.Error {
	return fault.Invalidf("stage %s (line %d): %s", s.Name, s.Line, what).Coded("stage_space")
}

// pin holds the loop's parameters, when the space has them and more than one
// value is left.
func pin(space *search.Space, each map[string]any) (*search.Space, error) {
	for _, name := range slices.Sorted(maps.Keys(each)) {
		if !slices.ContainsFunc(space.Params(), func(p search.Param) bool { return p.Pass == name }) {
			continue
		}
		next, err := space.Pin(name, each[name])
		if err != nil {
			return nil, fmt.Errorf("%s = %v: %w", name, each[name], err)
		}
		space = next
	}
	return space, nil
}

// override replaces parameters of d by those of o that are passed by the same
// name; one that o puts at the root keeps its place in a switch. New ones are
// added, constraints are too.
func override(d, o search.Definition) search.Definition {
	d.Params = slices.Clone(d.Params)
	for _, p := range o.Params {
		replaced := false
		for i, q := range d.Params {
			if q.Name != p.Name && (p.Parent != "" || q.Pass != p.Pass) {
				continue
			}
			r := p
			r.Name, r.Parent, r.Equals = q.Name, q.Parent, q.Equals
			if r.When == "" {
				r.When = q.When
			}
			d.Params[i], replaced = r, true
		}
		if !replaced {
			d.Params = append(d.Params, p)
		}
	}
	all := d.Params
	d.Params = withoutDeadCases(slices.Clone(all))
	d.Absent = slices.Clone(d.Absent)
	for _, p := range all {
		if !slices.ContainsFunc(d.Params, func(q search.Param) bool { return q.Pass == p.Pass }) && !slices.Contains(d.Absent, p.Pass) {
			d.Absent = append(d.Absent, p.Pass)
		}
	}
	d.Constraints = append(slices.Clone(d.Constraints), o.Constraints...)
	return d
}

// withoutDeadCases drops the parameters whose switch has lost their case.
func withoutDeadCases(params []search.Param) []search.Param {
	for {
		n := len(params)
		params = slices.DeleteFunc(params, func(p search.Param) bool {
			if p.Parent == "" {
				return false
			}
			i := slices.IndexFunc(params, func(q search.Param) bool { return q.Name == p.Parent })
			return i < 0 || params[i].Type != search.Bool && !slices.Contains(params[i].Values, p.Equals)
		})
		if len(params) == n {
			return params
		}
	}
}

// BaseSpace is the space a stage's trials come from before any narrowing: its
// own, or that of the stage at the end of its chain of narrow. Nil for points
// and ensembles.
func (s *Spec) BaseSpace(stage string) *search.Definition {
	st := s.Stage(stage)
	for range s.Stages {
		if st == nil || st.Narrow == nil {
			break
		}
		st = s.Stage(st.Narrow.Stage)
	}
	if st == nil {
		return nil
	}
	return st.Space
}
