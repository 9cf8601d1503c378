package preds_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/preds"
)

func TestTargetsOfEveryType(t *testing.T) {
	for file, want := range map[string][]float64{
		"y-i1.npy": {-3, 1, 100}, "y-i2.npy": {-3, 1, 100}, "y-i4.npy": {-3, 1, 100}, "y-i8.npy": {-3, 1, 100},
		"y-u1.npy": {0, 1, 100}, "y-u2.npy": {0, 1, 100}, "y-u4.npy": {0, 1, 100}, "y-u8.npy": {0, 1, 100},
		"y-i2-big.npy": {-3, 1, 100}, "y-u4-big.npy": {0, 1, 100}, "y-i8-big.npy": {-3, 1, 100},
		"y-bool.npy": {1, 0, 1}, "y-column.npy": {1.5, 2.5},
	} {
		got, err := targets(t, file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if v, err := got.Values(); err != nil || !slices.Equal(v, want) {
			t.Errorf("%s: %v, %v; want %v", file, v, err, want)
		}
	}
	for file, want := range map[string][]string{
		"y-text.npy": {"setosa", "virginica", "été"}, "y-bytes.npy": {"a", "bcd", ""}, "y-classes.npz": {"ham", "spam", "ham"},
	} {
		got, err := targets(t, file)
		if err != nil || !slices.Equal(got.Labels, want) {
			t.Errorf("%s: %+v, %v; want %v", file, got, err, want)
			continue
		}
		if _, err := got.Values(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s gave values: %v", file, err)
		}
	}
}

func TestTargetsFromCSV(t *testing.T) {
	read := func(text string) (*preds.Targets, error) {
		return preds.ReadTargets("y.csv", strings.NewReader(text), int64(len(text)), preds.Limits{})
	}
	y, err := read("id,species\n7,cat\n9,dog\n")
	if err != nil || !slices.Equal(y.Labels, []string{"cat", "dog"}) || !slices.Equal(y.IDs, []string{"7", "9"}) {
		t.Errorf("got %+v, %v", y, err)
	}
	for text, want := range map[string]string{
		"a,b\n0,1\n":     "targets of 2 columns",
		"y\n1\nnan\n":    "row 1 of y.csv: the target is NaN",
		"id,y\n1,2\n1,3": "there twice",
	} {
		if _, err := read(text); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want it to say %q", text, err, want)
		}
	}
}

func TestClassIndices(t *testing.T) {
	for _, c := range []struct {
		name string
		y    preds.Targets
		cols int
		want []float64
	}{
		{"indices", preds.Targets{Numbers: []float64{0, 2, 2}}, 3, []float64{0, 2, 2}},
		{"one column", preds.Targets{Numbers: []float64{0, 1, 1}}, 1, []float64{0, 1, 1}},
		{"numbers that are no indices", preds.Targets{Numbers: []float64{10, -1, 2.5}}, 3, []float64{2, 0, 1}},
		{"one and two", preds.Targets{Numbers: []float64{1, 2}}, 2, []float64{0, 1}},
		{"names, sorted", preds.Targets{Labels: []string{"b", "a", "b"}}, 2, []float64{1, 0, 1}},
		{"names in an order of their own", preds.Targets{Labels: []string{"b", "a"}, Classes: []string{"b", "c", "a"}}, 3, []float64{0, 2}},
		{"numbers in an order of their own", preds.Targets{Numbers: []float64{0, 1}, Classes: []string{"1", "0"}}, 2, []float64{1, 0}},
	} {
		got, err := c.y.ClassIndices(c.cols)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
	for _, c := range []struct {
		y    preds.Targets
		cols int
		want string
	}{
		{preds.Targets{Name: "y", Labels: []string{"a", "b"}}, 3, "2 classes, but predictions of 3 columns"},
		{preds.Targets{Name: "y", Numbers: []float64{0, 7}}, 3, "2 classes, but predictions of 3 columns (write class indices 0..2"},
		{preds.Targets{Name: "y", Labels: []string{"a", "x"}, Classes: []string{"a", "b"}}, 2, `row 1 of y: the class "x"`},
		{preds.Targets{Name: "y", Numbers: []float64{0, 1}, Classes: []string{"0", "1", "2"}}, 2, "3 classes"},
		{preds.Targets{Name: "y", Labels: []string{"a", "a"}, Classes: []string{"a", "a"}}, 2, `the class "a" names two columns`},
	} {
		if _, err := c.y.ClassIndices(c.cols); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v; want it to say %q", c.y, err, c.want)
		}
	}
}
