package preds_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/preds"
)

var lim = preds.Limits{Bytes: 1 << 16, Values: 1 << 12}

// Whatever the bytes: no panic, no more memory than the limits allow, and what
// is accepted is a finite matrix with ids for all rows or for none.
func fuzz(f *testing.F, ext string) {
	files, err := filepath.Glob("testdata/*" + ext)
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := preds.Read("val"+ext, bytes.NewReader(b), int64(len(b)), lim)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid || s != nil {
				t.Errorf("refused with %v and %v", err, s)
			}
		} else {
			if s.Rows < 1 || s.Cols < 1 || len(s.P) != s.Rows*s.Cols || len(s.P) > lim.Values || s.IDs != nil && len(s.IDs) != s.Rows {
				t.Errorf("accepted %d x %d with %d values and %d ids", s.Rows, s.Cols, len(s.P), len(s.IDs))
			}
			for _, v := range s.P {
				if v-v != 0 {
					t.Errorf("accepted %v", v)
				}
			}
			s.CheckProbabilities()
		}
		if y, err := preds.ReadTargets("y"+ext, bytes.NewReader(b), int64(len(b)), lim); err == nil {
			y.ClassIndices(2)
			y.Values()
		}
	})
}

func FuzzNpy(f *testing.F) { fuzz(f, ".npy") }
func FuzzNpz(f *testing.F) { fuzz(f, ".npz") }

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"id,a,b\n1,0.5,0.5\n", "a\n1e400\n", "\xef\xbb\xbfid\n", "id,a\n\"x\ny\",1\n", ",\n,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := preds.Read("val.csv", bytes.NewReader(b), int64(len(b)), lim); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("refused with %v", err)
		}
	})
}
