package worker_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
	"github.com/sweepd/sweepd/worker"
)

func pid() string { return strconv.Itoa(os.Getpid()) }

// dirs remembers each office's worker directory.
var dirs sync.Map

// dirOf waits for an attempt's directory to be there and gives it.
func dirOf(t testing.TB, o *office, ref trials.Ref) string {
	t.Helper()
	root, ok := dirs.Load(o)
	if !ok {
		t.Fatal("no worker was started")
	}
	dir := filepath.Join(root.(string), "work", "s-test", fmt.Sprintf("%d.%d", ref.Trial-100, ref.Attempt))
	waitFor(t, "the directory of the trial", func() bool {
		_, err := os.Stat(filepath.Join(dir, ".sweepd", "params.json"))
		return err == nil
	})
	return dir
}

// waitFor polls a condition outside the office.
func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

func touch(t testing.TB, dir, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

// runToEnd starts a worker that ends by itself and gives a function that waits
// for that.
func runToEnd(t *testing.T, o *office, change func(*worker.Config)) func() {
	t.Helper()
	upstream, err := url.Parse(o.web.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := worker.Config{Dispatcher: o, Files: o, Upstream: upstream, Dir: t.TempDir(), Slots: 2, GPUs: "none", Shim: shimArgv(t)}
	change(&cfg)
	w, err := worker.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- w.Run(context.Background()) }()
	return func() {
		t.Helper()
		defer o.web.Close()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(limit):
			t.Fatalf("the worker did not end in %v", limit)
		}
	}
}

// workerMain is a process that runs one shell script as trial 1, for tests that
// kill it.
func workerMain(dir string, args []string) int {
	o := newOffice(time.Minute)
	upstream, err := url.Parse(o.web.URL)
	if err != nil {
		return 1
	}
	self, err := os.Executable()
	if err != nil {
		return 1
	}
	w, err := worker.New(worker.Config{Dispatcher: o, Files: o, Upstream: upstream, Dir: dir, Slots: 1, GPUs: "none", Shim: []string{self, "shim"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	o.add(1, trials.Task{Argv: args, Params: search.Point{}, Stop: spec.StopLadder{Term: time.Second}})
	if err := w.Run(context.Background()); err != nil {
		return 1
	}
	return 0
}

// quote is a string as Python has it.
func quote(s string) string { return strconv.Quote(s) }

// text is a result as sorted words.
func text(r map[string]float64) string {
	var words []string
	for name, v := range r {
		words = append(words, fmt.Sprintf("%s=%g", name, v))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
