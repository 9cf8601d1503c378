package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// policy lets the page load what this server serves and nothing else. Styles may
// be inline, since libraries set widths and positions on elements.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
	"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const absent = "This sweepd was built without its page: make build puts it in.\n" +
	"Everything the page shows is under /api/v1, and sweepd show prints it.\n"

// Handler serves the page. Names below /assets/ carry a hash of their content
// and never change; a path that is no file is a view of the page and gets
// index.html. Compressed once, at the first request.
func Handler() http.Handler { return Serve(FS()) }

// Serve is Handler for other files than the embedded ones.
func Serve(files fs.FS) http.Handler {
	return &server{load: sync.OnceValue(func() map[string]asset { return read(files) })}
}

type server struct{ load func() map[string]asset }

// asset is one file, ready to be sent.
type asset struct {
	kind   string // Content-Type
	etag   string
	plain  []byte
	zipped []byte // gzip; nil when it would not be smaller
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the page is only read", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")

	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	hashed := strings.HasPrefix(name, "assets/")
	assets := s.load()
	a, ok := assets[name]
	if !ok && !hashed {
		a, ok = assets["index.html"]
	}
	switch {
	case ok:
	case hashed:
		http.Error(w, "no such file: the page is of another version than the server, reload it", http.StatusNotFound)
		return
	default:
		http.Error(w, absent, http.StatusNotFound)
		return
	}

	if hashed {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Content-Type", a.kind)
	h.Set("ETag", a.etag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.plain
	if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.zipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body)
	}
}

// read loads and compresses all files; what cannot be read is left out, as if
// the page had not been built.
func read(files fs.FS) map[string]asset {
	assets := map[string]asset{}
	// The function below never gives an error, so neither does the walk.
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return nil
		}
		if b, err := fs.ReadFile(files, name); err == nil {
			assets[name] = newAsset(name, b)
		}
		return nil
	})
	return assets
}

func newAsset(name string, b []byte) asset {
	sum := sha256.Sum256(b)
	a := asset{kind: contentType(name), etag: `"` + hex.EncodeToString(sum[:12]) + `"`, plain: b}
	var z bytes.Buffer
	gz, _ := gzip.NewWriterLevel(&z, gzip.BestCompression) // the level is a valid one
	if _, err := gz.Write(b); err != nil || gz.Close() != nil {
		return a
	}
	if z.Len() < len(b)*9/10 {
		a.zipped = z.Bytes()
	}
	return a
}

// contentType does not ask the machine's MIME tables, which differ.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	default:
		if kind := mime.TypeByExtension(ext); kind != "" {
			return kind
		}
		return "application/octet-stream"
	}
}
