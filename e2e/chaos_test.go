package e2e_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// In each round of chaos the server and one of two workers are killed with -9 at
// random moments, sometimes at once, and started again at once. SWEEPD_CHAOS sets
// the number of rounds and SWEEPD_CHAOS_SEED the moments.
const (
	chaosRounds = 3
	chaosTTL    = 5 * time.Second
)

// shot is a trial that tells of everything it does and of every error it sees.
const shot = `
import os, time, traceback
def say(word):
    with open(os.environ["WITNESS"], "a") as f:
        f.write(f"{word} {os.environ['SWEEPD_TRIAL_NUMBER']} {os.environ['SWEEPD_ATTEMPT']} {os.environ['WITNESS_WORKER']} {time.time():.6f}\n")
try:
    say("begin")
    import sweepd as sw
    trial = sw.trial()
    for epoch in range(1, 6):
        time.sleep(0.12)
        trial.report(step=epoch, loss=trial.params["x"] / epoch, extra=float(epoch))
    say("end")
except BaseException:
    say("error")
    with open(os.environ["WITNESS"] + ".errors", "a") as f:
        traceback.print_exc(file=f)
    raise
`

// said is a line of the witness file.
type said struct {
	word           string
	trial, attempt int
	worker         int
	at             time.Time
}

func testimonies(t *testing.T, path string) []said {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var out []said
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) != 5 {
			continue // cut by a kill
		}
		var s said
		s.word = f[0]
		s.trial, _ = strconv.Atoi(f[1])
		s.attempt, _ = strconv.Atoi(f[2])
		s.worker, _ = strconv.Atoi(f[3])
		at, _ := strconv.ParseFloat(f[4], 64)
		s.at = time.UnixMicro(int64(at * 1e6))
		out = append(out, s)
	}
	return out
}

// outage is when the server was dead.
type outage struct{ from, till time.Time }

// chaos is a server and two workers that are shot at, and what happened to them.
type chaos struct {
	*server
	workers [2]*proc
	outages []outage
	deaths  [2][]time.Time
	away    []time.Duration // worker killed -> its trials run again
}

func TestChaosLosesNothing(t *testing.T) {
	rounds := number(t, "SWEEPD_CHAOS", chaosRounds)
	seed := number(t, "SWEEPD_CHAOS_SEED", int(time.Now().UnixNano()%1e6))
	t.Logf("SWEEPD_CHAOS=%d SWEEPD_CHAOS_SEED=%d", rounds, seed)
	onBoth(t, func(t *testing.T, db string) {
		random := rand.New(rand.NewPCG(uint64(seed), 1))
		c := &chaos{server: serve(t, db, "--lease-ttl", chaosTTL.String())}
		for i := range c.workers {
			c.worker(t, i, c.server)
		}
		var sweeps []wire.Sweep
		var paths []string
		for range rounds {
			if len(sweeps) == 0 || c.over(t, sweeps[len(sweeps)-1].ID) {
				sw, path := c.submitShot(t)
				sweeps, paths = append(sweeps, sw), append(paths, path)
			}
			c.round(t, random)
		}
		for i, sw := range sweeps {
			c.judge(t, sw, paths[i])
		}
		c.report(t, len(sweeps))
	})
}

func number(t *testing.T, env string, otherwise int) int {
	t.Helper()
	text := os.Getenv(env)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is no number", env, text)
	}
	return n
}

// worker starts the i-th worker at a server.
func (c *chaos) worker(t *testing.T, i int, at *server) {
	t.Helper()
	c.workers[i] = &proc{t: t, env: []string{fmt.Sprintf("WITNESS_WORKER=%d", i)}, args: []string{
		"worker", "--dir", t.TempDir(), "--server", at.url(), "--token", at.token, "--slots", "2",
	}}
	c.workers[i].begin()
}

// submitShot submits a sweep of trials that tell.
func (c *chaos) submitShot(t *testing.T) (wire.Sweep, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(t.TempDir(), "witness")
	write(t, dir, "train.py", shot)
	return c.submit(t, dir, fmt.Sprintf(`
command: [python3, train.py]
env: {PYTHONPATH: %q, WITNESS: %q}
objective: {metric: loss, goal: minimize}
space: {x: {uniform: [1, 2]}}
sampler: {algorithm: random, seed: 5}
retry: {lost: 50}
budget: {trials: %d, parallel: 4}
`, pythonPath(t), path, killed)), path
}

func (c *chaos) over(t *testing.T, id string) bool {
	t.Helper()
	sw, err := c.Sweep(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return sw.State != wire.SweepStateRunning
}

// round kills the server and a worker, in any order and at most a second apart.
func (c *chaos) round(t *testing.T, random *rand.Rand) {
	t.Helper()
	time.Sleep(time.Duration(500+random.IntN(1500)) * time.Millisecond)
	between := time.Duration(max(0, random.IntN(1500)-500)) * time.Millisecond
	i := random.IntN(len(c.workers))
	shots := []func(){func() { c.shootServer(t) }, func() { c.shootWorker(i) }}
	if between == 0 {
		c.workers[i].kill()
		c.deaths[i] = append(c.deaths[i], time.Now())
		shots = []func(){func() { c.shootServer(t) }, c.workers[i].again}
	}
	if random.IntN(2) == 0 {
		slices.Reverse(shots)
	}
	shots[0]()
	time.Sleep(between)
	shots[1]()
}

func (c *chaos) shootServer(t *testing.T) {
	t.Helper()
	c.kill()
	o := outage{from: time.Now()}
	c.again()
	until(t, 30*time.Second, "the server goes again", func() bool { _, err := c.System(context.Background()); return err == nil })
	o.till = time.Now()
	c.outages = append(c.outages, o)
}

func (c *chaos) shootWorker(i int) {
	c.workers[i].kill()
	c.deaths[i] = append(c.deaths[i], time.Now())
	c.workers[i].again()
}
