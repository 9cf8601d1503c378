package filter

import (
	"regexp"
	"strings"
)

type kind int

const (
	word   kind = iota // a name, dotted or quoted in parts: metrics.`val loss`
	number             // 1, -1.5e-3, .5
	text               // 'x' or "x", alone
	symbol             // = != < <= > >= <> ==
	group              // ( ... ) with everything between
	end                // ; outside quotes
	other              // anything that has no place in the language
)

// token is a piece of the source with its spelling.
type token struct {
	kind kind
	raw  string
	at   int // byte offset in the source
}

func (t token) is(keyword string) bool {
	return t.kind == word && strings.EqualFold(t.raw, keyword)
}

var (
	numberRE = regexp.MustCompile(`^-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?`)
	symbolRE = regexp.MustCompile(`^(!=|<>|<=|>=|==|=|<|>)`)
	// A name starts bare or quoted and goes on with dotted parts. A part may be
	// quoted with backticks, double quotes or single quotes.
	wordRE    = regexp.MustCompile("^([\\pL_][\\pL\\pN_]*|`(``|[^`])*`|\"(\"\"|\\\\\"|[^\"])*\")(\\.([\\pL\\pN_]+|`(``|[^`])*`|\"(\"\"|\\\\\"|[^\"])*\"|'(''|\\\\'|[^'])*'))*")
	singleRE  = regexp.MustCompile(`^'(''|\\'|[^'])*'`)
	commentRE = regexp.MustCompile(`^--[^\n]*`)
	innerRE   = regexp.MustCompile(`^([\pL\pN_]+)`)
)

// lex cuts src into tokens. It never fails: what it does not know is "other".
func lex(src string) []token {
	var out []token
	for i := 0; i < len(src); {
		rest := src[i:]
		if c := rest[0]; c == ' ' || c == '\t' || c == '\n' || c == '\r' {
			i++
			continue
		}
		k, n := next(rest)
		out = append(out, token{k, rest[:n], i})
		i += n
	}
	return out
}

// next gives the kind and length of the token at the beginning of s, which is
// not empty.
func next(s string) (kind, int) {
	if m := commentRE.FindString(s); m != "" {
		return other, len(m)
	}
	if m := numberRE.FindString(s); m != "" {
		if tail := innerRE.FindString(s[len(m):]); tail != "" {
			return other, len(m) + len(tail) // 0x10, 1a
		}
		return number, len(m)
	}
	if m := symbolRE.FindString(s); m != "" {
		return symbol, len(m)
	}
	if m := singleRE.FindString(s); m != "" {
		return text, len(m)
	}
	if m := wordRE.FindString(s); m != "" {
		if m[0] == '"' && quoted(m, '"') {
			return text, len(m)
		}
		return word, len(m)
	}
	switch s[0] {
	case '(':
		if n := groupEnd(s); n > 0 {
			return group, n
		}
	case ';':
		return end, 1
	}
	for i := range s[1:] {
		return other, i + 1 // one whole character
	}
	return other, len(s)
}

// deepest is how many parentheses may be open at once. No filter needs a second;
// the bound keeps the search for the end of each of many short.
const deepest = 100

// groupEnd gives the length of the parenthesis at the beginning of s; 0 when it
// is never closed, or holds too many others.
func groupEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '(':
			if depth++; depth > deepest {
				return 0
			}
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		case '\'', '"':
			n := strings.IndexByte(s[i+1:], c)
			if n < 0 {
				return 0
			}
			i += n + 1
		}
	}
	return 0
}

// quoted tells whether the whole of s is one text between quotes q.
func quoted(s string, q byte) bool {
	return len(s) >= 2 && s[0] == q && s[len(s)-1] == q && strings.IndexByte(strings.ReplaceAll(s[1:len(s)-1], `\`+string(q), ""), q) < 0
}

// unquote takes one pair of quotes off, of any of the three kinds.
func unquote(s string) string {
	if len(s) >= 2 && s[0] == s[len(s)-1] && strings.IndexByte("'\"`", s[0]) >= 0 {
		return s[1 : len(s)-1]
	}
	return s
}
