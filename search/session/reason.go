package session

import (
	"fmt"
	"strconv"

	"github.com/sweepd/sweepd/search"
)

// reason is a verdict in words, in the values that were told.
func (s *Session) reason(v *search.Verdict) string {
	of := ""
	if v.Group != "" {
		of = " with " + s.c.Group + " " + v.Group
	}
	return fmt.Sprintf("%s at %s: rank %d of %d%s, the cut is %s", v.Rule, short(v.Resource), v.Rank, v.Of, of, short(s.loss(v.Cut)))
}

func short(x float64) string { return strconv.FormatFloat(x, 'g', 6, 64) }

// groupOf names a value; the empty string is a group too.
func groupOf(v any) string { return fmt.Sprint(v) }
