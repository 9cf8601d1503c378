package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// What a parameter may say.
var (
	sugar     = []string{"log", "uniform", "int", "choice", "ordinal", "const", "bool"}
	modifiers = []string{"scale", "step", "weights", "default", "when"}
	longForm  = []string{"type", "range", "values", "value"}
	types     = []string{"float", "int", "ordinal", "choice", "categorical", "bool", "const"}

	typesLater     = []string{"subset", "permutation", "simplex"}
	modifiersLater = []string{"prior", "repeat", "normal", "lognormal", "beta"}
	scales         = []string{"linear", "log", "reverse_log", "logit", "symlog"}
	scalesLater    = []string{"log2", "auto"}
)

// spacePlaces are where the parameters and constraints of a space stand.
type spacePlaces struct {
	names       map[string]place // of the name, by Param.Name
	values      map[string]place // of what follows it
	conditions  map[string]*node // when: of parameters, by Param.Name
	constraints []*node
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
	r := &spaceReader{parser: b.parser, places: spacePlaces{names: map[string]place{}, values: map[string]place{}, conditions: map[string]*node{}}}
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
	r.places.names[p.Name], r.places.values[p.Name] = f.at, n.at
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

// short reads {log: [a, b], step: ...}, or a nested map of parameters.
func (r *spaceReader) short(f field, p search.Param, prefix, dotted string) {
	n := f.value
	var of, mods, later []string
	for _, name := range n.names() {
		switch {
		case slices.Contains(sugar, name):
			of = append(of, name)
		case slices.Contains(modifiers, name):
			mods = append(mods, name)
		case slices.Contains(modifiersLater, name), slices.Contains(typesLater, name):
			later = append(later, name)
		}
	}
	switch {
	case len(of) == 1:
		r.sugared(n, p, of[0])
	case len(of) == 2 && n.get("log").isTrue():
		r.fail(n.placeOf("log"), "write scale: log", "log: true is not how a scale is given")
	case len(of) > 1:
		r.fail(n.at, "keep one of them", "parameter %s is %s at once", p.Pass, strings.Join(of, " and "))
	case len(later) > 0:
		r.later(n.placeOf(later[0]), later[0])
	case n.get("min") != nil && n.get("max") != nil && n.get("min").kind != mapKind:
		r.fail(n.at, fmt.Sprintf("write {uniform: [%s, %s]}, {log: ...} or {int: ...}", n.get("min").text, n.get("max").text), "parameter %s has bounds but no type", p.Pass)
	case len(mods) > 0 || n.get("range") != nil || n.get("values") != nil:
		r.fail(n.at, "one of: "+strings.Join(sugar, ", "), "parameter %s has no type", p.Pass)
	case len(n.fields) == 0:
		r.fail(n.at, "for example {uniform: [0, 1]}", "parameter %s has no values", p.Pass)
	default:
		if near := misspelt(n); near != "" {
			first := n.fields[0]
			r.fail(first.at, fmt.Sprintf("did you mean %s? a parameter inside another is written %s.%s", near, p.Pass, first.name), "parameter %s: unknown type %s", p.Pass, first.name)
			return
		}
		delete(r.places.names, p.Name)
		r.params(n, prefix, dotted+f.name+".", &p)
	}
}

func (n *node) isTrue() bool { return n != nil && n.value == true }

// foreign are names that other tools have for the types.
var foreign = map[string]string{
	"loguniform": "log", "log_uniform": "log", "float": "uniform", "double": "uniform", "real": "uniform",
	"integer": "int", "randint": "int", "categorical": "choice", "enum": "choice", "options": "choice", "values": "choice",
	"constant": "const", "value": "const", "boolean": "bool", "discrete": "ordinal", "grid": "choice",
}

// misspelt is the type that a lone key with a list or a number under it was
// probably meant to be.
func misspelt(n *node) string {
	if len(n.fields) != 1 || n.fields[0].value.kind == mapKind {
		return ""
	}
	word := strings.ToLower(n.fields[0].name)
	if of := foreign[word]; of != "" {
		return of
	}
	of := append(slices.Clone(sugar), "switch")
	for _, s := range of {
		if letters(s) == letters(word) {
			return s
		}
	}
	return fault.Nearest(word, of)
}

// letters are the letters of a word in order: equal for lgo and log.
func letters(word string) string {
	l := []byte(word)
	slices.Sort(l)
	return string(l)
}

// sugared reads the typed short forms.
func (r *spaceReader) sugared(n *node, p search.Param, of string) {
	v, before := n.get(of), len(r.problems)
	switch of {
	case "log":
		p.Type, p.Scale = search.Float, search.Log
		r.bounds(v, &p, of)
	case "uniform":
		p.Type = search.Float
		r.bounds(v, &p, of)
	case "int":
		p.Type = search.Int
		r.bounds(v, &p, of)
	case "choice", "ordinal":
		p.Type = search.Type(of)
		if v.kind != listKind {
			r.fail(v.at, fmt.Sprintf("write {%s: [a, b]}", of), "%s takes a list of values, not %s", of, v.describe())
			return
		}
		p.Values = r.values(v)
	case "const":
		if v.kind == listKind || v.kind == mapKind {
			r.fail(v.at, "", "const takes one value, not %s", v.describe())
			return
		}
		p.Type, p.Values = search.Const, []any{v.plainValue()}
	case "bool":
		p.Type = search.Bool
	}
	r.modify(n, &p, of)
	r.add(p, before)
}

// long reads {type, range | values, scale, ...}.
func (r *spaceReader) long(n *node, p search.Param) {
	t, before := n.get("type"), len(r.problems)
	switch {
	case slices.Contains(typesLater, t.text):
		r.later(t.at, "parameter type "+t.text)
		return
	case !slices.Contains(types, t.text):
		r.fail(t.at, fault.DidYouMean(t.text, types), "parameter %s: unknown type %s", p.Pass, t.describe())
		return
	}
	p.Type = search.Type(t.text)
	if t.text == "categorical" {
		p.Type = search.Choice
	}
	need := map[search.Type]string{search.Float: "range", search.Int: "range", search.Ordinal: "values", search.Choice: "values", search.Const: "value"}[p.Type]
	v := n.get(need)
	switch {
	case need == "":
	case v == nil:
		r.fail(n.at, fmt.Sprintf("for example {type: %s, %s: ...}", t.text, need), "parameter %s of type %s has no %s", p.Pass, t.text, need)
		return
	case need == "range":
		r.bounds(v, &p, "range")
	case need == "values" && v.kind != listKind, need == "value" && (v.kind == listKind || v.kind == mapKind):
		r.fail(v.at, "", "%s cannot be %s", need, v.describe())
		return
	case need == "values":
		p.Values = r.values(v)
	default:
		p.Values = []any{v.plainValue()}
	}
	r.modify(n, &p, "type")
	r.add(p, before)
}

// bounds reads [low, high].
func (r *spaceReader) bounds(v *node, p *search.Param, of string) {
	if v.kind != listKind || len(v.items) != 2 {
		r.fail(v.at, fmt.Sprintf("write {%s: [low, high]}", of), "%s takes two bounds, not %s", of, count(v))
		return
	}
	for i, into := range []*float64{&p.Low, &p.High} {
		f, ok := v.items[i].number()
		if !ok {
			r.notNumber(v.items[i], "a bound of "+p.Pass)
			continue
		}
		*into = f
	}
}

func count(v *node) string {
	if v.kind == listKind {
		return fmt.Sprintf("%d", len(v.items))
	}
	return v.describe()
}

// values reads a list of scalars.
func (r *spaceReader) values(v *node) []any {
	var out []any
	for _, item := range v.items {
		if item.kind == listKind || item.kind == mapKind {
			r.fail(item.at, "quote it, and let the script read the text", "a value is text, a number, true, false or null, not %s", item.kind)
			continue
		}
		out = append(out, item.plainValue())
	}
	return out
}
