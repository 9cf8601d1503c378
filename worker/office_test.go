package worker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/pack"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
	"github.com/sweepd/sweepd/worker"
)

// limit is how long a test waits for what must happen.
const limit = 20 * time.Second

// TestMain lets the test binary be the shim, and a worker that can be killed.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "shim" {
		os.Exit(worker.ShimMain(os.Args[2:]))
	}
	if len(os.Args) > 2 && os.Args[1] == "worker" {
		os.Exit(workerMain(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

func shimArgv(t testing.TB) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, "shim"}
}

// office is the other side of the contract, in memory: it leases what it is
// given, keeps what it is told, and can be away.
type office struct {
	ttl time.Duration
	web *httptest.Server

	mu        sync.Mutex
	changed   chan struct{} // closed and replaced at every change
	queue     []trials.Lease
	claims    map[string][]trials.Ref // by claim id
	live      map[trials.Ref]trials.Lease
	signals   map[trials.Ref]trials.Signal
	outcomes  map[trials.Ref]trials.Outcome
	hellos    []trials.Worker
	beats     []trials.Beat
	missed    int // heartbeats while away
	away      bool
	loseOnce  bool // the answer to the next claim is lost
	loseChunk bool // the answer to the next chunk of output is lost
	logs      map[trials.Ref][]byte
	chunks    map[trials.Ref]int
	ended     map[trials.Ref]bool // the chunk that says that it is the last has come
	codes     map[string][]byte
	asked     chan struct{} // filled when code was asked for that is not there; nil: nobody looks
	fetched   int
	reports   map[string][]json.RawMessage // points by token
	requests  []*http.Request              // others
	stop      map[string]string            // reason by token
	files     map[string][]byte            // predictions
	claimed   map[trials.Ref]time.Time
	settled   map[trials.Ref]time.Time
}

func newOffice(ttl time.Duration) *office {
	o := &office{
		ttl: ttl, changed: make(chan struct{}), claims: map[string][]trials.Ref{}, live: map[trials.Ref]trials.Lease{},
		signals: map[trials.Ref]trials.Signal{}, outcomes: map[trials.Ref]trials.Outcome{}, logs: map[trials.Ref][]byte{}, chunks: map[trials.Ref]int{}, ended: map[trials.Ref]bool{},
		codes: map[string][]byte{}, reports: map[string][]json.RawMessage{}, stop: map[string]string{}, files: map[string][]byte{},
		claimed: map[trials.Ref]time.Time{}, settled: map[trials.Ref]time.Time{},
	}
	o.web = httptest.NewServer(http.HandlerFunc(o.serve))
	return o
}

func (o *office) change() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// halfway gives a text the form in which a server leaves it to the worker: see
// spec.ExpandPaths.
var halfway = strings.NewReplacer("${trial.dir}", "${trial.dir}", "${checkpoint.dir}", "${checkpoint.dir}", "$", "$$")

// add queues a task as trial n of sweep s-test and gives its reference.
func (o *office) add(n int, task trials.Task) trials.Ref {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := trials.Lease{
		Ref: trials.Ref{Trial: int64(100 + n), Attempt: 1}, SweepID: "s-test", Number: n, Token: fmt.Sprintf("token-%d", n), Run: fmt.Sprintf("run-%d", n),
		Experiment: "test", Task: task,
	}
	if l.Task.Resources.CPU == 0 {
		l.Task.Resources.CPU = 1
	}
	l.Task.Argv = slices.Clone(task.Argv)
	for i, arg := range task.Argv {
		l.Task.Argv[i] = halfway.Replace(arg)
	}
	l.Task.Env = maps.Clone(task.Env)
	for name, value := range task.Env {
		l.Task.Env[name] = halfway.Replace(value)
	}
	o.queue = append(o.queue, l)
	o.change()
	return l.Ref
}

// signal tells the worker something about an attempt at its next beat.
func (o *office) signal(s trials.Signal) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.signals[s.Ref] = s
	o.change()
}

func (o *office) setAway(away bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away = away
	o.change()
}

// until waits for a condition, which is asked with the lock.
func (o *office) until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(limit)
	for {
		o.mu.Lock()
		done, changed := ok(), o.changed
		o.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

// outcome waits for an attempt to be settled.
func (o *office) outcome(t testing.TB, ref trials.Ref) trials.Outcome {
	t.Helper()
	var out trials.Outcome
	o.until(t, fmt.Sprintf("the outcome of trial %d", ref.Trial-100), func() bool {
		var ok bool
		out, ok = o.outcomes[ref]
		return ok
	})
	return out
}

func (o *office) log(ref trials.Ref) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.logs[ref])
}

