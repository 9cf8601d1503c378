package store

import (
	"slices"
	"strings"
)

// PostgreSQL keeps no NUL and nothing that is not UTF-8 in a text, and refuses
// the whole transaction that tries. Users' programs write such things: into a
// param, a tag, the last line of a log. Both databases keep U+FFFD in their
// place, so that no settle ever fails by a byte.

// legible gives the arguments of a statement with texts that any database keeps.
// The slice is copied only when something is replaced.
func legible(args []any) []any {
	copied := false
	for i, a := range args {
		var text string
		switch x := a.(type) {
		case string:
			text = x
		case *string:
			if x == nil {
				continue
			}
			text = *x
		default:
			continue
		}
		if kept := legibleText(text); kept != text {
			if !copied {
				args, copied = slices.Clone(args), true
			}
			args[i] = kept
		}
	}
	return args
}

func legibleText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
