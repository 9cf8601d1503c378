package spec

import (
	"slices"

	"github.com/sweepd/sweepd/search"
)

// spacePlaces are where the parameters and constraints of a space stand.
type spacePlaces struct {
	names       map[string]place // of the name, by Param.Name
	values      map[string]place // of what follows it
	conditions  map[string]*node // when: of parameters, by Param.Name
	constraints []*node
	passed      map[string]bool // names that trials may be passed, faulty parameters included
}

// spaceReader writes the short forms of a space out.
type spaceReader struct {
	*parser
	def    search.Definition
	places spacePlaces
}

// readSpace reads a stage's space, the one it narrows, or its points.
func (b *builder) readSpace(o object, s *Stage, part *part) {
	if o.n.has("points") {
		b.readPoints(o, s)
		for _, key := range []string{"space", "constraints", "start", "early_stop"} {
			if part.own.has(key) && key != "early_stop" {
				b.fail(part.own.placeOf(key), "keep one of them; start: gives a search its first points", "points are the trials themselves, and %s describes others", key)
			}
		}
		return
	}
	n := o.n.get("space")
	if n == nil || n.kind == nullKind {
		at := part.at
		if n != nil {
			at = o.n.placeOf("space")
		}
		b.fail(at, "for example space: {lr: {log: [1e-5, 1e-1]}}", "stage %s has no space to search", s.Name)
		return
	}
	if n.kind != mapKind {
		hint := "for example {lr: {log: [1e-5, 1e-1]}}"
		if n.kind == stringKind {
			b.later(n.at, "a space that is an expression")
			return
		}
		b.fail(n.at, hint, "space is a map of parameters, not %s", n.describe())
		return
	}
	if of := n.get("narrow"); of != nil && of.kind == stringKind {
		b.narrow(n, s, part)
		n = n.without(narrowKeys.known...)
	} else if len(n.fields) == 0 {
		b.fail(n.at, "for example {lr: {log: [1e-5, 1e-1]}}", "the space has no parameters")
		return
	}
	r := &spaceReader{parser: b.parser, places: spacePlaces{names: map[string]place{}, values: map[string]place{}, conditions: map[string]*node{}, passed: map[string]bool{}}}
	before := len(b.problems)
	r.params(n, "", "", nil)
	r.constraints(o.n.get("constraints"))
	part.given = r.places
	if len(b.problems) > before {
		b.alone(r.def, part)
		return
	}
	if s.Narrow == nil {
		s.Space = &r.def
	} else if len(r.def.Params)+len(r.def.Constraints) > 0 {
		s.Narrow.Override = &r.def
	}
	o.start(s)
}

// alone checks the parameters of a faulty space that could be read, each by
// itself: what they say of one another may concern those that could not.
func (b *builder) alone(d search.Definition, part *part) {
	d.Constraints = nil
	d.Params = slices.DeleteFunc(d.Params, func(p search.Param) bool { return p.Parent != "" })
	for i := range d.Params {
		d.Params[i].When = ""
	}
	_ = b.checkSpace(d, part)
}

// narrow reads {narrow: STAGE, keep: 0.3, widen: 0.25}.
func (b *builder) narrow(n *node, s *Stage, part *part) {
	of := n.get("narrow")
	s.Narrow = &Narrow{Stage: of.text, Keep: 0.3, Widen: 0.25}
	o := object{p: b.parser, n: n, what: "space"}
	if o.float("keep", &s.Narrow.Keep) && (s.Narrow.Keep <= 0 || s.Narrow.Keep > 1) {
		b.fail(n.get("keep").at, "0.3 keeps the best three of ten", "space.keep is a share above 0 and at most 1, not %g", s.Narrow.Keep)
	}
	if o.float("widen", &s.Narrow.Widen) && (s.Narrow.Widen < 0 || s.Narrow.Widen > 10) {
		b.fail(n.get("widen").at, "0.25 is a quarter of the range on both sides", "space.widen lies between 0 and 10, not %g", s.Narrow.Widen)
	}
	part.refs = append(part.refs, ref{stage: of.text, at: of.at, waits: true, search: true, what: "narrow"})
}

// start reads the points to begin with; they are checked against the space.
func (o object) start(s *Stage) {
	n := o.n.get("start")
	if n == nil || n.kind == nullKind {
		return
	}
	if n.kind != listKind {
		o.p.fail(n.at, "write - {lr: 1e-3} below it", "start is a list of points, not %s", n.describe())
		return
	}
	for _, item := range n.items {
		if item.kind != mapKind {
			o.p.fail(item.at, "for example {lr: 1e-3}", "a start point is a map, not %s", item.describe())
			continue
		}
		if pt, ok := o.p.params(item, ""); ok {
			s.Start = append(s.Start, pt)
		}
	}
}

// params reads the parameters of a map. prefix is the place within switches
// ("family=svm/"), dotted that within nested maps ("model.").
func (r *spaceReader) params(n *node, prefix, dotted string, base *search.Param) {
	for _, f := range n.fields {
		p := search.Param{Name: prefix + dotted + f.name, Pass: dotted + f.name}
		if base != nil {
			p.Parent, p.Equals = base.Parent, base.Equals
		}
		r.param(f, p, prefix, dotted)
	}
}

func (r *spaceReader) param(f field, p search.Param, prefix, dotted string) {
	n, before := f.value, len(r.problems)
	r.places.names[p.Name], r.places.values[p.Name], r.places.passed[p.Pass] = f.at, n.at, false
	switch {
	case f.bare:
		r.fail(f.at, "put quotes around the whole value, or give it a value", "%q has no value", f.name)
	case n.kind == nullKind:
		r.fail(f.at, "for example {uniform: [0, 1]}, or a value to hold it constant", "parameter %s has no values", p.Pass)
	case n.kind == listKind:
		p.Type = search.Choice
		p.Values = r.values(n)
		r.add(p, before)
	case n.kind != mapKind:
		p.Type, p.Values = search.Const, []any{n.plainValue()}
		r.add(p, before)
	case n.get("switch") != nil:
		r.choose(n, p, dotted)
	case n.get("type") != nil:
		r.long(n, p)
	default:
		r.short(f, p, prefix, dotted)
	}
}

// add appends a parameter unless there were problems since.
func (r *spaceReader) add(p search.Param, before int) {
	if len(r.problems) == before {
		r.def.Params = append(r.def.Params, p)
	}
}
