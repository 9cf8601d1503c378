package preds_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/preds"
)

// load reads a file of testdata as if it were called val.
func load(t testing.TB, file string) (*preds.Set, error) {
	t.Helper()
	b := content(t, file)
	return preds.Read("val"+filepath.Ext(file), bytes.NewReader(b), int64(len(b)), preds.Limits{})
}

func targets(t testing.TB, file string) (*preds.Targets, error) {
	t.Helper()
	b := content(t, file)
	return preds.ReadTargets(file, bytes.NewReader(b), int64(len(b)), preds.Limits{})
}

func content(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func csv(name, text string) (*preds.Set, error) {
	return preds.Read(name, strings.NewReader(text), int64(len(text)), preds.Limits{})
}

// matrix is what every good file of testdata holds.
var matrix = []float64{0.75, 0.25, 0.5, 0.5, 0.125, 0.875}

func TestEveryWayOfNumpyToWriteAMatrix(t *testing.T) {
	for _, file := range []string{
		"p-f2-little.npy", "p-f4-little.npy", "p-f8-little.npy", "p-f2-big.npy", "p-f4-big.npy", "p-f8-big.npy",
		"p-fortran.npy", "p-v2.npy", "p-v3.npy", "positional.npz",
	} {
		s, err := load(t, file)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if s.Split != "val" || s.IDs != nil || s.Rows != 3 || s.Cols != 2 || !slices.Equal(s.P, matrix) {
			t.Errorf("%s: %+v", file, s)
		}
		if s.IDsDigest() != "" {
			t.Errorf("%s has no ids but a digest", file)
		}
	}
}

func TestIDsAreExact(t *testing.T) {
	for file, want := range map[string][]string{
		"ids-int.npz":    {"30", "10", "4611686018427387905"}, // 2^62 + 1: no float64 holds it
		"ids-text.npz":   {"c", "a", "b"},
		"other-name.npz": {"2", "0", "1"},
	} {
		s, err := load(t, file)
		if err != nil || !slices.Equal(s.IDs, want) || !slices.Equal(s.P, matrix) {
			t.Errorf("%s: %+v, %v", file, s, err)
		}
	}
}

func TestCSV(t *testing.T) {
	s, err := csv("a/b/test.csv", "\xef\xbb\xbfid,ham,spam\r\nx,0.75,0.25\r\n\"y,z\", 0.5,5e-1\r\nw,0.125,0.875\r\n")
	if err != nil || s.Split != "test" || s.Cols != 2 || !slices.Equal(s.P, matrix) || !slices.Equal(s.IDs, []string{"x", "y,z", "w"}) {
		t.Errorf("got %+v, %v", s, err)
	}
	s, err = csv("oof.csv", "y\n1\n2\n")
	if err != nil || s.Split != "oof" || s.IDs != nil || s.Rows != 2 || s.Cols != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestSplitOf(t *testing.T) {
	for name, want := range map[string]string{
		"val.npy": "val", "predictions/test.npz": "test", "oof.csv": "oof",
		"train.npy": "", "val.parquet": "", "val": "", "val.npy.tmp": "", ".val.npy": "", "": "",
	} {
		if got := preds.SplitOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestBadFilesNamePlaceAndFix(t *testing.T) {
	for file, want := range map[string]string{
		"bad-object.npy":     "val.npy: the array holds pickled Python objects, which are never opened (convert it first",
		"bad-fields.npy":     "named fields",
		"bad-complex.npy":    `items of type "<c16" cannot be read (write float32`,
		"bad-3d.npy":         "3 dimensions",
		"bad-0d.npy":         "0 dimensions",
		"bad-empty.npy":      "0 x 10 is empty",
		"bad-nan.npy":        "2 predictions are not finite: NaN in row 0, column 1, +Inf in row 1, column 0",
		"bad-two-arrays.npz": "2 arrays: a, b (call the one that is meant p)",
		"bad-ids-only.npz":   "no array beside ids",
		"bad-ids-count.npz":  "2 ids for 3 rows",
		"bad-ids-twice.npz":  `2 ids are there twice: "7" in rows 0 and 1, "7" in rows 0 and 2`,
		"bad-ids-half.npz":   "row 1 of ids.npy in val.npz: 0.5 is no whole number",
		"bad-torn-entry.npz": "p.npy in val.npz: the file ends after 40 of 48 bytes",
		"y-text.npy":         "the predictions are text",
	} {
		_, err := load(t, file)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want it to say %q", file, err, want)
		}
	}
}

func TestBadCSVNamesTheLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "val.csv: the file is empty"},
		{"header only", "id,p\n", "0 x 1 is empty"},
		{"no header", "0.5,0.5\n0.1,0.9\n", "val.csv:1: the first line holds numbers"},
		{"text among numbers", "id,a,b\n1,0.5,0.5\n2,high,0.1\n", `val.csv:3:3: "high" in column "a" is no number`},
		{"text in the only column", "id,a\n1,0.5\n2,n/a\n", `val.csv:3:3: "n/a" in column "a"`},
		{"a short line", "id,a,b\n1,0.5\n", "val.csv:2:1: wrong number of fields"},
		{"an open quote", "id,a\n\"1,0.5\n", "val.csv:2:"},
		{"an empty field", "id,a,b\n1,,1\n", `"" in column "a" is no number`},
		{"NaN", "id,a\nr1,nan\n", `NaN in row 0 (id "r1"), column 0`},
		{"ids alone", "id\n1\n", "1 x 0 is empty"},
		{"an id twice", "id,a\n5,1\n5,2\n", `"5" in rows 0 and 1`},
	} {
		_, err := csv("val.csv", c.text)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %q", c.name, err, c.want)
		}
	}
}

