package worker_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
	"github.com/sweepd/sweepd/worker/warm"
)

// calls freezes a module m and returns what makes the nth trial call one of its
// functions, waits for its end and gives the outcome and its output.
func calls(t *testing.T, o *office, module string) func(function string, params search.Point) (trials.Outcome, string) {
	code := o.freeze(t, map[string]string{"m.py": module})
	n := 0
	return func(function string, params search.Point) (trials.Outcome, string) {
		t.Helper()
		n++
		task := shell("")
		task.Argv, task.Python, task.Code, task.Objective, task.Params = nil, "m:"+function, code, "acc", params
		task.Seed = uint64(n)
		ref := o.add(n, task)
		return o.outcome(t, ref), o.log(ref)
	}
}

func TestShortCallsShareAProcessAndNothingElse(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	call := calls(t, o, `
import os, random, sys, warnings
seen = []
def f(x, trial):
    seen.append(x)
    os.environ["LEFT"] = "yes"
    sys.path.insert(0, "/left")
    warnings.simplefilter("error")
    trial.report(acc=x)
    print(seen, sorted(n for n in os.environ if n in ("LEFT", "STAYS")), sys.path[0] == os.getcwd(), len(warnings.filters), random.random())
    return os.getpid()
def g(x, trial):
    print("stays" if "LEFT" in os.environ else "gone", os.path.basename(os.getcwd()), trial.id, os.environ["SWEEPD_PARAMS"], sys.path[0] == os.getcwd(), end="")
    return f(x, trial)
`)
	var pids, logs []string
	for n := range 3 {
		out, log := call("g", search.Point{"x": float64(n)})
		if out.Verdict != trials.Succeeded {
			t.Fatalf("outcome %+v\n%s", out, log)
		}
		pids, logs = append(pids, text(out.Result)), append(logs, log)
	}
	if pids[0] != pids[1] || pids[1] != pids[2] {
		t.Errorf("the calls ran in %v, not in one process", pids)
	}
	for n, log := range logs {
		want := strings.NewReplacer("N", strconv.Itoa(n+1), "X", strconv.Itoa(n)).Replace(`gone N.1 s-test/N {"x":X} True[X] ['LEFT'] False `)
		if !strings.HasPrefix(log, want) {
			t.Errorf("call %d said %q, want %q", n, log, want)
		}
	}
	if last := func(s string) string { return s[strings.LastIndex(s, " "):] }; last(logs[0]) == last(logs[1]) {
		t.Error("two seeds gave the same random numbers")
	}
	for n := range 3 {
		o.mu.Lock()
		if got := len(o.reports["token-"+strconv.Itoa(n+1)]); got != 1 {
			t.Errorf("trial %d has %d reports, want 1", n+1, got)
		}
		o.mu.Unlock()
	}
}

func TestACallThatLeavesSomethingHasTheProcessToItself(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	call := calls(t, o, `
import atexit, logging, os, signal, subprocess, sys, threading
def clean(): return os.getpid()
def thread(): threading.Thread(target=threading.Event().wait, daemon=True).start(); return os.getpid()
def child(): subprocess.Popen(["sleep", "1000"]); return os.getpid()
def file(): os.left = open("left", "w"); return os.getpid()
def leave(): atexit.register(print, "left"); return os.getpid()
def handler(): signal.signal(signal.SIGTERM, lambda *_: None); return os.getpid()
def timer(): signal.setitimer(signal.ITIMER_REAL, 1000); return os.getpid()
def stdout(): sys.stdout = open(os.devnull, "w", closefd=True); return os.getpid()
def logger(): logging.basicConfig(); logging.left = logging.getLogger().handlers; return os.getpid()
def memory(): os.left = bytearray(b"x") * (200 << 20); return os.getpid()
def raises(): print(os.getpid()); raise ValueError("no")
`)
	pid := func(function string) string {
		t.Helper()
		out, log := call(function, nil)
		if len(out.Result) == 0 {
			return "acc=" + strings.Split(log, "\n")[0]
		}
		return text(out.Result)
	}
	for _, left := range []string{"thread", "child", "file", "leave", "handler", "timer", "stdout", "logger", "memory", "raises"} {
		first := pid("clean")
		if got := pid(left); got != first {
			t.Errorf("before %s: another process", left)
		}
		if got := pid("clean"); got == first {
			t.Errorf("after %s: the same process", left)
		}
	}
}

func TestPeaksOfCallsInOneProcess(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	call := calls(t, o, `
import os, time
def big(): b = bytearray(b"x") * (300 << 20); burn(); return os.getpid()
def burn():
    end = time.process_time() + 0.3
    while time.process_time() < end: pass
def small(): return os.getpid()
`)
	big, _ := call("big", nil)
	small, _ := call("small", nil)
	if text(big.Result) != text(small.Result) {
		t.Fatalf("two processes: %v and %v", big.Result, small.Result)
	}
	if big.Peaks.RSS < 300<<20 || small.Peaks.RSS > 150<<20 {
		t.Errorf("peaks of %d and %d MiB, want more than 300 and less than 150", big.Peaks.RSS>>20, small.Peaks.RSS>>20)
	}
	if big.Peaks.CPUSeconds < 0.3 || small.Peaks.CPUSeconds > 0.2 {
		t.Errorf("CPU %v and %v s, want more than 0.3 and less than 0.2", big.Peaks.CPUSeconds, small.Peaks.CPUSeconds)
	}
}

func TestAProcessKilledBetweenTwoCallsCostsNoTrial(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	call := calls(t, o, "import os\ndef f(): return os.getpid()\n")
	for range 3 {
		out, log := call("f", nil)
		if out.Verdict != trials.Succeeded {
			t.Fatalf("outcome %+v\n%s", out, log)
		}
		syscall.Kill(int(out.Result["acc"]), syscall.SIGKILL) //nolint:errcheck // a test
	}
}

func TestASecondsWorthOfCallsEndsAProcess(t *testing.T) {
	program, err := warm.Install(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", `
from sweepd_forkserver import slate
s = slate.Slate()
assert s.clean(slate.SECONDS / 2, ["/nowhere"])
assert not s.clean(slate.SECONDS / 2, ["/nowhere"])
`)
	cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Clean(program))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
