package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
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

// A fork whose server is killed before it has passed the task on has done
// nothing, which is no success.
func TestAForkThatWasToldNothingIsNoSuccess(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	task := python(o.freeze(t, map[string]string{"a.py": "print('ran')\n"}), "a.py")
	once := filepath.Join(t.TempDir(), "once")
	task.Env = trap(t, `
if "serve" in sys.orig_argv:
    import socket
    send = socket.socket.sendall
    def trapped(self, data):
        if b'"argv"' in data and not os.path.exists(`+quote(once)+`):
            open(`+quote(once)+`, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        return send(self, data)
    socket.socket.sendall = trapped
`)
	ref := o.add(1, task)
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded || o.log(ref) != "ran\n" {
		t.Errorf("outcome %+v %+v, log %q", out, out.Failure, o.log(ref))
	}
	if _, err := os.Stat(once); err != nil {
		t.Error("the fork server was not killed")
	}
}

// A fork that dies before it has taken its task costs nothing: another takes it.
func TestAForkThatDiesBeforeItsTaskIsReplaced(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	task := python(o.freeze(t, map[string]string{"tell.py": tell, "a.py": "import tell\nprint(tell.tell())\n"}), "a.py")
	once := filepath.Join(t.TempDir(), "once")
	task.Env = trap(t, `
if "serve" in sys.orig_argv:
    setsid = os.setsid
    def dies():
        if not os.path.exists(`+quote(once)+`):
            open(`+quote(once)+`, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        setsid()
    os.setsid = dies
`)
	ref := o.add(1, task)
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded || o.log(ref) != "forked\n" {
		t.Errorf("outcome %+v %+v, log %q", out, out.Failure, o.log(ref))
	}
	if _, err := os.Stat(once); err != nil {
		t.Error("no fork died")
	}
}

// A call that is made when its fork server has died is as good as any; one whose
// server died before its keeper had heard of the fork is made again.
func TestACallOutlivesItsForkServer(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	task := shell("")
	task.Argv, task.Python, task.Objective = nil, "m:f", "acc"
	task.Code = o.freeze(t, map[string]string{"tell.py": tell, "m.py": `
import os, signal, tell, time
def f():
    server = os.getppid()
    if tell.tell() == "forked":
        os.kill(server, signal.SIGKILL)
        while os.getppid() == server: time.sleep(0.001)
    return 1
`})
	for n := range 2 {
		ref := o.add(n+1, task)
		if out := o.outcome(t, ref); out.Verdict != trials.Succeeded || out.Result["acc"] != 1 {
			t.Errorf("outcome %+v %+v, log %q", out, out.Failure, o.log(ref))
		}
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
