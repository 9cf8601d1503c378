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
		delete(r.places.passed, p.Pass)
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
	for _, name := range []string{"range", "values", "value"} {
		if name != need && n.has(name) {
			r.fail(n.placeOf(name), "take it out", "parameter %s of type %s takes no %s", p.Pass, t.text, name)
		}
	}
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
