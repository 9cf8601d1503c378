package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

func TestServeSaysWhyItCannot(t *testing.T) {
	d := newDesk(t, sixTrials)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	d.says(t, exitConflict, "port 0 picks a free one", "serve", "--addr", busy.Addr().String())
	d.says(t, exitInvalid, "write host:port", "serve", "--addr", "nonsense")
	d.says(t, exitInvalid, "write host:port", "serve", "--addr", "127.0.0.1:99999")
	d.says(t, exitInvalid, "at least 5s", "serve", "--lease-ttl", "1s")
	d.says(t, exitInvalid, "write postgres://", "serve", "--db", "mysql://root@localhost/x")
	d.says(t, exitUnreachable, "look at host, port, name", "serve", "--addr", "127.0.0.1:0", "--db", "postgres://nobody:secret@127.0.0.1:1/none")
	if out, errOut, _ := d.run(t, "serve", "--db", "postgres://nobody:secret@127.0.0.1:1/none"); strings.Contains(out+errOut, "secret") {
		t.Errorf("a password is printed: %s%s", out, errOut)
	}
	d.says(t, exitInvalid, "--port-file", "serve", "--addr", "127.0.0.1:0", "--port-file", filepath.Join(d.data, "none", "port"))

	file := desk{dir: d.dir, data: filepath.Join(d.file(), "below-a-file")}
	file.says(t, exitInvalid, "this cannot be the data directory", "serve", "--addr", "127.0.0.1:0")
	broken := desk{dir: d.dir, data: t.TempDir()}
	if err := os.WriteFile(filepath.Join(broken.data, "sweepd.db"), bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	broken.says(t, exitInvalid, "sweepd.db: the database cannot be opened", "serve", "--addr", "127.0.0.1:0")

	// What failed left nothing behind: the directory can be served.
	d.serve(t, 0)
	d.says(t, exitConflict, "is served already, by process ", "serve", "--addr", "127.0.0.1:0")
	d.says(t, exitConflict, "is served already, by process ", "migrate")
}

// A server that is told to end has answered whoever waits, and has brought down
// its trials without cost, within the grace and a second.
func TestAServerEndsInTime(t *testing.T) {
	d := newDesk(t, strings.Replace(sixTrials, "echo \"lr is", "trap \"\" TERM; sleep 60; echo \"lr is", 1))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	port := filepath.Join(t.TempDir(), "port")
	done := make(chan int, 1)
	var out, errOut bytes.Buffer
	go func() {
		done <- execute(ctx, []string{"--dir", d.data, "serve", "--addr", "127.0.0.1:0", "--slots", "1", "--gpus", "none", "--port-file", port}, &out, &errOut)
	}()
	within(t, 20*time.Second, "the port file", func() bool { _, err := os.Stat(port); return err == nil })
	id := strings.Fields(d.says(t, exitOK, "six", "submit", d.file()))[0]
	cl, err := (&env{globals: globals{Dir: d.data}, ctx: ctx}).client()
	if err != nil {
		t.Fatal(err)
	}
	var seq int64
	within(t, 20*time.Second, "a trial that runs", func() bool {
		sw, err := cl.Sweep(ctx, id)
		seq = sw.Seq
		return err == nil && sw.Counts.Running == 1
	})
	waiting := make(chan error, 2)
	go func() {
		_, err := cl.Changes(t.Context(), id, seq+100, 50)
		waiting <- err
	}()
	stream := eventStream(t, cl, id)
	go func() {
		_, err := io.Copy(io.Discard, stream.Body)
		stream.Body.Close()
		waiting <- err
	}()

	start := time.Now()
	cancel()
	select {
	case code := <-done:
		if code != exitOK {
			t.Errorf("exit %d: %s", code, errOut.String())
		}
	case <-time.After(30 * time.Second):
		t.Fatal("it goes on")
	}
	if took := time.Since(start); took > grace+3*time.Second {
		t.Errorf("it took %s", took)
	}
	for range 2 {
		<-waiting // whatever it is told, it is told
	}
	if (place{d.data}).alive() {
		t.Error("the directory is still held")
	}

	// Nothing was lost and nothing was charged.
	d.serve(t, 0)
	if cl, err = (&env{globals: globals{Dir: d.data}, ctx: t.Context()}).client(); err != nil {
		t.Fatal(err)
	}
	sw, err := cl.Sweep(t.Context(), id)
	if err != nil || sw.State != wire.SweepStateRunning || sw.Counts.Failed != 0 || sw.Counts.Running != 0 {
		t.Errorf("%+v, %v", sw, err)
	}
}

func eventStream(t *testing.T, cl *client.Client, id string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cl.Base()+"/api/v1/sweeps/"+id+"/changes", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	return res
}

// within waits for a condition.
func within(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s never came", what)
		}
	}
}

