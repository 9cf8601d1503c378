package api_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/pack"
)

func packed(t testing.TB) (string, []byte) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "train.py"), []byte("print(1)\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	digest, _, err := pack.Pack(&b, dir)
	if err != nil {
		t.Fatal(err)
	}
	return digest, b.Bytes()
}

func TestADirectoryIsFrozenUnderItsDigest(t *testing.T) {
	s := open(t)
	digest, body := packed(t)
	there := func(want bool) {
		t.Helper()
		if ok, err := s.admin.HasCode(t.Context(), digest); ok != want || err != nil {
			t.Errorf("it is there: %v, %v", ok, err)
		}
	}
	there(false)
	for range 2 { // the same again is free
		if err := s.admin.PutCode(t.Context(), digest, bytes.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	there(true)
	if sw, err := s.admin.Submit(t.Context(), wire.Submission{Source: searched, Code: digest}, ""); err != nil || sw.Code != digest {
		t.Errorf("%s, %v", sw.Code, err)
	}
	r, err := s.hello("w1", 1).c.Code(t.Context(), digest)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, body) {
		t.Errorf("%d bytes, %v, want %d", len(got), err, len(body))
	}
}

func TestWhatIsNoFrozenDirectoryIsRefused(t *testing.T) {
	s := open(t)
	digest, body := packed(t)
	other := strings.Repeat("ab", 32)
	gz := []string{"Content-Type", "application/gzip"}
	s.refused(422, "digest_mismatch", []string{digest, other}, "PUT", "/api/v1/code/"+other, string(body), gz...)
	s.refused(422, "bad_archive", nil, "PUT", "/api/v1/code/"+digest, "no archive", gz...)
	s.refused(422, "bad_archive", nil, "PUT", "/api/v1/code/"+digest, string(body[:len(body)/2]), gz...)
	s.refused(422, "invalid", []string{"path parameter digest"}, "PUT", "/api/v1/code/short", string(body), gz...)
	if ok, err := s.admin.HasCode(t.Context(), digest); ok || err != nil {
		t.Errorf("something was kept: %v", err)
	}
	if _, err := s.hello("w1", 1).c.Code(t.Context(), digest); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), digest[:12]) {
		t.Error(err)
	}
}
