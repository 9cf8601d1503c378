package s3_test

import (
	"bytes"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/blob/blobtest"
	"github.com/sweepd/sweepd/internal/blob/s3"
	"github.com/sweepd/sweepd/internal/fault"
)

// serve starts something that speaks S3 and has the bucket "runs".
func serve(t *testing.T) s3.Config {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("runs"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	return s3.Config{
		Endpoint: strings.TrimPrefix(server.URL, "http://"), Insecure: true, Region: "us-east-1",
		Bucket: "runs", Prefix: "team/a", Key: "key", Secret: "secret",
	}
}

func open(t *testing.T, c s3.Config) *s3.Store {
	t.Helper()
	s, err := s3.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, serve(t)) })
}

func TestLongObjectsGoInParts(t *testing.T) {
	s := open(t, serve(t))
	body := bytes.Repeat([]byte("0123456789abcdef"), 40<<16) // 40 MiB: two parts and a half
	info, err := s.Put(t.Context(), "long", onlyReader{bytes.NewReader(body)})
	if err != nil || info.Size != int64(len(body)) {
		t.Fatalf("%+v %v", info, err)
	}
	o, err := s.Open(t.Context(), "long")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if _, err := o.Seek(20<<20, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(o)
	if err != nil || !bytes.Equal(got, body[20<<20:]) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
}

// onlyReader hides how long its reader is.
type onlyReader struct{ io.Reader }

func TestPrefixesDoNotSeeEachOther(t *testing.T) {
	c := serve(t)
	a := open(t, c)
	c.Prefix = "team/ab"
	b := open(t, c)
	if _, err := a.Put(t.Context(), "x", strings.NewReader("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(t.Context(), "x"); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
	if got, err := b.List(t.Context(), ""); len(got) != 0 || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestABucketThatIsNotThere(t *testing.T) {
	c := serve(t)
	c.Bucket = "none"
	if _, err := s3.Open(t.Context(), c); !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v", err)
	}
	c.Endpoint = "127.0.0.1:1"
	if _, err := s3.Open(t.Context(), c); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}
