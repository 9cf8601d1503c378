package search

import (
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
)

// Pin is the space with one parameter held at v: it becomes const, and the
// cases of a switch that are not taken are removed. name is a Name, or a passed
// name that one parameter alone has. Unknown names and values outside the
// domain are fault.Invalid.
func (s *Space) Pin(name string, v any) (*Space, error) {
	d := s.def.clone()
	i, err := find(d.Params, name)
	if err != nil {
		return nil, err
	}
	dom := newDomain(d.Params[i])
	c, err := dom.canon(v)
	if err != nil {
		return nil, fault.Invalidf("%s: %v", name, err).Coded("point")
	}
	d.Params[i] = held(d.Params[i], c)
	d.dropDeadCases()
	return NewSpace(d)
}

// held is p as a const.
func held(p Param, v any) Param {
	return Param{Name: p.Name, Pass: p.Pass, Type: Const, Values: []any{v}, Parent: p.Parent, Equals: p.Equals, When: p.When}
}

// find is the index of the parameter of that Name, else of that Pass.
func find(params []Param, name string) (int, error) {
	if i := slices.IndexFunc(params, func(p Param) bool { return p.Name == name }); i >= 0 {
		return i, nil
	}
	i := slices.IndexFunc(params, func(p Param) bool { return p.Pass == name })
	if i < 0 {
		var names []string
		for _, p := range params {
			names = append(names, p.Pass)
		}
		slices.Sort(names)
		return 0, fault.Invalidf("unknown parameter %q", name).Coded("point").Fix("%s", fault.DidYouMean(name, slices.Compact(names)))
	}
	for _, p := range params[i+1:] {
		if p.Pass == name {
			return 0, fault.Invalidf("%q is passed by several parameters", name).Coded("point").Fix("name one: %s or %s", params[i].Name, p.Name)
		}
	}
	return i, nil
}

// dropDeadCases removes the children of values that no parent has any more, to
// any depth, and remembers the names that are no longer passed.
func (d *Definition) dropDeadCases() {
	for {
		n := len(d.Params)
		var gone []string
		d.Params = slices.DeleteFunc(d.Params, func(p Param) bool {
			if p.Parent == "" || d.reachable(p) {
				return false
			}
			gone = append(gone, p.Pass)
			return true
		})
		for _, name := range gone {
			if !slices.Contains(d.Absent, name) {
				d.Absent = append(d.Absent, name)
			}
		}
		if len(d.Params) == n {
			break
		}
	}
	d.Absent = slices.DeleteFunc(d.Absent, func(name string) bool {
		return slices.ContainsFunc(d.Params, func(p Param) bool { return p.Pass == name })
	})
	slices.Sort(d.Absent)
}

// reachable tells whether p's parent still exists and can have its value.
func (d *Definition) reachable(p Param) bool {
	i := slices.IndexFunc(d.Params, func(q Param) bool { return q.Name == p.Parent })
	if i < 0 {
		return false
	}
	dom := newDomain(d.Params[i])
	_, err := dom.canon(p.Equals)
	return err == nil
}
