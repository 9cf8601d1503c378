package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// witness writes a line when it begins and one when it ends, outside anything
// that sweepd keeps, and reports five epochs in between.
const witness = `
import os, time
import sweepd as sw
trial = sw.trial()
def say(word):
    with open(os.environ["WITNESS"], "a") as f:
        f.write(f"{word} {os.environ['SWEEPD_TRIAL_NUMBER']} {time.time():.6f}\n")
say("begin")
for epoch in range(1, 6):
    time.sleep(0.12)
    trial.report(step=epoch, loss=trial.params["x"] / epoch, extra=float(epoch))
say("end")
`

// testimony is what the witnesses of a sweep wrote, by trial.
type testimony struct {
	begin, end map[int]int
	first      map[int]time.Time // end
}

func heard(t *testing.T, path string) testimony {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	out := testimony{map[int]int{}, map[int]int{}, map[int]time.Time{}}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		n, _ := strconv.Atoi(f[1])
		if f[0] == "begin" {
			out.begin[n]++
			continue
		}
		at, _ := strconv.ParseFloat(f[2], 64)
		if out.end[n]++; out.end[n] == 1 {
			out.first[n] = time.UnixMicro(int64(at * 1e6))
		}
	}
	return out
}

func (h testimony) ended() int { return len(h.end) }

const killed = 24 // trials of a sweep that is shot at

func submitWitness(t *testing.T, s *server) (wire.Sweep, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(t.TempDir(), "witness")
	write(t, dir, "train.py", witness)
	return s.submit(t, dir, fmt.Sprintf(`
command: [python3, train.py]
env: {PYTHONPATH: %q, WITNESS: %q}
objective: {metric: loss, goal: minimize}
space: {x: {uniform: [1, 2]}}
sampler: {algorithm: random, seed: 5}
budget: {trials: %d, parallel: 4}
`, pythonPath(t), path, killed)), path
}

// unsettled is how long before its worker's death a trial may have printed its
// last line without having been settled: such a trial is run again, since nobody
// knows that it ended well.
const unsettled = 250 * time.Millisecond

// judge checks what must hold whatever was killed: nothing lost, nothing that had
// been settled run again, the budget exact, every metric there. death is when a
// worker was killed, zero when none was.
func judge(t *testing.T, s *server, sw wire.Sweep, path string, death time.Time) testimony {
	t.Helper()
	sw = s.ended(t, sw.ID, 2*time.Minute)
	if sw.State != wire.SweepStateFinished || sw.Counts.Created != killed || sw.Counts.Completed != killed {
		t.Errorf("state %s, %+v: %s", sw.State, sw.Counts, sw.Why)
	}
	h := heard(t, path)
	for n := 1; n <= killed; n++ {
		cut := !death.IsZero() && h.end[n] == 2 && h.first[n].After(death.Add(-unsettled)) && h.first[n].Before(death.Add(unsettled))
		if h.end[n] != 1 && !cut {
			t.Errorf("trial %d ended %d times (began %d times)", n, h.end[n], h.begin[n])
		}
	}
	var numbers []string
	for n := 1; n <= killed; n++ {
		numbers = append(numbers, strconv.Itoa(n))
	}
	sort.Strings(numbers)
	c, err := s.Curves(context.Background(), sw.ID, strings.Join(numbers, ","), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, curve := range c.Curves {
		if len(curve.Values) != 5 {
			t.Errorf("trial %d has %d readings, want 5", curve.Trial, len(curve.Values))
		}
	}
	if len(c.Curves) != killed {
		t.Errorf("%d trials have readings, want %d", len(c.Curves), killed)
	}
	return h
}

func TestKillingTheServerLosesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db string) {
		s := serve(t, db, "--lease-ttl", "5s")
		s.worker(t, 4)
		sw, path := submitWitness(t, s)
		until(t, 30*time.Second, "a third is done", func() bool { return heard(t, path).ended() >= killed/3 })
		s.kill()
		// The outage: trials go on and report to nobody. One that was claimed in the
		// last moment has half a TTL, the start of the server included.
		time.Sleep(300 * time.Millisecond)
		s.again()
		h := judge(t, s, sw, path, time.Time{})
		for n, times := range h.begin {
			if times != 1 {
				trial, err := s.Trial(context.Background(), sw.ID, n)
				t.Errorf("trial %d began %d times: a server's death must not cut a trial; its attempts: %+v (%v)", n, times, trial.Attempts, err)
			}
		}
	})
}

func TestKillingAWorkerLosesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, db string) {
		s := serve(t, db, "--lease-ttl", "5s")
		w := s.worker(t, 4)
		sw, path := submitWitness(t, s)
		until(t, 30*time.Second, "a third is done", func() bool { return heard(t, path).ended() >= killed/3 })
		w.kill()
		death := time.Now()
		w.again() // in the same directory: what it held is lost at once
		judge(t, s, sw, path, death)
	})
}

func TestAWorkerThatStaysAwayIsReplaced(t *testing.T) {
	s := serve(t, "", "--lease-ttl", "5s")
	w := s.worker(t, 4)
	sw, path := submitWitness(t, s)
	until(t, 30*time.Second, "a third is done", func() bool { return heard(t, path).ended() >= killed/3 })
	w.kill()
	death := time.Now()
	s.worker(t, 4)
	judge(t, s, sw, path, death)
}

func TestInterruptAndResume(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(t.TempDir(), "witness")
	write(t, dir, "train.py", witness)
	file := write(t, dir, "sweep.yaml", fmt.Sprintf(`
command: [python3, train.py]
env: {PYTHONPATH: %q, WITNESS: %q}
objective: {metric: loss, goal: minimize}
space: {x: {uniform: [1, 2]}}
sampler: {algorithm: random, seed: 5}
budget: {trials: %d, parallel: 4}
`, pythonPath(t), path, killed))
	data := filepath.Join(t.TempDir(), "data")
	p := start(t, "run", file, "--dir", data, "--slots", "4")
	until(t, 30*time.Second, "some are done", func() bool { return heard(t, path).ended() >= 4 })
	p.interrupt()
	if code := p.wait(20 * time.Second); code != 130 {
		t.Fatalf("exit %d, want 130", code)
	}
	if !strings.Contains(p.log.String(), "sweepd run --resume") {
		t.Errorf("the line that goes on is missing:\n%s", p.log)
	}
	before := heard(t, path).ended()
	if before >= killed {
		t.Fatal("the sweep ended before it was interrupted")
	}
	out, code := sweepd(t, "run", "--resume", "--dir", data, "--slots", "4")
	if code != 0 {
		t.Fatalf("resume: exit %d\n%s", code, out)
	}
	h := heard(t, path)
	for n := 1; n <= killed; n++ {
		if h.end[n] != 1 {
			t.Errorf("trial %d ended %d times", n, h.end[n])
		}
	}
}
