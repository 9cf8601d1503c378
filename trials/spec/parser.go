package spec

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// Warning is something that may be meant and probably is not.
type Warning = fault.Problem

// parser gathers what is wrong while the tree is read; every problem is
// reported, at the place where the user can mend it.
type parser struct {
	o        Options
	problems []fault.Problem
	warnings []Warning
	meant    map[string]bool // keys that misspelt ones probably stand for: they are not reported as missing too
}

// maxProblems is how many faults of a file are told at once.
const maxProblems = 100

func problemAt(at place, hint, format string, args ...any) fault.Problem {
	return fault.Problem{Where: at.String(), Message: fmt.Sprintf(format, args...), Hint: hint, Line: at.line, Column: at.column}
}

// fail reports a problem once: a top-level default is read again for each stage.
func (p *parser) fail(at place, hint, format string, args ...any) {
	if q := problemAt(at, hint, format, args...); len(p.problems) <= maxProblems && !slices.Contains(p.problems, q) {
		p.problems = append(p.problems, q)
	}
}

func (p *parser) warn(at place, hint, format string, args ...any) {
	if q := problemAt(at, hint, format, args...); len(p.warnings) < maxProblems && !slices.Contains(p.warnings, q) {
		p.warnings = append(p.warnings, q)
	}
}

// later reports a key that is lawful and not built yet.
func (p *parser) later(at place, what string) {
	p.fail(at, "take it out to go on without it", "%s is not supported yet", what)
}

// object is a map of the file whose keys are known.
type object struct {
	p    *parser
	n    *node
	what string // "budget"
}

// keys are the keys of a map: those that work, and those to come.
type keys struct {
	known []string
	later []string
}

// object checks the keys of n. A nil n is an empty object; anything but a map
// is a problem, and then it is empty too.
func (p *parser) object(n *node, what string, ks keys) object {
	o := object{p: p, n: n, what: what}
	if n == nil || n.kind == nullKind {
		o.n = &node{kind: mapKind}
		return o
	}
	if n.kind != mapKind {
		p.fail(n.at, "for example "+example(what, ks), "%s is a map, not %s", what, n.describe())
		o.n = &node{kind: mapKind, at: n.at}
		return o
	}
	for _, f := range n.fields {
		switch {
		case slices.Contains(ks.known, f.name):
		case slices.Contains(ks.later, f.name):
			p.later(f.at, o.name(f.name))
		case f.bare:
			p.fail(f.at, "put quotes around the whole value", "%q has no value: an expression was torn at a comma", f.name)
		default:
			p.meant[fault.Nearest(f.name, ks.known)] = true
			p.fail(f.at, fault.DidYouMean(f.name, ks.known), "unknown key %s%s", f.name, in(what))
		}
	}
	return o
}

// in is where an unknown key stands; the file itself needs no word.
func in(what string) string {
	if what == theFile {
		return ""
	}
	return " in " + what
}

// theFile is what the top level is called.
const theFile = "a sweep file"

// example is a hint how a map is written.
func example(what string, ks keys) string {
	if e, ok := examples[what]; ok {
		return e
	}
	return fmt.Sprintf("{%s: ...}", ks.known[0])
}

// describe names a node for people: the text itself when it is short.
func (n *node) describe() string {
	switch {
	case n == nil:
		return "nothing"
	case n.kind == listKind && len(n.items) == 0:
		return "an empty list"
	case n.kind == mapKind && len(n.fields) == 0:
		return "an empty map"
	case n.kind == listKind || n.kind == mapKind || n.kind == nullKind || len(n.text) > 40:
		return n.kind.String()
	case n.kind == stringKind:
		return fmt.Sprintf("%q", n.text)
	}
	return n.text
}

// name is how people call a key of the object.
func (o object) name(key string) string {
	if o.what == theFile || strings.HasPrefix(o.what, "stage ") {
		return key
	}
	return o.what + "." + key
}

// has tells whether a key is there with a value.
func (o object) has(key string) bool {
	n := o.n.get(key)
	return n != nil && n.kind != nullKind
}

// maxText bounds a single text of a file, names and descriptions alike.
const maxText = 4096

