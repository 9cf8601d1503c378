package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

// stubborn ignores SIGTERM, and so do the daemons that it leaves behind, each in
// a session of its own.
const stubborn = `
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def note():
    with open(os.environ["PIDS"], "a") as f:
        f.write(f"{os.getpid()}\n")
note()
for _ in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            note()
            time.sleep(600)
        os._exit(0)
time.sleep(600)
`

func pids(path string) []int {
	b, _ := os.ReadFile(path)
	var out []int
	for _, f := range strings.Fields(string(b)) {
		n, _ := strconv.Atoi(f)
		out = append(out, n)
	}
	return out
}

// gone tells whether none of the processes runs.
func gone(pids []int) bool {
	for _, p := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p))
		if err == nil && !strings.Contains(string(b), ") Z ") {
			return false
		}
	}
	return true
}

func TestAStubbornTrialIsGone(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(t *testing.T, s *server, w *proc, id string)
	}{
		{"cancelled", func(t *testing.T, s *server, _ *proc, id string) {
			if _, err := s.Command(context.Background(), id, client.Cancel, wire.Order{}); err != nil {
				t.Fatal(err)
			}
		}},
		{"worker killed", func(_ *testing.T, _ *server, w *proc, _ string) { w.kill() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, "", "--lease-ttl", "5s")
			w := s.worker(t, 1)
			dir := t.TempDir()
			list := filepath.Join(t.TempDir(), "pids")
			write(t, dir, "train.py", stubborn)
			sw := s.submit(t, dir, fmt.Sprintf(`
command: [python3, train.py]
env: {PIDS: %q}
objective: {metric: loss}
space: {x: {uniform: [0, 1]}}
sampler: random
budget: {trials: 1}
stop: {cooperative: 0s, term: 1s}
`, list))
			until(t, 30*time.Second, "three processes run", func() bool { return len(pids(list)) == 3 })
			c.end(t, s, w, sw.ID)
			until(t, 15*time.Second, "all of them are gone", func() bool { return gone(pids(list)) })
		})
	}
}
