package scheduler_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// shelf is a blob store in files with the predictions of trials.
type shelf struct {
	t     *testing.T
	blobs *blob.Files
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	files, err := blob.OpenFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	return &shelf{t: t, blobs: files}
}

func (s *shelf) put(key string, data []byte) {
	s.t.Helper()
	if _, err := s.blobs.Put(s.t.Context(), key, bytes.NewReader(data)); err != nil {
		s.t.Fatal(err)
	}
}

// csv is a file of ids and values.
func csv(ids []string, values ...float64) string {
	var b strings.Builder
	b.WriteString("id,value\n")
	for i, v := range values {
		fmt.Fprintf(&b, "%s,%g\n", ids[i], v)
	}
	return b.String()
}

// trial is a completed trial that left these files, by name.
func (s *shelf) trial(number int, files map[string]string) trials.Trial {
	s.t.Helper()
	t := trials.Trial{No: int64(100 + number), Number: number, State: trials.Completed, Attempts: 2}
	for name, text := range files {
		split, _, _ := strings.Cut(name, ".")
		s.put(trials.PredictionKey(trials.Ref{Trial: t.No, Attempt: 2}, name), []byte(text))
		t.Files = append(t.Files, trials.Prediction{Split: split, Name: name})
	}
	return t
}

// freeze packs files as the code of a sweep.
func (s *shelf) freeze(files map[string]string) string {
	s.t.Helper()
	var buf bytes.Buffer
	zip := gzip.NewWriter(&buf)
	w := tar.NewWriter(zip)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(text)), Mode: 0o644}); err != nil {
			s.t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			s.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		s.t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.put(trials.CodeKey("abc"), buf.Bytes())
	return "abc"
}

var (
	abc   = []string{"a", "b", "c"}
	blend = spec.Stage{Name: "blend", Kind: spec.EnsembleStage, Ensemble: &spec.Ensemble{
		From: []string{"a"}, Metric: "rmse", Split: "val", Score: "test",
		Targets: map[string]string{"val": "y/val.csv", "test": "y/test.csv"}, Size: 10,
	}}
)

func TestErrorsThatCancelMakeTheEnsemble(t *testing.T) {
	s := newShelf(t)
	code := s.freeze(map[string]string{"y/val.csv": csv(abc, 1, 2, 3), "y/test.csv": csv(abc, 4, 5, 6)})
	members := []trials.Trial{
		s.trial(1, map[string]string{"val.csv": csv(abc, 2, 3, 4), "test.csv": csv(abc, 5, 6, 7)}),
		s.trial(2, map[string]string{"val.csv": csv([]string{"c", "b", "a"}, 2, 1, 0), "test.csv": csv(abc, 3, 4, 4)}), // rows in another order
		s.trial(3, map[string]string{"val.csv": csv(abc, 9, 9, 9), "test.csv": csv(abc, 9, 9, 9)}),
		s.trial(4, nil),
		s.trial(5, map[string]string{"val.csv": csv([]string{"a", "b", "x"}, 1, 2, 3)}),
	}
	got, err := scheduler.Assembly{Blobs: s.blobs}.Build(t.Context(), trials.Sweep{No: 1, Code: code}, blend, members)
	if err != nil {
		t.Fatal(err)
	}
	want := []trials.EnsembleMember{{Trial: 1, Weight: 0.5}, {Trial: 2, Weight: 0.5}}
	if d := cmp.Diff(want, got.Members); d != "" {
		t.Errorf("members (-want +got):\n%s", d)
	}
	// val: the errors +1 and -1 cancel; test: they leave 0, 0 and (1 - 2) / 2.
	if d := cmp.Diff(map[string]float64{"val": 0, "test": math.Sqrt(0.25 / 3)}, got.Scores, about); d != "" {
		t.Errorf("scores (-want +got):\n%s", d)
	}
	if d := cmp.Diff(trials.EnsembleSingle{Trial: 1, Scores: map[string]float64{"val": 1, "test": 1}}, got.Best, about); d != "" {
		t.Errorf("best single (-want +got):\n%s", d)
	}
	if got.Considered != 3 || got.Missing != 1 || !strings.HasPrefix(got.Note, "1 prediction files left out, the first: trial 5: ") {
		t.Errorf("considered %d, missing %d, note %q; want 3, 1 and trial 5 left out", got.Considered, got.Missing, got.Note)
	}
}

var about = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-12 })

func TestAnEnsembleWithoutPredictionsSaysWhatToWrite(t *testing.T) {
	s := newShelf(t)
	code := s.freeze(map[string]string{"y/val.csv": csv(abc, 1, 2, 3)})
	_, err := scheduler.Assembly{Blobs: s.blobs}.Build(t.Context(), trials.Sweep{Code: code}, blend, []trials.Trial{s.trial(1, nil)})
	if f := fault.Of(err); f == nil || f.Code != "no_predictions" || !strings.Contains(f.Hint, "val.npz") {
		t.Errorf("got %v, want no_predictions and a hint", err)
	}
}

func TestAnEnsembleThatCannotBeScoredIsKept(t *testing.T) {
	s := newShelf(t)
	code := s.freeze(map[string]string{"y/val.csv": csv(abc, 1, 2, 3), "y/test.csv": csv(abc, 4, 5, 6)})
	got, err := scheduler.Assembly{Blobs: s.blobs}.Build(t.Context(), trials.Sweep{Code: code}, blend,
		[]trials.Trial{s.trial(1, map[string]string{"val.csv": csv(abc, 1, 2, 3)})})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Members) != 1 || !strings.Contains(got.Note, "not scored on test") {
		t.Errorf("members %v, note %q; want the ensemble and why it has no score", got.Members, got.Note)
	}
}

func TestTargetsOutsideTheFrozenCodeComeFromTheDirectory(t *testing.T) {
	s := newShelf(t)
	st := blend
	st.Workdir.Path = t.TempDir()
	e := *blend.Ensemble
	e.Score = ""
	st.Ensemble = &e
	members := []trials.Trial{s.trial(1, map[string]string{"val.csv": csv(abc, 1, 2, 3)})}
	_, err := scheduler.Assembly{Blobs: s.blobs}.Build(t.Context(), trials.Sweep{}, st, members)
	if f := fault.Of(err); f == nil || f.Code != "file_missing" {
		t.Errorf("got %v, want file_missing", err)
	}
	if err := os.MkdirAll(filepath.Join(st.Workdir.Path, "y"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(st.Workdir.Path, "y", "val.csv"), []byte(csv(abc, 1, 2, 3)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (scheduler.Assembly{Blobs: s.blobs}).Build(t.Context(), trials.Sweep{}, st, members); err != nil {
		t.Error(err)
	}
}
