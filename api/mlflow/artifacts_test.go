package mlflow_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const files = "/api/2.0/mlflow-artifacts/artifacts"

func TestArtifactsGoThroughTheServer(t *testing.T) {
	s := open(t)
	run := s.run()
	root := files + "/0/" + run + "/artifacts"
	for path, content := range map[string]string{"/a.txt": "hello", "/sub/ü%20b.html": "<script>", "/sub/deep/x": ""} {
		status, body := s.ask("PUT", root+path, content)
		s.is("PUT "+path, status, body, 200, "{}")
	}
	status, body := s.ask("GET", root+"/a.txt", "")
	s.is("GET", status, body, 200, "hello")
	status, body = s.ask("GET", root+"/a.txt", "", "Range", "bytes=1-3")
	s.is("a range", status, body, 206, "ell")
	status, body = s.ask("GET", files+"?path="+url.QueryEscape("0/"+run+"/artifacts/sub"), "")
	s.is("names of a folder", status, body, 200, `{"files":[{"path":"deep","is_dir":true},{"path":"ü b.html","is_dir":false,"file_size":8}]}`)
	status, body = s.get("/artifacts/list?path=sub&run_id=" + run)
	s.is("paths of a run", status, body, 200, `{"root_uri":"mlflow-artifacts:/0/`+run+`/artifacts","files":[{"path":"sub/deep","is_dir":true},{"path":"sub/ü b.html","is_dir":false,"file_size":8}]}`)
	status, body = s.get("/artifacts/list?run_id=" + run)
	s.is("its root", status, body, 200, `{"root_uri":"mlflow-artifacts:/0/`+run+`/artifacts","files":[{"path":"a.txt","is_dir":false,"file_size":5},{"path":"sub","is_dir":true}]}`)
	status, body = s.get("/artifacts/list?path=none&run_id=" + run)
	s.is("nothing there", status, body, 200, `{"root_uri":"mlflow-artifacts:/0/`+run+`/artifacts"}`)
	status, body = s.ask("GET", root+"/sub", "")
	s.is("a folder", status, body, 400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"Artifact path refers to a directory, not a file: '0/`+run+`/artifacts/sub'"}`)
	status, body = s.ask("GET", root+"/none", "")
	s.is("no file", status, body, 404, "")
	status, body = s.ask("PUT", root+"/a.txt/b", "x")
	s.is("below a file", status, body, 409, "")
	status, body = s.ask("PUT", root+"/sub/", "x")
	s.is("no name", status, body, 400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"Artifact path must include a filename (cannot end with '/')."}`)
	status, body = s.ask("PUT", root+"/big", strings.Repeat("x", 8<<20+1))
	s.is("too large", status, body, 400, "")
	status, body = s.ask("DELETE", root+"/sub", "")
	s.is("DELETE", status, body, 200, "{}")
	status, body = s.ask("GET", root+"/sub/deep/x", "")
	s.is("gone", status, body, 404, "")
	status, body = s.ask("DELETE", files+"/0", "")
	s.is("a whole experiment", status, body, 400, "")
	status, body = s.ask("DELETE", files+"/0/"+run, "")
	s.is("a whole run", status, body, 400, "")
}

func TestDownloadsAreAttachments(t *testing.T) {
	s := open(t)
	path := s.url + files + "/0/" + s.run() + "/artifacts/x.html"
	s.ask("PUT", strings.TrimPrefix(path, s.url), "<script>alert(1)</script>")
	resp, err := http.Get(path)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for header, want := range map[string]string{"Content-Disposition": "attachment; filename=x.html", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"} {
		if got := resp.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// Every shape of a path that has ever led out of MLflow's artifact root
// (CVE-2023-1177, -2780, -6015, -6753, -6831, -6909, -6975, CVE-2024-1483,
// -1560, -1593, -1594, -2928, -3573, -8859, CVE-2025-11201, CVE-2026-2033).
func TestNoPathLeadsOut(t *testing.T) {
	s := open(t)
	run := s.run()
	for _, p := range []string{
		"../../../etc/passwd", "0/../../../etc/passwd", "..", "%2e%2e/%2e%2e/etc/passwd", "0/%2e%2e%2f%2e%2e%2fetc/passwd",
		"%252e%252e/etc/passwd", "%25252e%25252e%25252fetc", "..%5c..%5cfile", `..\..\file`, "%5c..%5cfile", "/etc/passwd", "%2fetc/passwd", "//etc/passwd",
		"C:/windows", "C:%5cwindows", "c%3a/x", "file:///etc/passwd", "file:etc", "http://169.254.169.254/latest", "dbfs:/x", "ftp://a/b",
		"a%23/../../etc", "a%2523b", "x%00y", "x%0ay", "a%7f", "a/./../../b", "0/" + run + "/artifacts/../../../etc/passwd", "%ff%fe", ".sweepd-incoming/x", "%" + strings.Repeat("25", 20) + "2e", "%" + strings.Repeat("25", 20) + "2e/x",
	} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			status, body := s.raw(method, files+"/"+p)
			if status != 400 && status != 404 && status != 409 || strings.Contains(body, "root:") {
				t.Errorf("%s %s: %d %s", method, p, status, body)
			}
		}
		for _, list := range []string{files + "?path=" + url.QueryEscape(unescaped(p)), "/api/2.0/mlflow/artifacts/list?run_id=" + run + "&path=" + url.QueryEscape(unescaped(p))} {
			if status, body := s.ask("GET", list, ""); status != 400 {
				t.Errorf("list %s: %d %s", list, status, body)
			}
		}
	}
	entries, err := os.ReadDir(s.files.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("something was written: %v", entries)
	}
}

