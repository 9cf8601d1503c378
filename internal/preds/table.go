package preds

import (
	"io"
	"path"

	"github.com/sweepd/sweepd/internal/fault"
)

// table is what every format is read into. Either numbers or text is set.
type table struct {
	ids        []string // nil: none in the file
	rows, cols int
	numbers    []float64 // rows x cols, row-major
	text       []string  // rows x cols, row-major
	notNumber  error     // the first place that made a csv text; nil otherwise
	classes    []string  // what an npz of targets says of the order of the columns; nil: nothing
}

// read reads a file by its extension. names are the keys under which an npz may
// hold the array.
func read(name string, r io.ReaderAt, size int64, lim Limits, names []string) (*table, error) {
	if size > lim.bytes() {
		return nil, fault.Invalidf("the file has %d bytes, more than the %d allowed", size, lim.bytes()).At(name).Coded("too_large").
			Fix("write float32, or fewer rows")
	}
	var t *table
	var err error
	switch ext := path.Ext(name); ext {
	case ".npy":
		t, err = readNpy(name, io.NewSectionReader(r, 0, size), size, lim)
	case ".npz":
		t, err = readNpz(name, r, size, lim, names)
	case ".csv":
		t, err = readCSV(name, io.NewSectionReader(r, 0, size), lim)
	default:
		return nil, fault.Invalidf("%q is no format of predictions", ext).At(name).Coded("predictions_format").Fix("write .npy, .npz or .csv")
	}
	if err != nil {
		return nil, err
	}
	if t.rows == 0 || t.cols == 0 {
		return nil, fault.Invalidf("the array of %d x %d is empty", t.rows, t.cols).At(name).Coded("empty")
	}
	if t.ids != nil && len(t.ids) != t.rows {
		return nil, fault.Invalidf("%d ids for %d rows", len(t.ids), t.rows).At(name).Coded("ids_mismatch").
			Fix("write one id per row, in the order of the rows")
	}
	if err := t.checkIDs(name); err != nil {
		return nil, err
	}
	return t, nil
}

// checkIDs refuses ids that name two rows.
func (t *table) checkIDs(name string) error {
	if t.ids == nil {
		return nil
	}
	first := make(map[string]int, len(t.ids))
	var twice examples
	for i, id := range t.ids {
		if at, seen := first[id]; seen {
			twice.add("%q in rows %d and %d", id, at, i)
			continue
		}
		first[id] = i
	}
	if twice.n == 0 {
		return nil
	}
	return fault.Invalidf("%d ids are there twice: %s", twice.n, &twice).At(name).Coded("ids_mismatch").
		Fix("an id names one row; a row that was predicted twice is written once")
}
