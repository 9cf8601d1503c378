// Package preds reads the predictions that trials leave behind and the targets
// they are scored against: {oof|val|test}.{npy|npz|csv}, as numpy, the Python
// client or a spreadsheet writes them. It turns a file into row ids and a
// matrix, and says what is wrong with one: which file, which row, what to do.
//
// It does not know metrics, trials or where files are kept. Files come from
// user code and are not trusted: nothing is allocated on the word of a header,
// and no pickle is ever opened.
package preds

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// Set is the predictions of one model for the rows of one split.
type Set struct {
	Name  string    // the file, for errors
	Split string    // "oof", "val" or "test"
	IDs   []string  // one per row, distinct; nil: rows are told apart by their order
	Rows  int       // at least 1
	Cols  int       // classes, or 1
	P     []float64 // Rows x Cols, row-major, finite
}

// Limits bound what a file may make its reader hold.
type Limits struct {
	Bytes  int64 // size of a file, 0: 1 GiB
	Values int   // numbers in one array, fewer when it is text, 0: 2^27 (1 GiB as float64)
}

func (l Limits) bytes() int64 {
	if l.Bytes > 0 {
		return l.Bytes
	}
	return 1 << 30
}

func (l Limits) values() int {
	if l.Values > 0 {
		return l.Values
	}
	return 1 << 27
}

// Splits are the names a prediction file may have before its extension.
func Splits() []string { return []string{"oof", "val", "test"} }

// SplitOf gives the split that a prediction file is for, from its name alone;
// "" when it is no prediction file ("notes.txt", "train.npy", "val.parquet").
func SplitOf(name string) string {
	split, ext, _ := strings.Cut(path.Base(name), ".")
	if slices.Contains(Splits(), split) && known("."+ext) {
		return split
	}
	return ""
}

func known(ext string) bool { return ext == ".npy" || ext == ".npz" || ext == ".csv" }

// Read reads a prediction file of size bytes. Its name gives split and format.
// A matrix has one row per sample; an array of one dimension is one column.
// In an npz the matrix is called p, proba or arr_0, or is the only array beside
// "ids"; in a csv it is every column beside "id".
func Read(name string, r io.ReaderAt, size int64, lim Limits) (*Set, error) {
	split := SplitOf(name)
	if split == "" {
		return nil, fault.Invalidf("no prediction file is called so").At(name).Coded("predictions_name").
			Fix("name it oof, val or test with the extension .npy, .npz or .csv")
	}
	t, err := read(name, r, size, lim, []string{"p", "proba", "arr_0"})
	if err != nil {
		return nil, err
	}
	if t.notNumber != nil {
		return nil, t.notNumber
	}
	if t.text != nil {
		return nil, fault.Invalidf("the predictions are text").At(name).Coded("predictions_type").
			Fix("write numbers: probabilities of the classes, or the predicted value")
	}
	s := &Set{Name: name, Split: split, IDs: t.ids, Rows: t.rows, Cols: t.cols, P: t.numbers}
	if err := s.checkFinite(); err != nil {
		return nil, err
	}
	return s, nil
}

// IDsDigest names the set of ids whatever their order: the SHA-256 of the
// sorted ids, each with its length before it, in hex. "" when there are none.
func (s *Set) IDsDigest() string { return digest(s.IDs) }

func digest(ids []string) string {
	if ids == nil {
		return ""
	}
	h := sha256.New()
	for _, id := range slices.Sorted(slices.Values(ids)) {
		fmt.Fprintf(h, "%d:%s", len(id), id)
	}
	return hex.EncodeToString(h.Sum(nil))
}