// unescaped is a path as a query would carry it, with one layer less.
func unescaped(p string) string {
	if u, err := url.PathUnescape(p); err == nil {
		return u
	}
	return p
}

// raw sends a path exactly as it is.
func (s *site) raw(method, path string) (int, string) {
	s.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		s.Fatal(err)
	}
	u.Opaque = path
	r := &http.Request{Method: method, URL: u, Host: u.Host, Header: http.Header{}, Body: http.NoBody}
	resp, err := http.DefaultTransport.RoundTrip(r.WithContext(s.Context()))
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b := make([]byte, 4096)
	n, _ := resp.Body.Read(b)
	return resp.StatusCode, string(b[:n])
}

func TestArtifactsOfATrialAreItsOwn(t *testing.T) {
	s := open(t)
	free := s.run()
	own := files + "/" + s.sweep + "/" + s.trial.Run + "/artifacts/m"
	status, body := s.ask("PUT", own, "x")
	s.is("an ordinary client", status, body, 403, "")
	status, body = s.ask("DELETE", own, "")
	s.is("an ordinary client deletes", status, body, 403, "")
	status, body = s.ask("PUT", own, "x", "Authorization", "Bearer "+trialToken)
	s.is("the trial", status, body, 200, "{}")
	status, body = s.ask("GET", own, "")
	s.is("anyone reads", status, body, 200, "x")
	other := files + "/0/" + free + "/artifacts/m"
	status, body = s.ask("PUT", other, "x", "Authorization", "Bearer "+trialToken)
	s.is("a foreign run", status, body, 403, "")
	status, body = s.ask("GET", other, "", "Authorization", "Bearer "+trialToken)
	s.is("reading a foreign run", status, body, 403, "")
	status, body = s.ask("GET", files+"?path=", "", "Authorization", "Bearer "+trialToken)
	s.is("looking around", status, body, 403, "")
}

// An upload that began under a lease and ends after it must not overwrite what
// the next attempt has written.
func TestAnUploadThatOutlastsItsLeaseIsDropped(t *testing.T) {
	s := open(t)
	own := files + "/" + s.sweep + "/" + s.trial.Run + "/artifacts/m"
	status, body := s.ask("PUT", own, "first", "Authorization", "Bearer "+trialToken)
	s.is("the trial", status, body, 200, "{}")
	read, write := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+own, read)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+trialToken)
	go func() {
		defer write.Close()
		_, _ = io.WriteString(write, "late")
		s.uploading()
		s.store.Hold(s.trial.Author().Owner, 2)
	}()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusConflict {
		t.Errorf("status %d, want a conflict", resp.StatusCode)
	}
	status, body = s.ask("GET", own, "")
	s.is("what is there", status, body, 200, "first")
}

// uploading waits until an upload has begun to arrive.
func (s *site) uploading() {
	for range 5000 {
		if entries, err := os.ReadDir(filepath.Join(s.files.Dir(), ".sweepd-incoming")); err == nil && len(entries) > 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
	s.Error("no upload began within 5 s")
}

func TestFilesElsewhereAreNotServed(t *testing.T) {
	s := open(t)
	status, body := s.post("/experiments/create", `{"name":"elsewhere","artifact_location":"s3://bucket/x"}`)
	s.is("create", status, body, 200, `{"experiment_id":"2"}`)
	_, body = s.post("/runs/create", `{"experiment_id":"2"}`)
	_, after, _ := strings.Cut(body, `"run_uuid":"`)
	run := after[:32]
	status, body = s.get("/artifacts/list?run_id=" + run)
	s.is("list", status, body, 400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"the artifacts of run `+run+` lie at s3://bucket/x/`+run+`/artifacts, which this server does not serve (list them there)"}`)
}
