package pack

import (
	"fmt"
	"regexp"
	"strings"
)

// classes are the named sets of a bracket, as ranges of bytes.
var classes = map[string]string{
	"alnum": `0-9A-Za-z`, "alpha": `A-Za-z`, "blank": ` \t`, "cntrl": `\x00-\x1f\x7f`, "digit": `0-9`, "graph": `\x21-\x7e`, "lower": `a-z`,
	"print": `\x20-\x7e`, "punct": `\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e`, "space": ` \t\n\r\f\v`, "upper": `A-Z`, "xdigit": `0-9A-Fa-f`,
}

// translate makes a regular expression of a glob; false when the glob is broken
// and so matches nothing.
func translate(glob string) (string, bool) {
	var out strings.Builder
	for i := 0; i < len(glob); {
		switch c := glob[i]; c {
		case '*':
			stars := len(glob[i:]) - len(strings.TrimLeft(glob[i:], "*"))
			alone := i == 0 || glob[i-1] == '/'
			rest := glob[i+stars:]
			switch {
			case stars >= 2 && alone && strings.HasPrefix(rest, "/"):
				out.WriteString(`(?:.*/)?`)
				i++ // the slash
			case stars >= 2 && alone && rest == "":
				out.WriteString(`.*`)
			default:
				out.WriteString(`[^/]*`)
			}
			i += stars
		case '?':
			out.WriteString(`[^/]`)
			i++
		case '[':
			set, next, ok := bracket(glob, i)
			if !ok {
				return "", false
			}
			out.WriteString(set)
			i = next
		case '\\':
			if i+1 == len(glob) {
				return "", false
			}
			out.WriteString(quote(glob[i+1]))
			i += 2
		default:
			out.WriteString(quote(c))
			i++
		}
	}
	return out.String(), true
}

func quote(c byte) string { return regexp.QuoteMeta(string(rune(c))) }

// set collects the bytes of a bracket.
type set [256]bool

func (s *set) add(from, to byte) {
	for c := int(from); c <= int(to); c++ {
		s[c] = true
	}
}

// bracket reads the set that begins at glob[i] and gives it as a regular
// expression with the index behind it. A set never matches a slash.
func bracket(glob string, i int) (text string, next int, ok bool) {
	var s set
	i++
	negated := i < len(glob) && (glob[i] == '!' || glob[i] == '^')
	if negated {
		i++
	}
	last, ranged := byte(0), false // the byte that a range may begin with
	for first := true; ; first = false {
		if i >= len(glob) {
			return "", 0, false
		}
		c := glob[i]
		if c == ']' && !first {
			return s.regexp(negated), i + 1, true
		}
		if c == '[' && i+1 < len(glob) && glob[i+1] == ':' {
			if end := strings.Index(glob[i+2:], ":]"); end >= 0 {
				ranges, known := classes[glob[i+2:i+2+end]]
				if !known {
					return "", 0, false
				}
				s.addClass(ranges)
				ranged, i = false, i+2+end+2
				continue
			}
		}
		if c == '-' && ranged && i+1 < len(glob) && glob[i+1] != ']' {
			high, n, ok := literal(glob, i+1)
			if !ok {
				return "", 0, false
			}
			s.add(last, high) // nothing when it runs backwards
			ranged, i = false, n
			continue
		}
		c, n, ok := literal(glob, i)
		if !ok {
			return "", 0, false
		}
		s.add(c, c)
		last, ranged, i = c, true, n
	}
}

// literal reads one byte of a bracket, escaped or not.
func literal(glob string, i int) (c byte, next int, ok bool) {
	if glob[i] == '\\' {
		i++
	}
	if i >= len(glob) {
		return 0, 0, false
	}
	return glob[i], i + 1, true
}

func (s *set) addClass(ranges string) {
	match := regexp.MustCompile("[" + ranges + "]")
	for c := range 128 {
		if match.MatchString(string(rune(c))) {
			s[c] = true
		}
	}
}

func (s *set) regexp(negated bool) string {
	var b strings.Builder
	for c, in := range s {
		if c != '/' && in != negated {
			fmt.Fprintf(&b, `\x{%x}`, c)
		}
	}
	if b.Len() == 0 {
		return `[^\x00-\x{10FFFF}]` // no byte at all
	}
	return "[" + b.String() + "]"
}
