package preds

import (
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/sweepd/sweepd/internal/fault"
)

// Targets is what the rows of a split are really worth.
type Targets struct {
	Name    string
	IDs     []string  // one per row, distinct; nil: rows are told apart by their order
	Rows    int       // at least 1
	Numbers []float64 // one per row, finite; nil when the file holds text
	Labels  []string  // one per row; nil when the file holds numbers
	Classes []string  // names of the columns of predictions, in order, when the file says so
}

// ReadTargets reads a file of one value per row: numbers, class indices or
// class names. In an npz the array is called y, targets or arr_0, or is the
// only one beside "ids" and "classes"; in a csv it is the column beside "id".
func ReadTargets(name string, r io.ReaderAt, size int64, lim Limits) (*Targets, error) {
	t, err := read(name, r, size, lim, []string{"y", "targets", "arr_0"})
	if err != nil {
		return nil, err
	}
	if t.cols != 1 {
		return nil, fault.Invalidf("targets of %d columns", t.cols).At(name).Coded("shape").
			Fix("write one value per row; for one-hot rows write their argmax")
	}
	for i, v := range t.numbers {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fault.Invalidf("the target is %v", v).At("row " + strconv.Itoa(i) + " of " + name).Coded("nan").
				Fix("leave rows without a known target out")
		}
	}
	return &Targets{Name: name, IDs: t.ids, Rows: t.rows, Numbers: t.numbers, Labels: t.text, Classes: t.classes}, nil
}

// IDsDigest is as that of Set.
func (t *Targets) IDsDigest() string { return digest(t.IDs) }

// Values gives the targets of a regression.
func (t *Targets) Values() ([]float64, error) {
	if t.Numbers == nil {
		return nil, fault.Invalidf("the targets are text: %q in row 0", t.Labels[0]).At(t.Name).Coded("targets_type").
			Fix("a regression metric needs numbers")
	}
	return t.Numbers, nil
}

// ClassIndices gives each row the column that holds the probability of its
// class, for predictions of cols columns (one column speaks of two classes).
//
// The order of columns is Classes when the file has them. Else whole numbers
// that all lie in 0..n-1 are indices already, and other values are taken in
// sorted order, as scikit-learn's classes_ has them, when exactly n differ.
func (t *Targets) ClassIndices(cols int) ([]float64, error) {
	n := max(cols, 2)
	if t.Classes == nil && t.indices(n) {
		return t.Numbers, nil
	}
	labels := t.Labels
	if labels == nil {
		labels = make([]string, len(t.Numbers))
		for i, v := range t.Numbers {
			labels[i] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	classes := t.Classes
	if classes == nil {
		classes = t.sorted(labels)
	}
	if len(classes) != n {
		return nil, fault.Invalidf("%d classes, but predictions of %d columns", len(classes), cols).At(t.Name).Coded("classes").
			Fix("write class indices 0..%d, or an array %q in an npz that names the columns in order", n-1, "classes")
	}
	column := make(map[string]float64, n)
	for c, name := range classes {
		if _, twice := column[name]; twice {
			return nil, fault.Invalidf("the class %q names two columns", name).At(t.Name).Coded("classes").Fix("name each column once")
		}
		column[name] = float64(c)
	}
	out := make([]float64, len(labels))
	for i, l := range labels {
		c, ok := column[l]
		if !ok {
			return nil, fault.Invalidf("the class %q is not among those that name the columns", l).
				At("row " + strconv.Itoa(i) + " of " + t.Name).Coded("classes")
		}
		out[i] = c
	}
	return out, nil
}

// indices tells whether all targets are whole numbers of 0..n-1.
func (t *Targets) indices(n int) bool {
	for _, v := range t.Numbers {
		if v != math.Trunc(v) || v < 0 || v >= float64(n) {
			return false
		}
	}
	return t.Numbers != nil
}

// sorted gives the distinct targets, by value when they are numbers.
func (t *Targets) sorted(labels []string) []string {
	if t.Numbers == nil {
		return slices.Compact(slices.Sorted(slices.Values(labels)))
	}
	var names []string
	for _, v := range slices.Compact(slices.Sorted(slices.Values(t.Numbers))) {
		names = append(names, strconv.FormatFloat(v, 'f', -1, 64))
	}
	return names
}
