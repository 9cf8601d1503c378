package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sweepd/sweepd/web"
)

var page = fstest.MapFS{
	"index.html":          {Data: []byte("<!doctype html>" + strings.Repeat("<p>sweeps</p>", 50))},
	"assets/app-1a2b.js":  {Data: []byte(strings.Repeat("let a = 1;\n", 100))},
	"assets/f-1a2b.woff2": {Data: []byte("wOF2\x00\x01")},
	".gitkeep":            {Data: nil},
}

func get(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWhatIsServed(t *testing.T) {
	h := web.Serve(page)
	for _, c := range []struct {
		method, path string
		status       int
		kind, cache  string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"GET", "/s/a1b2?sort=-best", 200, "text/html; charset=utf-8", "no-cache"}, // a view
		{"GET", "/.gitkeep", 200, "text/html; charset=utf-8", "no-cache"},
		{"GET", "/../../etc/passwd", 200, "text/html; charset=utf-8", "no-cache"},
		{"GET", "/assets/app-1a2b.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"HEAD", "/assets/f-1a2b.woff2", 200, "font/woff2", "public, max-age=31536000, immutable"},
		{"GET", "/assets/app-0000.js", 404, "text/plain; charset=utf-8", ""},
		{"POST", "/", 405, "text/plain; charset=utf-8", ""},
	} {
		r := get(t, h, c.method, c.path)
		if r.StatusCode != c.status || r.Header.Get("Content-Type") != c.kind || r.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s %s: %d %q %q, want %d %q %q", c.method, c.path, r.StatusCode, r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"), c.status, c.kind, c.cache)
		}
	}
}

func TestCompressionAndValidation(t *testing.T) {
	h := web.Serve(page)
	r := get(t, h, "GET", "/assets/app-1a2b.js", "Accept-Encoding", "br, gzip")
	if r.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("not compressed for a client that asked")
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := text(t, z), string(page["assets/app-1a2b.js"].Data); got != want {
		t.Error("the compressed file is another")
	}
	if r := get(t, h, "GET", "/assets/app-1a2b.js"); r.Header.Get("Content-Encoding") != "" {
		t.Error("compressed for a client that did not ask")
	}
	again := get(t, h, "GET", "/", "If-None-Match", get(t, h, "GET", "/").Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || text(t, again.Body) != "" {
		t.Errorf("status %d for an unchanged page, want 304 and no body", again.StatusCode)
	}
}

func TestThePageMayLoadOnlyFromItsServer(t *testing.T) {
	csp := get(t, web.Serve(page), "GET", "/").Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %q", csp, want)
		}
	}
	if strings.Contains(csp, "unsafe-eval") || strings.Contains(csp, "script-src 'unsafe-inline'") {
		t.Errorf("policy %q lets code in", csp)
	}
}

func TestABinaryWithoutThePageSaysSo(t *testing.T) {
	r := get(t, web.Serve(fstest.MapFS{".gitkeep": {}}), "GET", "/")
	if body := text(t, r.Body); r.StatusCode != 404 || !strings.Contains(body, "make build") {
		t.Errorf("%d %q, want 404 and what to do", r.StatusCode, body)
	}
}
