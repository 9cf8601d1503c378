package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
	"github.com/sweepd/sweepd/worker/shim"
)

// trap is a sitecustomize.py for the fork server: text runs when it starts.
func trap(t *testing.T, text string) map[string]string {
	t.Helper()
	site := t.TempDir()
	write(t, site, map[string]string{"sitecustomize.py": "import os, sys, signal, builtins, time\n" + text})
	return map[string]string{"PYTHONPATH": site}
}

// A fork server that is killed between its fork and telling of it has started
// the trial: it must not run beside the one that is started instead.
func TestAForkNobodyWasToldOfDoesNotRun(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	runs := filepath.Join(t.TempDir(), "runs")
	task := python(o.freeze(t, map[string]string{"a.py": "import time\nopen(" + quote(runs) + ", 'a').write('+')\ntime.sleep(0.3)\nopen(" + quote(runs) + ", 'a').write('-')\n"}), "a.py")
	task.Env = trap(t, `
if "forkserver" in " ".join(sys.orig_argv if hasattr(sys, "orig_argv") else sys.argv) and "serve" in sys.orig_argv:
    fork = os.fork
    def die():
        pid = fork()
        if pid:
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGKILL)
        return pid
    os.fork = die
`)
	if out := o.outcome(t, o.add(1, task)); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
	got, err := os.ReadFile(runs)
	if err != nil || strings.Count(string(got), "-") != 1 {
		t.Errorf("it ran %q (%v), want one run to its end", got, err)
	}
}

// A spare whose fork server is killed before it has passed the task on has done
// nothing, which is no success.
func TestASpareThatWasToldNothingIsNoSuccess(t *testing.T) {
	o := newOffice(time.Minute)
	dir := t.TempDir()
	o.start(t, func(c *worker.Config) { c.Slots, c.Dir = 1, dir })
	task := python(o.freeze(t, map[string]string{"a.py": "import os\nopen('parent', 'w').write(str(os.getppid()))\nprint('ran')\n"}), "a.py")
	task.Env = trap(t, `
if "serve" in sys.orig_argv:
    real = builtins.open
    def trapped(file, mode="r", *args, **more):
        if isinstance(file, int) and mode == "wb":
            os.kill(os.getpid(), signal.SIGKILL)
        return real(file, mode, *args, **more)
    builtins.open = trapped
`)
	first := o.add(1, task)
	o.outcome(t, first)
	server := pidsIn(t, dirOf(t, o, first), "parent")[0]
	waitFor(t, "the spare", func() bool { return len(shim.Descendants(server)) == 1 })
	second := o.add(2, task)
	if out := o.outcome(t, second); out.Verdict != trials.Succeeded || !strings.HasSuffix(o.log(second), "ran\n") {
		t.Errorf("outcome %+v %+v, log %q", out, out.Failure, o.log(second))
	}
}

// A fresh fork has no process group of its own yet when the signal comes.
func TestASignalReachesAFreshFork(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	forked := filepath.Join(t.TempDir(), "forked")
	task := python(o.freeze(t, map[string]string{"a.py": "import time\ntime.sleep(1000)\n"}), "a.py")
	task.Stop.Term = time.Hour
	task.Env = trap(t, `
if "serve" in sys.orig_argv:
    setsid = os.setsid
    def slow():
        open(`+quote(forked)+`, "w").close()
        time.sleep(1000)
    os.setsid = slow
`)
	ref := o.add(1, task)
	waitFor(t, "the fork", func() bool { _, err := os.Stat(forked); return err == nil })
	o.signal(trials.Signal{Ref: ref, Cancel: true})
	if out := o.outcome(t, ref); out.Verdict != trials.VerdictCanceled {
		t.Errorf("outcome %+v", out)
	}
}

// What a fork server that will not fork holds must not count against the trial
// that is started beside it.
func TestAForkServerThatRefusesIsNotKept(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	site := t.TempDir()
	write(t, site, map[string]string{"threaded.py": `
import os, sys, threading, time
if "serve" in sys.orig_argv: open(` + quote(filepath.Join(site, "server")) + `, "w").write(str(os.getpid()))
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
`})
	task := python(o.freeze(t, map[string]string{"a.py": "import threaded, time, os\nwhile not os.path.exists('go'): time.sleep(0.01)\n"}), "a.py")
	task.Env = map[string]string{"PYTHONPATH": site}
	ref := o.add(1, task)
	server := pidsIn(t, site, "server")
	waitFor(t, "the end of the fork server", func() bool { return len(alive(server)) == 0 })
	touch(t, dirOf(t, o, ref), "go")
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
}

func TestAForkServerDoesNotCountAgainstALimitedProcess(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	site := t.TempDir()
	write(t, site, map[string]string{"heavy.py": "ballast = b'x' * (192 << 20)\n"})
	task := python(o.freeze(t, map[string]string{"a.py": "import heavy\n"}), "a.py")
	task.Env = map[string]string{"PYTHONPATH": site}
	if out := o.outcome(t, o.add(1, task)); out.Verdict != trials.Succeeded {
		t.Fatalf("outcome %+v %+v", out, out.Failure)
	}
	limited := shell(`exec python3 -c 'x = b"x" * (96 << 20)'`)
	limited.Resources.Memory = 224 << 20
	if out := o.outcome(t, o.add(2, limited)); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
	if out := o.outcome(t, o.add(3, task)); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
}
