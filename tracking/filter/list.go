package filter

import (
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// parseList reads ('a', "b") with its parentheses. A backslash takes the next
// character as it is; a comma may end the list.
func parseList(raw string) ([]string, error) {
	illFormed := fault.Invalidf("While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.")
	var out []string
	odd := false // something that is no text
	body := strings.TrimSpace(raw[1 : len(raw)-1])
	for body != "" {
		if q := body[0]; q == '\'' || q == '"' {
			v, n, ok := pyText(body)
			if !ok {
				return nil, illFormed
			}
			out, body = append(out, v), body[n:]
		} else {
			n := strings.IndexByte(body, ',')
			if n < 0 {
				n = len(body)
			}
			if item := strings.TrimSpace(body[:n]); numberRE.FindString(item) != item || item == "" {
				return nil, illFormed
			}
			odd, body = true, body[n:]
		}
		body = strings.TrimSpace(body)
		if body == "" {
			break
		}
		if body[0] != ',' {
			return nil, illFormed
		}
		body = strings.TrimSpace(body[1:])
	}
	if odd {
		return nil, fault.Invalidf("While parsing a list in the query, expected string value, punctuation, or whitespace, but got different type in list: %s", raw)
	}
	if len(out) == 0 {
		return nil, fault.Invalidf("While parsing a list in the query, expected a non-empty list of string values, but got empty list")
	}
	return out, nil
}

// pyText reads the quoted text at the beginning of s and says how long it was.
func pyText(s string) (value string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == s[0]:
			return b.String(), i + 1, true
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}