func (o object) text(key string, into *string) {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return
	}
	if n.torn() {
		o.p.tornAt(n)
		return
	}
	switch {
	case n.kind == listKind || n.kind == mapKind:
		o.p.fail(n.at, "", "%s is text, not %s", o.name(key), n.describe())
		return
	case len(n.text) > maxText:
		o.p.fail(n.at, "", "%s has %d characters, more than %d", o.name(key), len(n.text), maxText)
		return
	}
	*into = n.text
}

func (p *parser) tornAt(n *node) {
	why := "YAML ends it here"
	if n.comment {
		why = "YAML reads what follows ' #' as a comment"
	}
	p.fail(n.at, "quote the expression: \"...\"", "%s has a bracket that is never closed: %s", n.describe(), why)
}

// oneOf reads a word from a list.
func (o object) oneOf(key string, into *string, words ...string) {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return
	}
	if n.kind == listKind || n.kind == mapKind || !slices.Contains(words, n.text) {
		hint := fault.DidYouMean(n.text, words)
		if len(words) == 1 {
			hint = "it can be " + words[0]
		}
		o.p.fail(n.at, hint, "%s cannot be %s", o.name(key), n.describe())
		return
	}
	*into = n.text
}

// int reads a whole number of at least low.
func (o object) int(key string, low int, into *int) {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return
	}
	f, ok := n.number()
	switch {
	case !ok && n.kind == stringKind:
		o.p.notNumber(n, o.name(key))
	case !ok || f != math.Trunc(f) || math.IsInf(f, 0):
		o.p.fail(n.at, "", "%s is a whole number, not %s", o.name(key), n.describe())
	case f < float64(low):
		o.p.fail(n.at, "", "%s is at least %d, not %s", o.name(key), low, n.describe())
	case f > math.MaxInt32:
		o.p.fail(n.at, "", "%s is at most %d, not %s", o.name(key), math.MaxInt32, n.describe())
	default:
		*into = int(f)
	}
}

// float reads a finite number.
func (o object) float(key string, into *float64) bool {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return false
	}
	f, ok := n.number()
	switch {
	case !ok:
		o.p.notNumber(n, o.name(key))
	case math.IsNaN(f) || math.IsInf(f, 0):
		o.p.fail(n.at, "", "%s is a finite number, not %s", o.name(key), n.describe())
	default:
		*into = f
		return true
	}
	return false
}

// notNumber reports text where a number belongs.
func (p *parser) notNumber(n *node, what string) {
	switch {
	case n.torn():
		p.tornAt(n)
	case n.kind == stringKind && strings.ContainsAny(n.text, "(+*/"):
		p.fail(n.at, "write the number", "an expression for %s is not supported yet", what)
	default:
		p.fail(n.at, "", "%s is a number, not %s", what, n.describe())
	}
}

func (o object) bool(key string, into *bool) {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return
	}
	b, ok := n.value.(bool)
	if !ok {
		o.p.fail(n.at, "write true or false", "%s is true or false, not %s", o.name(key), n.describe())
		return
	}
	*into = b
}

// texts reads a list of texts; a single one is a list of one.
func (o object) texts(key string, into *[]string) {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return
	}
	items := n.items
	if n.kind != listKind {
		items = []*node{n}
	}
	var out []string
	for _, item := range items {
		if item.kind == listKind || item.kind == mapKind || item.kind == nullKind {
			o.p.fail(item.at, "", "%s is a list of texts, not of %s", o.name(key), item.kind)
			continue
		}
		out = append(out, item.text)
	}
	*into = out
}

// table reads a map of texts.
func (o object) table(key string, into *map[string]string) {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return
	}
	if n.kind != mapKind {
		o.p.fail(n.at, "write {name: value}", "%s is a map, not %s", o.name(key), n.describe())
		return
	}
	out := map[string]string{}
	for _, f := range n.fields {
		if f.value.kind == listKind || f.value.kind == mapKind {
			o.p.fail(f.value.at, "", "%s.%s is text, not %s", o.name(key), f.name, f.value.describe())
			continue
		}
		out[f.name] = f.value.text
		if f.value.kind == nullKind {
			out[f.name] = ""
		}
	}
	if len(out) > 0 {
		*into = out
	}
}
