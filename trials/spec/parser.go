package spec

import (
	"fmt"
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

func (p *parser) tornAt(n *node) {
	why := "YAML ends it here"
	if n.comment {
		why = "YAML reads what follows ' #' as a comment"
	}
	p.fail(n.at, "quote the expression: \"...\"", "%s has a bracket that is never closed: %s", n.describe(), why)
}