func TestOnlyPredictionNames(t *testing.T) {
	if _, err := csv("train.csv", "a\n1\n"); err == nil || !strings.Contains(err.Error(), "train.csv: no prediction file") {
		t.Errorf("got %v", err)
	}
}

func TestLimits(t *testing.T) {
	b := content(t, "p-f8-little.npy")
	_, err := preds.Read("val.npy", bytes.NewReader(b), int64(len(b)), preds.Limits{Bytes: 100})
	if err == nil || !strings.Contains(err.Error(), "176 bytes, more than the 100 allowed") {
		t.Errorf("got %v", err)
	}
	_, err = preds.Read("val.npy", bytes.NewReader(b), int64(len(b)), preds.Limits{Values: 5})
	if err == nil || !strings.Contains(err.Error(), "3 x 2 is larger than the 5 values") {
		t.Errorf("got %v", err)
	}
	text := "a,b\n1,2\n3,4\n"
	_, err = preds.Read("val.csv", strings.NewReader(text), int64(len(text)), preds.Limits{Values: 3})
	if err == nil || !strings.Contains(err.Error(), "more than the 3 values") {
		t.Errorf("got %v", err)
	}
}

// A header may promise anything; what is read of it is what the file has.
func TestHeadersThatLie(t *testing.T) {
	for _, c := range []struct{ name, dict, want string }{
		{"more rows than data", "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000,), }", "ends after 8 of 8000000 bytes"},
		{"2^62 values", "{'descr': '<f8', 'fortran_order': False, 'shape': (2147483648, 2147483648), }", "larger than"},
		{"a product that wraps", "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "larger than"},
		{"empty text for ever", "{'descr': '<U0', 'fortran_order': False, 'shape': (100000000,), }", `"<U0" cannot be read`},
		{"negative", "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", `"-1" is no dimension`},
		{"a dimension of letters", "{'descr': '<f8', 'fortran_order': False, 'shape': (x,), }", "is no dimension"},
		{"no shape", "{'descr': '<f8', 'fortran_order': False}", "lacks one of"},
		{"a strange key", "{'descr': '<f8', 'order': False, 'shape': (1,)}", `unknown key "order"`},
		{"no dict", "[1, 2]", "cannot be read"},
		{"an open string", "{'descr", "does not end"},
		{"an open shape", "{'shape': (1", "does not end"},
		{"no truth", "{'fortran_order': Perhaps}", "want True or False"},
		{"no type", "{'descr': 'f', 'fortran_order': False, 'shape': (1,)}", "no item type"},
		{"half a type", "{'descr': '<f3', 'fortran_order': False, 'shape': (1,)}", `"<f3" cannot be read`},
	} {
		b := npy(1, c.dict, make([]byte, 8))
		_, err := preds.Read("val.npy", bytes.NewReader(b), int64(len(b)), preds.Limits{})
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %q", c.name, err, c.want)
		}
	}
	for name, b := range map[string][]byte{
		"version 9":     npy(9, "{}", nil),
		"a long header": {0x93, 'N', 'U', 'M', 'P', 'Y', 2, 0, 0xff, 0xff, 0xff, 0x7f},
		"a text file":   []byte("0.5 0.5 0.1 0.9"),
	} {
		if _, err := preds.Read("val.npy", bytes.NewReader(b), int64(len(b)), preds.Limits{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// npy lays out a file by hand.
func npy(major byte, dict string, data []byte) []byte {
	b := append([]byte("\x93NUMPY"), major, 0, byte(len(dict)), byte(len(dict)>>8))
	return append(append(b, dict...), data...)
}

// However many bytes are missing, the file is refused and said to be cut off.
func TestTruncatedFiles(t *testing.T) {
	for _, file := range []string{"p-f4-little.npy", "p-v2.npy", "ids-text.npz"} {
		whole := content(t, file)
		for n := range whole {
			_, err := preds.Read("val"+filepath.Ext(file), bytes.NewReader(whole[:n]), int64(n), preds.Limits{})
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("%s cut to %d bytes: %v", file, n, err)
			}
		}
	}
}

func TestHalfPrecision(t *testing.T) {
	// numpy.array([...], "f2"): least subnormal, largest, -0, 1/3
	b := npy(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }", []byte{0x01, 0x00, 0xff, 0x7b, 0x00, 0x80, 0x55, 0x35})
	s, err := preds.Read("val.npy", bytes.NewReader(b), int64(len(b)), preds.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{math.Ldexp(1, -24), 65504, 0, 0.333251953125}; !slices.Equal(s.P, want) || !math.Signbit(s.P[2]) {
		t.Errorf("got %v, want %v", s.P, want)
	}
}
