package spec

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

var lineOf = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax turns an error of the library into a problem, with the usual causes.
func syntax(err error, source []byte, origin string) fault.Problem {
	line, message := 1, err.Error()
	if m := lineOf.FindStringSubmatch(message); m != nil {
		message = m[2]
		if m[1] != "" {
			line, _ = strconv.Atoi(m[1])
		}
		if strings.HasPrefix(message, "did not find expected") {
			line++ // the library counts the lines of its parser from 0
		}
	}
	lines := strings.Split(string(source), "\n")
	line = min(max(line, 1), len(lines))
	at := place{origin: origin, line: line}
	p := fault.Problem{Where: at.String(), Line: line, Message: "this is not YAML: " + message}
	text := lines[line-1]
	switch {
	case strings.Contains(message, "cannot start any token") && strings.Contains(text, "\t"):
		p.Hint = "indent with spaces, not tabs"
	case tornLine(text):
		p.Hint = "if this is an expression, quote it: \"...\""
	case strings.Contains(message, "mapping values are not allowed"):
		p.Hint = "a text with ': ' in it needs quotes; or the indentation is off"
	case strings.HasPrefix(message, "did not find expected ',' or"):
		p.Hint = "a bracket is never closed, here or above, or a comma is missing"
	case strings.Contains(message, "unexpected end of stream"):
		p.Hint = "a quotation mark above is never closed"
	case strings.Contains(message, "unknown anchor"):
		p.Hint = "anchors are set with &name before they are used"
	}
	return p
}
