package spec

import (
	"math"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

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