func TestPathsOfTheServer(t *testing.T) {
	d := newDesk(t, sixTrials)
	d.serve(t, 0)
	cl, err := (&env{globals: globals{Dir: d.data}, ctx: t.Context()}).client()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/": 200, "/s/s-1": 200, "/s/s-1.txt": 404, "/api/v1/nowhere": 404, "/api/nowhere": 404, "/health": 200, "/api/v1/system": 200, "/metrics": 200,
	} {
		res, err := http.Get(cl.Base() + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, res.StatusCode, want)
		}
	}
}

// Who comes while a server starts waits until it says where it listens, and who
// only looks does not keep it from starting.
func TestADirectoryWhoseServerIsStarting(t *testing.T) {
	p := place{t.TempDir()}
	look, err := p.prepare()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(look.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	if err := p.write("server.json", []byte(`{"pid": 1, "addr": "http://127.0.0.1:1"}`)); err != nil { // of one that was killed
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { look.Close() })
	held, err := p.lock()
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()

	time.AfterFunc(50*time.Millisecond, func() {
		if err := p.write("server.json", []byte(`{"pid": 2, "addr": "http://127.0.0.1:2"}`)); err != nil {
			t.Error(err)
		}
	})
	cl, err := (&env{globals: globals{Dir: p.dir}, ctx: t.Context(), log: slog.New(slog.DiscardHandler)}).client()
	if err != nil || cl.Base() != "http://127.0.0.1:2" {
		t.Errorf("%v, %v", cl, err)
	}
}

func TestTheTokenStaysTheSame(t *testing.T) {
	d := newDesk(t, sixTrials)
	cfg := serverConfig{Dir: d.data, Addr: "127.0.0.1:0", TTL: time.Minute, Log: slog.New(slog.DiscardHandler)}
	var first string
	for range 2 {
		s, err := newServer(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		s.close()
		info, err := os.Stat(filepath.Join(d.data, "token"))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if first != "" && s.token != first {
			t.Error("another token after a restart")
		}
		first = s.token
	}
}

// Two runs in one directory share the server of the first; when that one ends,
// the second goes on by itself.
func TestTwoRunsInOneDirectory(t *testing.T) {
	d := newDesk(t, strings.Replace(sixTrials, "echo \"lr is", "sleep 0.3; echo \"lr is", 1))
	other := newDesk(t, strings.Replace(sixTrials, "echo \"lr is", "sleep 0.6; echo \"lr is", 1))
	type end struct {
		code int
		text string
	}
	ends := make(chan end, 2)
	for _, file := range []string{d.file(), other.file()} {
		go func() {
			out, errOut, code := d.run(t, "run", file, "--slots", "1", "--gpus", "none")
			ends <- end{code, out + errOut}
		}()
	}
	for range 2 {
		if e := <-ends; e.code != exitOK || !strings.Contains(e.text, "6 trials: 6 completed") {
			t.Errorf("exit %d\n%s", e.code, e.text)
		}
	}
}
