package blob_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/blob/blobtest"
	"github.com/sweepd/sweepd/internal/fault"
)

func open(t *testing.T, dir string) *blob.Files {
	t.Helper()
	f, err := blob.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestFiles(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, filepath.Join(t.TempDir(), "new", "folder")) })
}

func TestLinksDoNotLeadOut(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir)
	for name, target := range map[string]string{"file": secret, "folder": outside} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Open(t.Context(), "file"); err == nil {
		t.Error("a link led to a file outside")
	}
	if _, err := f.Open(t.Context(), "folder/secret"); err == nil {
		t.Error("a link led to a folder outside")
	}
	if _, err := f.Put(t.Context(), "folder/new", strings.NewReader("x")); err == nil {
		t.Error("wrote through a link")
	}
	if _, err := f.List(t.Context(), "folder"); err == nil {
		t.Error("listed through a link")
	}
	if err := f.Delete(t.Context(), "folder"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(secret); err != nil {
		t.Errorf("the file outside: %v", err)
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 1 {
		t.Error("something was written outside")
	}
}

func TestLeftoversAreCleared(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, ".sweepd-incoming", "half")
	if err := os.MkdirAll(filepath.Dir(left), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir)
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("half an object is still there: %v", err)
	}
	if got, err := f.List(t.Context(), ""); len(got) != 0 || err != nil {
		t.Errorf("an empty store lists %v, %v", got, err)
	}
}

// slow gives its bytes in two halves; between them it waits to be let on.
type slow struct {
	half, on chan struct{}
	n        int
}

func (s *slow) Read(p []byte) (int, error) {
	s.n++
	switch s.n {
	case 1:
		return copy(p, "first "), nil
	case 2:
		close(s.half)
		<-s.on
		return copy(p, "second"), nil
	}
	return 0, io.EOF
}

func TestAnotherProcessLeavesWhatIsUnderWay(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	s := &slow{half: make(chan struct{}), on: make(chan struct{})}
	done := make(chan error, 1)
	go func() {
		_, err := f.Put(t.Context(), "object", s)
		done <- err
	}()
	<-s.half
	other := open(t, dir)
	close(s.on)
	if err := <-done; err != nil {
		t.Fatalf("an upload was cut by another opening of its folder: %v", err)
	}
	o, err := other.Open(t.Context(), "object")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if b, err := io.ReadAll(o); string(b) != "first second" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestAFolderThatCannotBeIsExplained(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.OpenFiles(file); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"a/b", "../x", "a//b/.", "", "a/..", `\`, "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, err := blob.Clean(s)
		if err != nil {
			return
		}
		if again, err := blob.Clean(key); again != key || err != nil {
			t.Errorf("%q became %q and then %q, %v", s, key, again, err)
		}
		if key != "" && !filepath.IsLocal(key) {
			t.Errorf("%q became %q, which is not local", s, key)
		}
	})
}
