package preds

import (
	"slices"
	"strconv"

	"github.com/sweepd/sweepd/internal/fault"
)

// Align gives s with its rows in the order of the targets.
//
//	ids in both       they must be the same set
//	ids in s alone    they must be the row numbers 0..n-1 of the targets
//	no ids in s       the order is taken to be that of the targets; the count must agree
//
// s itself is given back when nothing has to move. Faults are invalid, with
// code ids_mismatch or shape, and name three examples of what does not fit.
func (s *Set) Align(t *Targets) (*Set, error) {
	if s.IDs == nil {
		if s.Rows != t.Rows {
			return nil, fault.Invalidf("%d rows, but %s has %d", s.Rows, t.Name, t.Rows).At(s.Name).Coded("shape").
				Fix("write one row for each target, in the same order, or write ids too")
		}
		return s, nil
	}
	ids := t.IDs
	if ids == nil {
		ids = rowNumbers(t.Rows)
	}
	at := make(map[string]int, len(s.IDs))
	for i, id := range s.IDs {
		at[id] = i
	}
	if err := s.sameIDs(t, ids, at); err != nil {
		return nil, err
	}
	if slices.Equal(ids, s.IDs) {
		return s, nil
	}
	out := *s
	out.IDs, out.P = ids, make([]float64, 0, len(s.P))
	for _, id := range ids {
		from := at[id] * s.Cols
		out.P = append(out.P, s.P[from:from+s.Cols]...)
	}
	return &out, nil
}

// sameIDs compares the ids of s (at gives their rows) with those wanted, which
// are distinct.
func (s *Set) sameIDs(t *Targets, want []string, at map[string]int) error {
	var missing, extra examples
	wanted := make(map[string]bool, len(want))
	for _, id := range want {
		wanted[id] = true
		if _, ok := at[id]; !ok {
			missing.add("%q", id)
		}
	}
	for _, id := range s.IDs {
		if !wanted[id] {
			extra.add("%q", id)
		}
	}
	if missing.n == 0 && extra.n == 0 {
		return nil
	}
	e := fault.Invalidf("the ids are not those of %s", t.Name).At(s.Name).Coded("ids_mismatch")
	if missing.n > 0 {
		e.Problems = append(e.Problems, fault.Problem{Message: strconv.Itoa(missing.n) + " are missing: " + missing.String()})
	}
	if extra.n > 0 {
		e.Problems = append(e.Problems, fault.Problem{Message: strconv.Itoa(extra.n) + " have no target: " + extra.String()})
	}
	if t.IDs == nil {
		return e.Fix("%s has no ids, so its rows are called 0 to %d; give it ids, or use row numbers", t.Name, t.Rows-1)
	}
	return e.Fix("predict exactly the rows of %s", t.Name)
}

func rowNumbers(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	return ids
}
