package worker_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
	"github.com/sweepd/sweepd/worker/shim"
)

// daemon writes its pid and ignores SIGTERM.
const daemon = `cat > $PIDS/daemon.sh <<'EOS'
trap "" TERM INT HUP
echo $$ > $PIDS/daemon
while :; do sleep 0.05; done
EOS
setsid sh -c 'sh $PIDS/daemon.sh & exit 0' &
`

// stubborn ignores SIGTERM, starts a daemon in a session of its own by forking
// twice, and a child in the background. All write their pids.
const stubborn = daemon + `
trap "" TERM INT HUP
echo $$ > $PIDS/main
(while :; do sleep 0.05; done) & echo $! > $PIDS/child
while :; do sleep 0.05; done
`

// pidsIn waits for the processes that stubborn started.
func pidsIn(t *testing.T, dir string, names ...string) []int {
	t.Helper()
	var out []int
	for _, name := range names {
		var pid int
		waitFor(t, "the pid of "+name, func() bool {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return false
			}
			pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
			return err == nil
		})
		out = append(out, pid)
	}
	return out
}

// alive lists those of the processes that have not ended.
func alive(pids []int) []int {
	var out []int
	for _, pid := range pids {
		if shim.Birth(pid) != 0 {
			out = append(out, pid)
		}
	}
	return out
}

// killable starts a worker in a process of its own that runs one program.
func killable(t *testing.T, dir string, argv ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, append([]string{"worker", dir}, argv...)...)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // gone already, as a rule
		cmd.Wait()         //nolint:errcheck // as above
	})
	return cmd
}

func TestNothingOutlivesAKilledWorker(t *testing.T) {
	pids := t.TempDir()
	cmd := killable(t, t.TempDir(), "sh", "-c", "PIDS="+pids+"; export PIDS; "+stubborn)
	all := pidsIn(t, pids, "main", "daemon", "child")
	if got := alive(all); len(got) != 3 {
		t.Fatalf("%v of %v are alive before", got, all)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	waitFor(t, "the end of the trial's processes", func() bool { return len(alive(all)) == 0 })
	if took := time.Since(killed); took > time.Second {
		t.Errorf("they lived %v longer, more than a second", took)
	}
}

func TestANewWorkerKillsWhatWorkerAndShimLeft(t *testing.T) {
	pids, dir := t.TempDir(), t.TempDir()
	cmd := killable(t, dir, "sh", "-c", "PIDS="+pids+"; export PIDS; "+stubborn)
	all := pidsIn(t, pids, "main", "daemon", "child")
	// The keeper first, and at once the worker: nobody is left to clean up. Stopped
	// processes take SIGKILL too, and cannot act on each other's end.
	keepers := keepersOf(t, dir)
	for _, pid := range append(keepers, cmd.Process.Pid) {
		syscall.Kill(pid, syscall.SIGSTOP) //nolint:errcheck // a test
	}
	for _, pid := range append(keepers, cmd.Process.Pid) {
		syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // a test
	}
	cmd.Wait() //nolint:errcheck // killed
	if len(alive(all)) == 0 {
		t.Fatal("nothing was left, so this shows nothing")
	}
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Dir = dir })
	if got := alive(all); len(got) != 0 {
		t.Errorf("processes %v were left by an earlier worker and still run", got)
	}
	o.until(t, "hello", func() bool { return len(o.hellos) == 1 })
	if held := o.hellos[0].Held; len(held) != 0 {
		t.Errorf("it says that it holds %v", held)
	}
}

func keepersOf(t *testing.T, dir string) []int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "keepers", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no inventory in %s (%v)", dir, err)
	}
	var out []int
	for _, f := range files {
		pid, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(f), ".json"))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pid)
	}
	return out
}

func TestIdentityIsThatOfTheDirectory(t *testing.T) {
	dir := t.TempDir()
	id := ""
	for range 2 {
		o := newOffice(time.Minute)
		o.add(1, shell("true"))
		runToEnd(t, o, func(c *worker.Config) { c.Dir, c.MaxTrials = dir, 1 })()
		if id == "" {
			id = o.hellos[0].ID
		}
		if o.hellos[0].ID != id || id == "" {
			t.Errorf("identity %q, then %q", id, o.hellos[0].ID)
		}
	}
}

func TestDaemonsOfATrialEndWithIt(t *testing.T) {
	t.Run("cgroup", func(t *testing.T) { endDaemons(t, "") })
	t.Run("no cgroup", func(t *testing.T) { endDaemons(t, "nocgroup") })
}

func endDaemons(t *testing.T, how string) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Shim = append(c.Shim, how) })
	pids := t.TempDir()
	ref := o.add(1, shell("export PIDS="+pids+"\n"+daemon+`
while [ ! -e $PIDS/daemon ]; do sleep 0.01; done`))
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
	if got := alive(pidsIn(t, pids, "daemon")); len(got) != 0 {
		t.Errorf("the daemon %v outlived its trial", got)
	}
}

