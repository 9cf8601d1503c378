package spec

import (
	"fmt"
	"slices"
)

// kind is what a node of the file holds.
type kind uint8

const (
	nullKind kind = iota
	boolKind
	intKind
	floatKind
	stringKind
	listKind
	mapKind
)

func (k kind) String() string {
	return [...]string{"nothing", "true or false", "a whole number", "a number", "text", "a list", "a map"}[k]
}

// place is where something stands in what the user wrote.
type place struct {
	origin       string // file name, "--set budget.trials=5"
	line, column int    // from 1; 0: unknown
}

func (p place) String() string {
	switch {
	case p.line == 0:
		return p.origin
	case p.column == 0:
		return fmt.Sprintf("%s:%d", p.origin, p.line)
	}
	return fmt.Sprintf("%s:%d:%d", p.origin, p.line, p.column)
}

// node is a value of the file with its place, the same for YAML and JSON. A
// node never changes once it is made, since aliases share it.
type node struct {
	kind    kind
	value   any    // nil, bool, int64, float64 or string
	text    string // of a scalar, as written, without quotes
	plain   bool   // a scalar without quotes
	comment bool   // a comment follows on its line
	flow    bool   // a map in braces
	size    int    // nodes below it with aliases written out
	items   []*node
	fields  []field
	at      place
}

// field is one key of a map.
type field struct {
	name  string
	key   any  // the key as a scalar: switch cases may be numbers
	bare  bool // written without a colon, in braces
	at    place
	value *node
}

// get is the value of a key, nil when it is not there. Null counts as there.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for i := range n.fields {
		if n.fields[i].name == name {
			return n.fields[i].value
		}
	}
	return nil
}

// placeOf is the place of a key, of the map itself when it is not there.
func (n *node) placeOf(name string) place {
	for i := range n.fields {
		if n.fields[i].name == name {
			return n.fields[i].at
		}
	}
	return n.at
}

// names are the keys of a map in their order.
func (n *node) names() []string {
	if n == nil {
		return nil
	}
	out := make([]string, len(n.fields))
	for i := range n.fields {
		out[i] = n.fields[i].name
	}
	return out
}

// isText tells whether n is a scalar that reads as s.
func (n *node) isText(s string) bool { return n != nil && n.kind == stringKind && n.text == s }

// with is a copy of a map in which a key has another value; a new key comes
// last, a nil value takes the key out.
func (n *node) with(f field) *node {
	c := *n
	c.fields = slices.Clone(n.fields)
	i := slices.IndexFunc(c.fields, func(g field) bool { return g.name == f.name })
	switch {
	case f.value == nil && i >= 0:
		c.fields = slices.Delete(c.fields, i, i+1)
	case f.value == nil:
	case i >= 0:
		c.fields[i] = f
	default:
		c.fields = append(c.fields, f)
	}
	return &c
}

// without is a copy of a map that lacks some keys.
func (n *node) without(names ...string) *node {
	c := *n
	c.fields = slices.DeleteFunc(slices.Clone(n.fields), func(f field) bool { return slices.Contains(names, f.name) })
	return &c
}

// only is a copy of a map that has no other keys than these.
func (n *node) only(names ...string) *node {
	c := *n
	c.fields = slices.DeleteFunc(slices.Clone(n.fields), func(f field) bool { return !slices.Contains(names, f.name) })
	return &c
}

// over is n laid over base: maps key by key, anything else replaces.
func (n *node) over(base *node) *node {
	switch {
	case n == nil:
		return base
	case base == nil || n.kind != mapKind || base.kind != mapKind:
		return n
	}
	return n.overlay(base, func(f field, below *node) *node { return f.value.over(below) })
}

// beside is n laid over base without looking inside: a key of n replaces the
// whole value of base.
func (n *node) beside(base *node) *node {
	if base == nil || base.kind != mapKind {
		return n
	}
	return n.overlay(base, func(f field, _ *node) *node { return f.value })
}

// overlay lays the keys of n over those of base, which keep their order; merge
// gives the value of a key that both have. O(keys).
func (n *node) overlay(base *node, merge func(f field, below *node) *node) *node {
	out := *n
	out.fields = slices.Clone(base.fields)
	at := make(map[string]int, len(out.fields))
	for i, f := range out.fields {
		at[f.name] = i
	}
	for _, f := range n.fields {
		if i, both := at[f.name]; both {
			f.value = merge(f, out.fields[i].value)
			out.fields[i] = f
		} else {
			out.fields = append(out.fields, f)
		}
	}
	return &out
}
