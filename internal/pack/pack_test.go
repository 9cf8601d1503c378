package pack_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/pack"
)

// The vectors are shared with the Python client.
const vectors = "../../clients/python/tests/vectors/pack.json"

var fixed = time.Unix(1e9, 0)

type vector struct {
	Name         string            `json:"name"`
	Files        map[string]string `json:"files"`
	Modes        map[string]string `json:"modes"`
	Links        map[string]string `json:"links"`
	Gitignore    *string           `json:"gitignore"`
	Sweepdignore *string           `json:"sweepdignore"`
	Expect       []string          `json:"expect"`
	Packed       map[string]string `json:"packed"`
	Digest       string            `json:"digest"`
	Error        string            `json:"error"`
}

func TestSharedVectors(t *testing.T) {
	text, err := os.ReadFile(vectors)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Cases []vector }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Cases) < 10 {
		t.Fatalf("%d vectors", len(all.Cases))
	}
	for _, v := range all.Cases {
		t.Run(v.Name, func(t *testing.T) { checkVector(t, v) })
	}
}

func checkVector(t *testing.T, v vector) {
	dir := t.TempDir()
	if v.Gitignore != nil {
		put(t, dir, ".gitignore", *v.Gitignore, 0o644)
	}
	if v.Sweepdignore != nil {
		put(t, dir, ".sweepdignore", *v.Sweepdignore, 0o644)
	}
	for name, content := range v.Files {
		mode := fs.FileMode(0o644)
		if text := v.Modes[name]; text != "" {
			m, err := strconv.ParseUint(text, 8, 32)
			if err != nil {
				t.Fatal(err)
			}
			mode = fs.FileMode(m)
		}
		put(t, dir, name, content, mode)
	}
	for name, target := range v.Links {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	var archive bytes.Buffer
	digest, entries, err := pack.Pack(&archive, dir)
	if v.Error != "" {
		if !fault.Is(err, fault.Invalid) {
			t.Fatalf("error %v, want a refusal", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Path)
	}
	if !slices.Equal(names, v.Expect) {
		t.Errorf("packed %q, want %q", names, v.Expect)
	}
	for _, e := range entries {
		if want := v.Packed[e.Path]; want != "" && want != "0"+strconv.FormatUint(uint64(e.Mode), 8) {
			t.Errorf("%s has mode %o, want %s", e.Path, e.Mode, want)
		}
	}
	if digest != v.Digest {
		t.Errorf("digest %s, want %s", digest, v.Digest)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := pack.Unpack(bytes.NewReader(archive.Bytes()), to, digest); err != nil {
		t.Fatal(err)
	}
	unfreeze(t, to)
	for name, content := range v.Files {
		if !slices.Contains(v.Expect, name) {
			continue
		}
		if got, err := os.ReadFile(filepath.Join(to, name)); err != nil || string(got) != content {
			t.Errorf("%s came out as %q (%v), want %q", name, got, err, content)
		}
	}
}

func put(t *testing.T, dir, name, content string, mode fs.FileMode) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// unfreeze lets the test's folder be removed.
func unfreeze(t *testing.T, dir string) {
	t.Cleanup(func() {
		filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error { //nolint:errcheck // clean-up
			if err == nil && d.IsDir() {
				return os.Chmod(p, 0o755)
			}
			return nil
		})
	})
}

func TestSameBytesGiveTheSameArchive(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.py", "x", 0o644)
	var one, two bytes.Buffer
	if _, _, err := pack.Pack(&one, dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, "a.py"), fixed, fixed); err != nil {
		t.Fatal(err)
	}
	if _, _, err := pack.Pack(&two, dir); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the archive depends on the time of a file")
	}
}

func TestTooMuchNamesTheLargest(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "small.py", "x", 0o644)
	put(t, dir, "sub/huge.bin", "", 0o644)
	if err := os.Truncate(filepath.Join(dir, "sub/huge.bin"), pack.Limit+1); err != nil {
		t.Fatal(err)
	}
	_, err := pack.List(dir)
	if fault.Of(err) == nil || fault.Of(err).Code != "code_too_large" {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{"sub/huge.bin: 256.0 MiB", ".sweepdignore"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "a.py", "x", 0o644)
	var good bytes.Buffer
	digest, _, err := pack.Pack(&good, dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, archive := range map[string][]byte{
		"another digest":        tarOf(t, tar.Header{Name: "a.py", Mode: 0o644, Typeflag: tar.TypeReg}),
		"a path that leads out": tarOf(t, tar.Header{Name: "../a.py", Mode: 0o644, Typeflag: tar.TypeReg}),
		"an absolute path":      tarOf(t, tar.Header{Name: "/etc/a", Mode: 0o644, Typeflag: tar.TypeReg}),
		"a link that leads out": tarOf(t, tar.Header{Name: "a", Linkname: "../../etc", Typeflag: tar.TypeSymlink}),
		"a device":              tarOf(t, tar.Header{Name: "a", Mode: 0o644, Typeflag: tar.TypeChar}),
		"the same path twice":   tarOf(t, tar.Header{Name: "a", Mode: 0o644, Typeflag: tar.TypeReg}, tar.Header{Name: "a", Mode: 0o644, Typeflag: tar.TypeReg}),
		"half an archive":       good.Bytes()[:good.Len()/2],
		"no archive":            []byte("hello"),
	} {
		t.Run(name, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "copy")
			if err := pack.Unpack(bytes.NewReader(archive), to, digest); !fault.Is(err, fault.Invalid) {
				t.Errorf("error %v, want a refusal", err)
			}
			if left, err := os.ReadDir(filepath.Dir(to)); err != nil || len(left) > 0 {
				t.Errorf("left %v behind (%v)", left, err)
			}
		})
	}
}

func TestUnpackedIsReadOnly(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "pkg/a.py", "x", 0o644)
	put(t, dir, "run.sh", "x", 0o755)
	var archive bytes.Buffer
	digest, _, err := pack.Pack(&archive, dir)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "copy")
	unfreeze(t, to)
	if err := pack.Unpack(&archive, to, digest); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"pkg": 0o555, "pkg/a.py": 0o444, "run.sh": 0o555} {
		if info, err := os.Stat(filepath.Join(to, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v (%v), want %v", name, info.Mode(), err, want)
		}
	}
	// A second unpacking finds the first and does not even read.
	if err := pack.Unpack(broken{}, to, digest); err != nil {
		t.Error(err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("this is not read") }

func tarOf(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	out := tar.NewWriter(zip)
	for _, h := range headers {
		if err := out.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A file larger than the process may write stands for a full disk.
func TestAFullDiskIsNoFaultOfThePack(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	source := t.TempDir()
	if err := os.WriteFile(filepath.Join(source, "a"), make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	digest, _, err := pack.Pack(&b, source)
	if err != nil {
		t.Fatal(err)
	}
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64 << 10, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	err = pack.Unpack(&b, filepath.Join(t.TempDir(), "copy"), digest)
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); e != nil {
		t.Fatal(e)
	}
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("error %v, want one that passes", err)
	}
}