var errAway = fault.Unavailablef("the office is closed")

func (o *office) Hello(_ context.Context, w trials.Worker) (trials.Terms, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away {
		return trials.Terms{}, errAway
	}
	o.hellos = append(o.hellos, w)
	o.change()
	return trials.Terms{TTL: o.ttl}, nil
}

func (o *office) Claim(ctx context.Context, c trials.Claim) (trials.Claimed, error) {
	o.mu.Lock()
	if o.away {
		o.mu.Unlock()
		return trials.Claimed{}, errAway
	}
	got := trials.Claimed{Settled: o.settle(c.Settle)}
	o.mu.Unlock()
	end := time.NewTimer(c.Wait)
	defer end.Stop()
	for {
		o.mu.Lock()
		if o.away {
			o.mu.Unlock()
			return trials.Claimed{}, errAway
		}
		got.Leases = o.lease(c)
		lost := o.loseOnce && len(got.Leases) > 0
		o.loseOnce = o.loseOnce && !lost
		changed := o.changed
		o.mu.Unlock()
		if lost {
			return trials.Claimed{}, fault.Unavailablef("the answer was lost")
		}
		if len(got.Leases) > 0 || c.Wait == 0 {
			return got, nil
		}
		select {
		case <-changed:
		case <-end.C:
			return got, nil
		case <-ctx.Done():
			return trials.Claimed{}, ctx.Err()
		}
	}
}

func (o *office) lease(c trials.Claim) []trials.Lease {
	var out []trials.Lease
	for _, ref := range o.claims[c.ClaimID] {
		if l, ok := o.live[ref]; ok {
			l.Good = o.ttl / 2
			out = append(out, l)
		}
	}
	if len(out) > 0 {
		return out
	}
	free := c.Devices
	for len(out) < c.Slots && len(o.queue) > 0 {
		l := o.queue[0]
		if gpus := l.Task.Resources.GPU; gpus > len(free) {
			break
		} else if gpus > 0 {
			l.Devices, free = free[:gpus:gpus], free[gpus:]
		}
		o.queue = o.queue[1:]
		l.Good = o.ttl / 2
		o.live[l.Ref] = l
		o.claimed[l.Ref] = time.Now()
		o.claims[c.ClaimID] = append(o.claims[c.ClaimID], l.Ref)
		out = append(out, l)
	}
	if len(out) > 0 {
		o.change()
	}
	return out
}

func (o *office) settle(ss []trials.Settlement) []trials.Settled {
	var out []trials.Settled
	for _, s := range ss {
		_, live := o.live[s.Ref]
		_, before := o.outcomes[s.Ref]
		switch {
		case live:
			delete(o.live, s.Ref)
			o.outcomes[s.Ref] = s.Outcome
			o.settled[s.Ref] = time.Now()
			out = append(out, trials.SettledOK)
		case before:
			out = append(out, trials.SettledRepeated)
		default:
			out = append(out, trials.SettledStale)
		}
	}
	if len(ss) > 0 {
		o.change()
	}
	return out
}

func (o *office) Settle(_ context.Context, _ string, ss []trials.Settlement) ([]trials.Settled, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away {
		return nil, errAway
	}
	return o.settle(ss), nil
}

func (o *office) Beat(ctx context.Context, b trials.Beat) (trials.Beaten, error) {
	end := time.NewTimer(b.Wait)
	defer end.Stop()
	for first := true; ; first = false {
		o.mu.Lock()
		if o.away {
			o.missed++
			o.mu.Unlock()
			return trials.Beaten{}, errAway
		}
		if first {
			o.beats = append(o.beats, b)
		}
		var got trials.Beaten
		told := false
		for _, ref := range b.Held {
			s := trials.Signal{Ref: ref, Good: o.ttl}
			if said, ok := o.signals[ref]; ok {
				s = said
				s.Good = o.ttl
				told = true
			}
			got.Signals = append(got.Signals, s)
		}
		changed := o.changed
		if first {
			o.change()
			changed = o.changed
		}
		o.mu.Unlock()
		if told || b.Wait == 0 {
			return got, nil
		}
		select {
		case <-changed:
		case <-end.C:
			return got, nil
		case <-ctx.Done():
			return trials.Beaten{}, ctx.Err()
		}
	}
}

