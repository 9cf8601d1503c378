package spec

import (
	"regexp"
	"strings"
)

// What YAML makes of an expression without quotes: " #" begins a comment, a
// comma ends a value in braces, and "[" or "? :" is no plain text there.
var (
	ternary = regexp.MustCompile(`\s\?\s.*\s:\s`)
	indexed = regexp.MustCompile(`[A-Za-z_0-9)]\[[^\]]*\]`)
)

// tornLine tells whether a line that is not YAML may be an expression.
func tornLine(line string) bool { return ternary.MatchString(line) || indexed.MatchString(line) }

// torn tells whether a plain scalar is the head of a torn expression.
func (n *node) torn() bool {
	if n == nil || n.kind != stringKind || !n.plain {
		return false
	}
	open := 0
	for _, r := range n.text {
		switch r {
		case '(', '[', '{':
			open++
		case ')', ']', '}':
			open--
		}
	}
	return open > 0 && strings.ContainsAny(n.text, "(")
}
