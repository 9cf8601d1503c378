// Package e2e_test runs the real binary, as a user does: over its command line,
// over HTTP and with real trial processes. It looks at nothing inside.
package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/pgtest"
)

// binary is the sweepd under test: SWEEPD_BIN, else built here.
var binary string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	binary = os.Getenv("SWEEPD_BIN")
	if binary == "" {
		dir, err := os.MkdirTemp("", "sweepd-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "sweepd")
		build := exec.Command("go", "build", "-tags", "noui", "-o", binary, "../cmd/sweepd")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return 1
		}
	}
	return m.Run()
}

// onBoth runs a story on SQLite and on PostgreSQL.
func onBoth(t *testing.T, story func(t *testing.T, db string)) {
	t.Run("sqlite", func(t *testing.T) { story(t, "") })
	t.Run("postgres", func(t *testing.T) { story(t, pgtest.URL(t)) })
}

// proc is a sweepd process that a test may kill and start again.
type proc struct {
	t    *testing.T
	args []string
	env  []string // beside the test's own
	cmd  *exec.Cmd
	log  *bytes.Buffer
}

// start runs the binary in the background; the test ends it.
func start(t *testing.T, args ...string) *proc {
	t.Helper()
	p := &proc{t: t, args: args}
	p.begin()
	return p
}

// begin starts the process for the first time; the test ends it.
func (p *proc) begin() {
	p.t.Helper()
	p.again()
	p.t.Cleanup(func() {
		p.kill()
		if p.t.Failed() {
			p.t.Logf("sweepd %s:\n%s", strings.Join(p.args, " "), tail(p.log.String(), 4000))
		}
	})
}

// again starts the same command line anew.
func (p *proc) again() {
	p.t.Helper()
	p.log = &bytes.Buffer{}
	p.cmd = exec.Command(binary, p.args...)
	p.cmd.Env = append(os.Environ(), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
}

// kill is kill -9 and waits for the process to be gone.
func (p *proc) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}

// interrupt is Ctrl-C.
func (p *proc) interrupt() { _ = p.cmd.Process.Signal(syscall.SIGINT) }

// wait gives the exit code, or fails after a limit.
func (p *proc) wait(limit time.Duration) int {
	p.t.Helper()
	done := make(chan struct{})
	go func() { _ = p.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(limit):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT)
		p.t.Fatalf("sweepd %s did not end within %s:\n%s", strings.Join(p.args, " "), limit, tail(p.log.String(), 8000))
	}
	return p.cmd.ProcessState.ExitCode()
}

// server is a running sweepd serve with a client that has its token.
type server struct {
	*proc
	*client.Client
	dir   string
	port  string
	token string
}

// serve starts a server on a free port, later always on that one.
func serve(t *testing.T, db string, args ...string) *server {
	t.Helper()
	return serveIn(t, t.TempDir(), db, args...)
}

// serveIn is serve in a directory that may hold something already.
func serveIn(t *testing.T, dir, db string, args ...string) *server {
	t.Helper()
	s := &server{dir: dir}
	portFile := filepath.Join(s.dir, "port")
	full := append([]string{"serve", "--dir", s.dir, "--addr", "127.0.0.1:0", "--port-file", portFile}, args...)
	if db != "" {
		full = append(full, "--db", db)
	}
	s.proc = start(t, full...)
	until(t, 20*time.Second, "the server is ready", func() bool {
		b, err := os.ReadFile(portFile)
		s.port = strings.TrimSpace(string(b))
		return err == nil && s.port != ""
	})
	for i, a := range s.args {
		if a == "--addr" {
			s.args[i+1] = "127.0.0.1:" + s.port
		}
	}
	b, err := os.ReadFile(filepath.Join(s.dir, "token"))
	if err != nil {
		t.Fatal(err)
	}
	s.token = strings.TrimSpace(string(b))
	s.Client = client.New(s.url(), s.token)
	return s
}

func (s *server) url() string { return "http://127.0.0.1:" + s.port }

// worker starts a worker process of its own for a server.
func (s *server) worker(t *testing.T, slots int, args ...string) *proc {
	t.Helper()
	dir := t.TempDir()
	return start(t, append([]string{"worker", "--dir", dir, "--server", s.url(), "--token", s.token, "--slots", fmt.Sprint(slots)}, args...)...)
}

// submit submits a sweep file whose directory is dir.
func (s *server) submit(t *testing.T, dir, text string) wire.Sweep {
	t.Helper()
	file := write(t, dir, "sweep.yaml", text)
	out, code := sweepd(t, "submit", file, "--server", s.url(), "--token", s.token, "-o", "json")
	if code != 0 {
		t.Fatalf("submit: exit %d\n%s", code, out)
	}
	var sw wire.Sweep
	if err := json.Unmarshal([]byte(out), &sw); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return sw
}

// ended waits until a sweep has ended and gives it.
func (s *server) ended(t *testing.T, id string, limit time.Duration) wire.Sweep {
	t.Helper()
	var sw wire.Sweep
	until(t, limit, "the sweep has ended", func() bool {
		got, err := s.Sweep(context.Background(), id)
		if err == nil {
			sw = got
		}
		return err == nil && sw.State != wire.SweepStateRunning
	})
	return sw
}

// rows gives all trials of a sweep as maps by column.
func (s *server) rows(t *testing.T, id string) []map[string]any {
	t.Helper()
	c, err := s.Trials(context.Background(), id, wire.ListTrialsParams{Limit: 10000, Sort: "number"})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]map[string]any, c.Rows)
	for i := range out {
		out[i] = map[string]any{}
		for k, name := range c.Columns {
			if v := c.Values[k][i]; v != nil {
				out[i][name] = *v
			}
		}
	}
	return out
}

// sweepd runs a command line to its end and gives what it printed.
func sweepd(t *testing.T, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatal(err)
	}
	if cmd.ProcessState.ExitCode() != 0 {
		return out.String() + errOut.String(), cmd.ProcessState.ExitCode()
	}
	return out.String(), 0
}

// until waits for a condition, looking again every 20 ms.
func until(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("after %s still not: %s", limit, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// get fetches a path without a token.
func (s *server) get(t *testing.T, path string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}
