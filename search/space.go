package search

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/internal/fault"
)

// Space is a checked set of parameters with an exact map of which are active
// when. It cannot be changed and is safe for concurrent use. Each parameter
// that is not const is one dimension of [0,1), in the order of Dims; a point is
// a vector there, NaN where a parameter is inactive.
type Space struct {
	def         Definition
	params      []param // parents and what conditions read come before
	dims        []int   // index in params of each dimension
	constraints []constraint
	needsP      bool            // some expression reads p["..."]
	known       map[string]bool // passed names

	size  func() float64
	probe func() probe
}

// param is a Param with what is needed to walk it.
type param struct {
	Param
	domain domain
	dim    int // -1 for const
	parent int // index in params, -1 for a root
	equals any // canonical value of the parent
	when   *expr.Program
	reads  []int // indices in params of what when reads
}

// constraint is a condition on points.
type constraint struct {
	source string
	holds  *expr.Program
	dims   []int // dimensions it reads
}

// NewSpace checks d. What is wrong comes as one fault.Invalid with a Problem
// per fault, Where "space.NAME", or "constraints[i]".
func NewSpace(d Definition) (*Space, error) {
	d = d.clone()
	s := &Space{def: d, known: map[string]bool{}}
	for _, p := range d.Params {
		s.known[p.Pass] = true
	}
	ps := s.checkParams()
	if len(ps) == 0 {
		ps = s.order()
	}
	if len(ps) == 0 {
		ps = s.compileConstraints()
	}
	if len(ps) == 0 {
		ps = s.tryExpressions()
	}
	if len(ps) > 0 {
		return nil, &fault.Error{Kind: fault.Invalid, Code: "space", Message: "the search space has faults", Problems: ps}
	}
	s.size = sync.OnceValue(s.count)
	s.probe = sync.OnceValue(s.survey)
	return s, nil
}

// Definition is the space as data; the caller may change it.
func (s *Space) Definition() Definition { return s.def.clone() }

// Params are the parameters in the order of the definition. The slices inside
// are shared and must not be changed.
func (s *Space) Params() []Param { return slices.Clone(s.def.Params) }

// Dims is the number of dimensions: parameters that are not const.
func (s *Space) Dims() int { return len(s.dims) }

// SwitchRoot is the name of the first root parameter, not const, that decides
// which others are active; trials with different values of it should not be
// ranked against each other.
func (s *Space) SwitchRoot() (name string, ok bool) {
	for _, p := range s.def.Params {
		if p.Parent != "" || p.Type == Const {
			continue
		}
		if slices.ContainsFunc(s.def.Params, func(c Param) bool { return c.Parent == p.Name }) {
			return p.Pass, true
		}
	}
	return "", false
}

// MarshalJSON writes the definition.
func (s *Space) MarshalJSON() ([]byte, error) { return json.Marshal(s.def) }

// UnmarshalJSON reads a definition and checks it as NewSpace does.
func (s *Space) UnmarshalJSON(data []byte) error {
	var d Definition
	if err := json.Unmarshal(data, &d); err != nil {
		return fault.Invalidf("a search space is an object with params").Coded("space").Because(err)
	}
	n, err := NewSpace(d)
	if err != nil {
		return err
	}
	*s = *n
	return nil
}

func (s *Space) checkParams() []fault.Problem {
	var ps []fault.Problem
	byName := map[string]Param{}
	for _, p := range s.def.Params {
		if p.Name == "" {
			ps = append(ps, fault.Problem{Where: "space", Message: "a parameter has no name"})
			continue
		}
		if _, twice := byName[p.Name]; twice {
			ps = append(ps, fault.Problem{Where: "space." + p.Name, Message: "the name is used twice"})
		}
		byName[p.Name] = p
		ps = append(ps, p.check()...)
	}
	if len(ps) > 0 {
		return ps
	}
	for _, p := range s.def.Params {
		ps = append(ps, checkParent(p, byName)...)
	}
	if len(ps) > 0 {
		return ps
	}
	return sharedPasses(s.def.Params, byName)
}

