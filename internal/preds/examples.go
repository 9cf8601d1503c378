package preds

import (
	"fmt"
	"strings"
)

// examples counts what is wrong and keeps the first three to show.
type examples struct {
	n     int
	shown []string
}

func (e *examples) add(format string, args ...any) {
	e.n++
	if len(e.shown) < 3 {
		e.shown = append(e.shown, fmt.Sprintf(format, args...))
	}
}

// String is "a, b, c and 4 more".
func (e *examples) String() string {
	s := strings.Join(e.shown, ", ")
	if more := e.n - len(e.shown); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
