package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// modify reads what stands beside the type of a parameter.
func (r *spaceReader) modify(n *node, p *search.Param, of string) {
	allowed := append(slices.Clone(modifiers), of)
	if of == "type" {
		allowed = append(allowed, longForm...)
	}
	o := object{p: r.parser, n: n, what: p.Pass}
	for _, f := range n.fields {
		switch {
		case slices.Contains(allowed, f.name):
		case slices.Contains(modifiersLater, f.name):
			r.later(f.at, f.name+" of a parameter")
		case f.bare:
			r.fail(f.at, "put quotes around the whole value", "%q has no value: an expression was torn at a comma", f.name)
		default:
			r.fail(f.at, fault.DidYouMean(f.name, allowed), "unknown key %s in parameter %s", f.name, p.Pass)
		}
	}
	if s := n.get("scale"); s != nil && slices.Contains(scalesLater, s.text) {
		r.later(s.at, "scale "+s.text)
	} else if scale := string(p.Scale); s != nil {
		o.oneOf("scale", &scale, scales...)
		if p.Type != search.Float && p.Type != search.Int {
			r.fail(s.at, "take it out", "only numbers have a scale, and %s is %s", p.Pass, p.Type)
		} else if of == "log" && scale != "log" {
			r.fail(s.at, fmt.Sprintf("write {uniform: ..., scale: %s}", scale), "log and scale: %s contradict each other", scale)
		}
		p.Scale = search.Scale(scale)
	}
	if p.Scale == search.Linear {
		p.Scale = ""
	}
	switch {
	case !o.float("step", &p.Step):
	case p.Type != search.Float && p.Type != search.Int:
		r.fail(n.get("step").at, "take it out", "only numbers have a step, and %s is %s", p.Pass, p.Type)
	case p.Step <= 0:
		r.fail(n.get("step").at, "", "%s.step is above 0, not %g", p.Pass, p.Step)
	}
	if d := n.get("default"); d != nil && d.kind != nullKind {
		if d.kind == listKind || d.kind == mapKind {
			r.fail(d.at, "", "%s.default is one value, not %s", p.Pass, d.describe())
		} else {
			p.Default = d.plainValue()
		}
	}
	r.weights(n.get("weights"), p)
	if w := n.get("when"); w != nil && w.kind != nullKind {
		r.places.conditions[p.Name] = w
		p.When = r.condition(w, p.Pass)
	}
}

// weights reads how often each value is drawn, as a list or by value.
func (r *spaceReader) weights(n *node, p *search.Param) {
	if n == nil || n.kind == nullKind {
		return
	}
	items, values := n.items, p.Values
	if p.Type == search.Bool {
		values = []any{false, true}
	}
	if n.kind == mapKind {
		given := make(map[string]*node, len(n.fields))
		for _, f := range n.fields {
			given[f.name] = f.value
		}
		var names []string
		for _, v := range values {
			name := formatValue(v)
			w := given[name]
			if w == nil {
				r.fail(n.at, "give every value one", "%s.weights has none for %s", p.Pass, name)
				return
			}
			names, items = append(names, name), append(items, w)
			delete(given, name)
		}
		for _, f := range n.fields {
			if given[f.name] != nil {
				r.fail(f.at, fault.DidYouMean(f.name, names), "%s.weights has one for %s, which is not a value", p.Pass, f.name)
				return
			}
		}
	}
	if len(items) != len(values) {
		r.fail(n.at, "give every value one", "%s has %d weights for %d values", p.Pass, len(items), len(values))
		return
	}
	for _, w := range items {
		f, ok := w.number()
		if !ok {
			r.fail(w.at, "", "a weight is a number, not %s", w.describe())
			return
		}
		p.Weights = append(p.Weights, f)
	}
}

// condition reads when: an expression, or a map of equalities.
func (r *spaceReader) condition(n *node, name string) string {
	if n.kind == boolKind {
		return n.text
	}
	if n.kind == listKind {
		r.fail(n.at, "write \"opt == 'sgd'\", or {opt: sgd}", "%s.when is a condition, not a list", name)
		return ""
	}
	if n.torn() {
		r.tornAt(n)
		return ""
	}
	if n.kind != mapKind {
		return strings.TrimSpace(n.text)
	}
	var terms []string
	for _, f := range n.fields {
		switch {
		case f.value.kind == mapKind || f.bare:
			r.fail(f.at, "write {"+f.name+": value}, or an expression in quotes", "%s.when says nothing about %s", name, f.name)
		case f.value.kind == listKind:
			var any []string
			for _, v := range f.value.items {
				any = append(any, literal(v.plainValue()))
			}
			terms = append(terms, fmt.Sprintf("%s in [%s]", quoted(f.name), strings.Join(any, ", ")))
		default:
			terms = append(terms, fmt.Sprintf("%s == %s", quoted(f.name), literal(f.value.plainValue())))
		}
	}
	return strings.Join(terms, " and ")
}

// choose reads a switch: a choice with parameters of its own for each value.
func (r *spaceReader) choose(n *node, p search.Param, dotted string) {
	cases := n.get("switch")
	p.Type = search.Choice
	if cases.kind != mapKind || len(cases.fields) == 0 {
		r.fail(cases.at, "write {switch: {svm: {C: {log: [0.1, 1e3]}}, knn: {k: {int: [1, 30]}}}}", "switch is a map from each value to its parameters, not %s", cases.describe())
		return
	}
	for _, c := range cases.fields {
		p.Values = append(p.Values, c.key)
	}
	before := len(r.problems)
	r.modify(n, &p, "switch")
	r.add(p, before)
	for _, c := range cases.fields {
		if c.value.kind == nullKind {
			continue // a value without parameters of its own
		}
		if c.value.kind != mapKind {
			r.fail(c.value.at, "{} when it has none", "%s=%s is a map of parameters, not %s", p.Pass, c.name, c.value.describe())
			continue
		}
		r.params(c.value, p.Name+"="+c.name+"/", dotted, &search.Param{Parent: p.Name, Equals: c.key})
	}
}

// constraints reads the conditions that every point satisfies.
func (r *spaceReader) constraints(n *node) {
	if n == nil || n.kind == nullKind {
		return
	}
	items := n.items
	if n.kind == stringKind {
		items = []*node{n}
	} else if n.kind != listKind {
		r.fail(n.at, "write [\"width * layers <= 2048\"]", "constraints is a list of conditions, not %s", n.describe())
		return
	}
	for _, item := range items {
		switch {
		case item.torn():
			r.tornAt(item)
		case item.kind != stringKind:
			r.fail(item.at, "quote it", "a constraint is a condition, not %s", item.describe())
		default:
			r.def.Constraints = append(r.def.Constraints, strings.TrimSpace(item.text))
			r.places.constraints = append(r.places.constraints, item)
		}
	}
}