func TestStopGoesDownTheLadder(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 3 })
	// One ends on SIGTERM, one only on SIGKILL, one when it sees the stop file
	// before its signal, since it has reported.
	term := shell(`trap 'echo caught; exit 143' TERM; touch ready; while :; do sleep 0.02; done`)
	deaf := shell(`trap "" TERM; touch ready; while :; do sleep 0.02; done`)
	deaf.Stop.Term = 100 * time.Millisecond
	polite := python(o.freeze(t, map[string]string{"polite.py": `
import json, os, time, urllib.request
def report():
    r = urllib.request.Request(os.environ["SWEEPD_URL"] + "/api/v1/report", json.dumps({"points": [{"metrics": {"loss": 1}}]}).encode(),
        {"Authorization": "Bearer " + os.environ["SWEEPD_TOKEN"], "Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(r))
report()
open("ready", "w").close()
while not os.path.exists(os.environ["SWEEPD_STOP_FILE"]): time.sleep(0.01)
print(report())
`}), "polite.py")
	refs := []trials.Ref{o.add(1, term), o.add(2, deaf), o.add(3, polite)}
	for _, ref := range refs {
		dir := dirOf(t, o, ref)
		waitFor(t, "the trial", func() bool { _, err := os.Stat(filepath.Join(dir, "ready")); return err == nil })
		o.signal(trials.Signal{Ref: ref, Stop: true, Reason: "rank 9 of 9"})
	}
	for i, ref := range refs {
		out := o.outcome(t, ref)
		if out.Verdict != trials.VerdictStopped || out.Failure != nil {
			t.Errorf("trial %d: %+v", i+1, out)
		}
	}
	if got := o.log(refs[0]); !strings.HasSuffix(got, "caught\n") {
		t.Errorf("the first said %q", got)
	}
	if got := o.log(refs[2]); !strings.Contains(got, "'stop': True") || !strings.Contains(got, "rank 9 of 9") {
		t.Errorf("the third said %q", got)
	}
}

func TestCancelAndTimeout(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	slow := shell("sleep 100")
	slow.Timeout = 150 * time.Millisecond
	timeout, cancelled := o.add(1, slow), o.add(2, shell("sleep 100"))
	dirOf(t, o, cancelled)
	o.signal(trials.Signal{Ref: cancelled, Cancel: true, Reason: "by ann"})
	if out := o.outcome(t, cancelled); out.Verdict != trials.VerdictCanceled {
		t.Errorf("outcome %+v", out)
	}
	out := o.outcome(t, timeout)
	if out.Verdict != trials.VerdictFailed || out.Failure.Class != trials.ClassTimeout || !out.Failure.OwnKill {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
}

func TestStaleIsKilledAndForgotten(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	pids := t.TempDir()
	ref := o.add(1, shell("export PIDS="+pids+"; "+stubborn))
	all := pidsIn(t, pids, "main", "daemon", "child")
	o.signal(trials.Signal{Ref: ref, Stale: true})
	waitFor(t, "the end of its processes", func() bool { return len(alive(all)) == 0 })
	// The slot is free again, and nothing is said of the attempt.
	next := o.add(2, shell("true"))
	o.outcome(t, next)
	o.mu.Lock()
	defer o.mu.Unlock()
	if out, ok := o.outcomes[ref]; ok {
		t.Errorf("it was settled: %+v", out)
	}
}

func TestFencesItselfBeforeTheLeaseEnds(t *testing.T) {
	ttl := 1200 * time.Millisecond
	o := newOffice(ttl)
	o.start(t, nil)
	pids := t.TempDir()
	o.add(1, shell("export PIDS="+pids+"; "+stubborn))
	all := pidsIn(t, pids, "main", "daemon", "child")
	o.until(t, "two heartbeats", func() bool { return len(o.beats) >= 2 })
	o.setAway(true)
	gone := time.Now()
	waitFor(t, "the end of its processes", func() bool { return len(alive(all)) == 0 })
	if took := time.Since(gone); took >= ttl {
		t.Errorf("they ran %v after the last renewal, longer than the lease of %v", took, ttl)
	}
	o.setAway(false)
}

func TestRenewalKeepsALongTrialAlive(t *testing.T) {
	ttl := 600 * time.Millisecond
	o := newOffice(ttl)
	o.start(t, nil)
	ref := o.add(1, shell(fmt.Sprintf("sleep %g", (3*ttl).Seconds())))
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v", out)
	}
}

func TestShortTrialsDoNotStarveALongOnesRenewal(t *testing.T) {
	ttl := 2 * time.Second
	o := newOffice(ttl)
	o.start(t, nil)
	long := o.add(1, shell("sleep 4"))
	for n := range 40 {
		o.add(n+2, shell("sleep 0.1"))
	}
	if out := o.outcome(t, long); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v", out)
	}
}

func TestStopOfTheWorkerPreempts(t *testing.T) {
	o := newOffice(time.Minute)
	w := o.start(t, nil)
	pids := t.TempDir()
	ref := o.add(1, shell("export PIDS="+pids+"; "+stubborn))
	all := pidsIn(t, pids, "main", "daemon", "child")
	w.Stop(100 * time.Millisecond)
	if out, ok := o.outcomes[ref]; !ok || out.Verdict != trials.Preempted {
		t.Errorf("outcome %+v", out)
	}
	if got := alive(all); len(got) != 0 {
		t.Errorf("%v still run", got)
	}
}