func checkParent(p Param, byName map[string]Param) []fault.Problem {
	if p.Parent == "" {
		return nil
	}
	where := "space." + p.Name
	parent, ok := byName[p.Parent]
	if !ok {
		return []fault.Problem{{Where: where, Message: fmt.Sprintf("its parent %q is not a parameter", p.Parent), Hint: fault.DidYouMean(p.Parent, slices.Sorted(maps.Keys(byName)))}}
	}
	d := newDomain(parent)
	if d.cells == 0 {
		return []fault.Problem{{Where: where, Message: fmt.Sprintf("its parent %s is continuous", p.Parent), Hint: "use when: with a comparison"}}
	}
	if _, err := d.canon(p.Equals); err != nil {
		return []fault.Problem{{Where: where, Message: fmt.Sprintf("%s: %v", p.Parent, err)}}
	}
	return nil
}

// sharedPasses reports parameters that pass the same name and are not kept
// apart by two cases of one switch.
func sharedPasses(params []Param, byName map[string]Param) []fault.Problem {
	var ps []fault.Problem
	first := map[string][]Param{}
	for _, p := range params {
		for _, q := range first[p.Pass] {
			if !apart(p, q, byName) {
				ps = append(ps, fault.Problem{
					Where:   "space." + p.Name,
					Message: fmt.Sprintf("%s is passed by %s too, and both can be active", p.Pass, q.Name),
					Hint:    "put them into different cases of one switch, or rename one",
				})
			}
		}
		first[p.Pass] = append(first[p.Pass], p)
	}
	return ps
}

// apart tells whether some switch above both has them in different cases.
func apart(p, q Param, byName map[string]Param) bool {
	cases := map[string]any{}
	for range len(byName) {
		if p.Parent == "" {
			break
		}
		cases[p.Parent] = p.Equals
		p = byName[p.Parent]
	}
	for range len(byName) {
		if q.Parent == "" {
			break
		}
		if v, ok := cases[q.Parent]; ok && v != q.Equals {
			return true
		}
		q = byName[q.Parent]
	}
	return false
}

// conditionValues is how many values a condition may make: it is run for each of
// thousands of points.
const conditionValues = 1000

// scope is what conditions and constraints may read.
func (s *Space) scope() expr.Scope {
	sc := expr.Scope{Maps: []string{"p"}, Values: conditionValues}
	for _, p := range s.def.Params {
		sc.Names = append(sc.Names, p.Pass)
	}
	sc.Names = append(sc.Names, s.def.Absent...)
	return sc
}

// passesRead are the passed names a program reads; unknown gets those written
// as p["name"] that no parameter passes.
func (s *Space) passesRead(prog *expr.Program, unknown func(string)) []string {
	names := s.scope().Names
	var out []string
	for _, use := range prog.Uses() {
		if slices.Contains(names, use) {
			out = append(out, use)
			continue
		}
		s.needsP = true
		name, ok := strings.CutPrefix(use, "p.")
		switch {
		case !ok: // p itself, or p[expression]: it may read anything
			out = append(out, names...)
		case slices.Contains(names, name):
			out = append(out, name)
		default:
			unknown(name)
		}
	}
	return out
}

// order compiles the conditions and sorts the parameters so that what decides
// about one comes before it; else in the order of the definition.
func (s *Space) order() []fault.Problem {
	n := len(s.def.Params)
	all := make([]param, n)
	needs := make([][]int, n)
	var ps []fault.Problem
	for i, p := range s.def.Params {
		all[i] = param{Param: p, domain: newDomain(p), dim: -1, parent: -1}
		if p.Parent != "" {
			needs[i] = append(needs[i], slices.IndexFunc(s.def.Params, func(q Param) bool { return q.Name == p.Parent }))
		}
		if p.When == "" {
			continue
		}
		prog, problems := s.compile("space."+p.Name, p.When)
		ps = append(ps, problems...)
		if prog == nil {
			continue
		}
		all[i].when = prog
		for _, name := range s.passesRead(prog, func(string) {}) {
			for j, q := range s.def.Params {
				if q.Pass == name {
					needs[i] = append(needs[i], j)
				}
			}
		}
	}
	if len(ps) > 0 {
		return ps
	}
	at := make([]int, n) // index in s.params by index in the definition, once placed
	for i := range at {
		at[i] = -1
	}
	for len(s.params) < n {
		i := 0
		for i < n && (at[i] >= 0 || slices.ContainsFunc(needs[i], func(j int) bool { return at[j] < 0 })) {
			i++
		}
		if i == n {
			return s.circle(at)
		}
		at[i] = len(s.params)
		s.place(all[i], needs[i], at)
	}
	return nil
}

