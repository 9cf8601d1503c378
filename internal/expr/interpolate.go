package expr

import (
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// Part is a piece of interpolated text: literal Text, or an expression Expr
// (then Text is empty). Offset is where it begins in the whole, in bytes; of an
// expression it is the place after "${".
type Part struct {
	Text   string
	Expr   string
	Offset int
}

// Interpolate splits s at ${...}. "$$" is a dollar sign; a "$" before anything
// else stands for itself. Braces and quotes inside an expression are minded.
// Text without any ${ is one Part; "" is none.
func Interpolate(s string) ([]Part, error) {
	var parts []Part
	var text strings.Builder
	start := 0
	flush := func() {
		if text.Len() > 0 {
			parts = append(parts, Part{Text: text.String(), Offset: start})
			text.Reset()
		}
	}
	for i := 0; i < len(s); {
		if text.Len() == 0 {
			start = i
		}
		switch {
		case strings.HasPrefix(s[i:], "$$"):
			text.WriteByte('$')
			i += 2
		case strings.HasPrefix(s[i:], "${"):
			flush()
			n := closing(s[i+2:])
			if n < 0 {
				return nil, fault.Invalidf("column %d: ${ is never closed", i+1).Coded("interpolation").Fix("add a }, or write $${ for the characters themselves")
			}
			src := s[i+2 : i+2+n]
			if strings.TrimSpace(src) == "" {
				return nil, fault.Invalidf("column %d: ${} holds no expression", i+1).Coded("interpolation").Fix("name a parameter, or write $${} for the characters themselves")
			}
			parts = append(parts, Part{Expr: src, Offset: i + 2})
			i += n + 3
		default:
			text.WriteByte(s[i])
			i++
		}
	}
	flush()
	return parts, nil
}

// closing is the index of the } that ends an expression, -1 when there is none.
func closing(s string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == '}':
			depth--
		}
	}
	return -1
}
