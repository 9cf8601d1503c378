package preds_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/preds"
)

func set(rows int, ids ...string) *preds.Set {
	s := &preds.Set{Name: "val.npz", Split: "val", IDs: ids, Rows: rows, Cols: 2}
	for i := range rows {
		s.P = append(s.P, float64(i), float64(i)+0.5)
	}
	return s
}

func TestAlign(t *testing.T) {
	for _, c := range []struct {
		name string
		set  *preds.Set
		ids  []string // of the targets
		want []float64
	}{
		{"by order", set(2), nil, []float64{0, 0.5, 1, 1.5}},
		{"by order, ids in the targets", set(2), []string{"x", "y"}, []float64{0, 0.5, 1, 1.5}},
		{"the same ids", set(2, "x", "y"), []string{"x", "y"}, []float64{0, 0.5, 1, 1.5}},
		{"another order", set(3, "z", "x", "y"), []string{"x", "y", "z"}, []float64{1, 1.5, 2, 2.5, 0, 0.5}},
		{"row numbers", set(3, "2", "0", "1"), nil, []float64{1, 1.5, 2, 2.5, 0, 0.5}},
	} {
		truth := &preds.Targets{Name: "y_val.npy", IDs: c.ids, Rows: c.set.Rows}
		got, err := c.set.Align(truth)
		if err != nil || !slices.Equal(got.P, c.want) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestAlignNamesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		name string
		set  *preds.Set
		rows int
		ids  []string
		want []string
	}{
		{"too few rows", set(2), 3, nil, []string{"val.npz: 2 rows, but y_val.npy has 3"}},
		{
			"missing and extra", set(3, "a", "b", "q"), 7,
			[]string{"a", "b", "c", "d", "e", "f", "g"},
			[]string{"val.npz: the ids are not those of y_val.npy", `5 are missing: "c", "d", "e" and 2 more`, `1 have no target: "q"`},
		},
		{"names against row numbers", set(2, "a", "b"), 2, nil, []string{"its rows are called 0 to 1"}},
		{"row numbers of another split", set(2, "0", "5"), 2, nil, []string{`"1"`, `"5"`}},
	} {
		_, err := c.set.Align(&preds.Targets{Name: "y_val.npy", IDs: c.ids, Rows: c.rows})
		for _, want := range c.want {
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v; want it to say %q", c.name, err, want)
			}
		}
	}
}