// place appends p to the walk.
func (s *Space) place(p param, needs, at []int) {
	for _, j := range needs {
		p.reads = append(p.reads, at[j])
	}
	if p.Parent != "" {
		p.parent = at[needs[0]]
		p.reads = p.reads[1:]
		p.equals, _ = s.params[p.parent].domain.canon(p.Equals)
	}
	if p.Type != Const {
		p.dim = len(s.dims)
		s.dims = append(s.dims, len(s.params))
	}
	s.params = append(s.params, p)
}

func (s *Space) circle(at []int) []fault.Problem {
	var ps []fault.Problem
	for i, p := range s.def.Params {
		if at[i] < 0 {
			ps = append(ps, fault.Problem{Where: "space." + p.Name, Message: "whether it is active depends on itself, by way of its parents and conditions"})
		}
	}
	return ps
}

// compile compiles a condition; problems have the place as Where.
func (s *Space) compile(where, src string) (*expr.Program, []fault.Problem) {
	prog, err := expr.Compile(src, s.scope())
	if err != nil {
		return nil, placed(where, err)
	}
	var ps []fault.Problem
	s.passesRead(prog, func(name string) {
		ps = append(ps, fault.Problem{Where: where, Message: fmt.Sprintf("%q: unknown parameter %q", src, name), Hint: fault.DidYouMean(name, s.scope().Names)})
	})
	if len(ps) > 0 {
		return nil, ps
	}
	return prog, nil
}

// placed gives the problems of an expression the place where it stands.
func placed(where string, err error) []fault.Problem {
	f := fault.Of(err)
	if f == nil || len(f.Problems) == 0 {
		return []fault.Problem{{Where: where, Message: err.Error()}}
	}
	var ps []fault.Problem
	for _, p := range f.Problems {
		p.Message = f.Message + ": " + p.Message
		if p.Where != "" {
			p.Message += ", " + p.Where
		}
		p.Where = where
		p.Line, p.Column = 0, 0
		ps = append(ps, p)
	}
	return ps
}

func (s *Space) compileConstraints() []fault.Problem {
	var ps []fault.Problem
	for i, src := range s.def.Constraints {
		prog, problems := s.compile(fmt.Sprintf("constraints[%d]", i), src)
		ps = append(ps, problems...)
		if prog == nil {
			continue
		}
		c := constraint{source: src, holds: prog}
		names := s.passesRead(prog, func(string) {})
		for dim, k := range s.dims {
			if slices.Contains(names, s.params[k].Pass) {
				c.dims = append(c.dims, dim)
			}
		}
		s.constraints = append(s.constraints, c)
	}
	return ps
}

// tryExpressions runs every condition over a few points, so that a comparison
// of text with a number is found here and not while sampling.
func (s *Space) tryExpressions() []fault.Problem {
	if len(s.constraints) == 0 && !slices.ContainsFunc(s.params, func(p param) bool { return p.when != nil }) {
		return nil
	}
	seen := map[string]bool{}
	var ps []fault.Problem
	report := func(where string, err error) {
		if !seen[where] {
			seen[where] = true
			ps = append(ps, placed(where, err)...)
		}
	}
	seq, u := newSobol(len(s.dims), 0), make([]float64, len(s.dims))
	for i := range uint32(64) {
		seq.point(i, u)
		w := s.newWalk()
		w.failed = func(p *param, err error) { report("space."+p.Name, err) }
		w.decode(u)
		vars := s.vars(w.point)
		for j, c := range s.constraints {
			out, err := c.holds.Eval(vars)
			if err == nil {
				if _, ok := out.(bool); !ok {
					err = fault.Invalidf("%q gives %v, not true or false", c.source, text(out))
				}
			}
			if err != nil && !errors.Is(err, expr.ErrInactive) {
				report(fmt.Sprintf("constraints[%d]", j), err)
			}
		}
	}
	return ps
}