func (o *office) Code(_ context.Context, digest string) (io.ReadCloser, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	b, ok := o.codes[digest]
	if !ok {
		select {
		case o.asked <- struct{}{}:
		default:
		}
		return nil, fault.NotFoundf("code %s", digest)
	}
	o.fetched++
	return io.NopCloser(bytes.NewReader(b)), nil
}

func (o *office) PutLog(_ context.Context, token string, ref trials.Ref, chunk int, offset int64, last bool, b []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away {
		return errAway
	}
	if loses := o.loseChunk; loses && chunk == o.chunks[ref] {
		o.loseChunk = false
		o.chunks[ref]++
		o.logs[ref] = append(o.logs[ref], b...)
		o.change()
		return errAway // it is stored, and the answer is lost
	}
	if chunk < o.chunks[ref] {
		return nil // the same again is free
	}
	o.ended[ref] = o.ended[ref] || last
	if chunk != o.chunks[ref] || offset != int64(len(o.logs[ref])) || len(b) > 256<<10 || token == "" {
		return fault.Invalidf("chunk %d at %d is out of order", chunk, offset)
	}
	o.chunks[ref]++
	o.logs[ref] = append(o.logs[ref], b...)
	o.change()
	return nil
}

func (o *office) PutPrediction(_ context.Context, _ string, ref trials.Ref, name string, r io.Reader, size int64) (trials.Prediction, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return trials.Prediction{}, err
	}
	if bytes.Contains(b, []byte("wrong")) {
		return trials.Prediction{}, fault.Invalidf("row 1 of %s: not a number", name)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.files[name] = b
	return trials.Prediction{Split: name[:3], Name: name, Size: size}, nil
}

// serve is what the door forwards to.
func (o *office) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil || o.away {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	token := r.Header.Get("Authorization")[len("Bearer "):]
	if r.URL.Path != "/api/v1/report" {
		o.requests = append(o.requests, r)
		o.change()
		fmt.Fprintf(w, `{"echo": %q}`, body)
		return
	}
	var sent struct{ Points []json.RawMessage }
	if err := json.Unmarshal(body, &sent); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	o.reports[token] = append(o.reports[token], sent.Points...)
	o.change()
	reason, stop := o.stop[token]
	json.NewEncoder(w).Encode(map[string]any{"stop": stop, "reason": reason}) //nolint:errcheck // a test
}

// freeze packs files as code and gives the digest.
func (o *office) freeze(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, files)
	return o.freezeDir(t, dir)
}

func (o *office) freezeDir(t testing.TB, dir string) string {
	t.Helper()
	var b bytes.Buffer
	digest, _, err := pack.Pack(&b, dir)
	if err != nil {
		t.Fatal(err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.codes[digest] = b.Bytes()
	return digest
}

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// start runs a worker until the test ends; change edits its configuration.
func (o *office) start(t testing.TB, change func(*worker.Config)) *worker.Worker {
	t.Helper()
	upstream, err := url.Parse(o.web.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := worker.Config{
		Dispatcher: o, Files: o, Upstream: upstream, Dir: t.TempDir(), Slots: 2, GPUs: "none", Shim: shimArgv(t),
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo})),
	}
	if change != nil {
		change(&cfg)
	}
	dirs.Store(o, cfg.Dir)
	w, err := worker.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.Run(ctx); err != nil {
			t.Errorf("the worker ended: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		w.Stop(0)
		running.Wait()
		o.web.Close()
		makeWritable(cfg.Dir)
	})
	return w
}

func makeWritable(dir string) {
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error { //nolint:errcheck // clean-up
		if err == nil && d.IsDir() {
			return os.Chmod(p, 0o755)
		}
		return nil
	})
}

// shell is a task that runs a shell script.
func shell(script string) trials.Task {
	return trials.Task{Argv: []string{"sh", "-c", script}, Params: search.Point{}, Stop: spec.StopLadder{Signal: "TERM", Cooperative: 30 * time.Second, Term: 5 * time.Second}}
}

// python is a task that runs a script of frozen code.
func python(digest, script string, args ...string) trials.Task {
	t := shell("")
	t.Argv = append([]string{"python3", script}, args...)
	t.Code = digest
	return t
}
