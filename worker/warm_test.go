package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
)

// A fork of the fork server has its parent in its ancestry; tell prints it.
const tell = `
import os
def tell():
    with open(f"/proc/{os.getppid()}/cmdline") as f:
        return "forked" if "forkserver" in f.read() else "process"
`

func TestAScriptIsForkedLikeARealStart(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	code := o.freeze(t, map[string]string{"tell.py": tell, "pkg/train.py": `
import atexit, os, random, signal, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), ".."))
import tell, near
print(tell.tell(), sys.argv, __name__, os.path.relpath(__file__), near.here)
print(sorted(n for n in globals() if not n.startswith("__"))[:3], sys.modules["__main__"].__file__ == __file__)
print(os.getsid(0) == os.getpid(), os.environ["SWEEPD_SEED"], random.random(), signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
print("err", file=sys.stderr)
atexit.register(print, "at exit")
class C: pass
import pickle
assert type(pickle.loads(pickle.dumps(C()))) is C
sys.exit(3)
`, "pkg/near.py": "here = 'near'"})
	task := python(code, "pkg/train.py", "--lr=0.1", "a b")
	task.Seed = 1 << 63
	var logs []string
	for n := range 2 {
		ref := o.add(n+1, task)
		if out := o.outcome(t, ref); out.Failure == nil || out.Failure.ExitCode == nil || *out.Failure.ExitCode != 3 {
			t.Fatalf("outcome %+v\n%s", out, o.log(ref))
		}
		logs = append(logs, o.log(ref))
	}
	want := "forked ['pkg/train.py', '--lr=0.1', 'a b'] __main__ pkg/train.py near\n['atexit', 'near', 'os'] True\nTrue 9223372036854775808 "
	if !strings.HasPrefix(logs[0], want) || !strings.HasSuffix(logs[0], " True\nerr\nat exit\n") {
		t.Errorf("log %q, want %q", logs[0], want)
	}
	if logs[0] != logs[1] {
		t.Errorf("the same seed gave %q and %q", logs[0], logs[1])
	}
}

func TestAForkTracesBackLikeARealStart(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	code := o.freeze(t, map[string]string{"boom.py": "def f():\n    1 / 0\nf()\n"})
	var got []string
	for n, argv := range [][]string{{"python3", "boom.py"}, {"env", "python3", "boom.py"}} {
		task := shell("")
		task.Code, task.Argv = code, argv
		ref := o.add(n+1, task)
		o.outcome(t, ref)
		got = append(got, strings.ReplaceAll(o.log(ref), dirOf(t, o, ref), "DIR"))
	}
	if got[0] != got[1] {
		t.Errorf("forked it says\n%s\nand started\n%s", got[0], got[1])
	}
}

func TestWhatAForkLeavesIsKilledToo(t *testing.T) {
	pids := t.TempDir()
	dir := t.TempDir()
	script := filepath.Join(t.TempDir(), "daemons.py")
	write(t, filepath.Dir(script), map[string]string{"daemons.py": `
import os, signal, sys, time
def say(name):
    with open(os.path.join(sys.argv[1], name + ".part"), "w") as f: f.write(str(os.getpid()))
    os.rename(os.path.join(sys.argv[1], name + ".part"), os.path.join(sys.argv[1], name))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        say("daemon"); time.sleep(1000)
    os._exit(0)
say("main"); time.sleep(1000)
`})
	cmd := killable(t, dir, "python3", script, pids)
	all := pidsIn(t, pids, "main", "daemon")
	killed := time.Now()
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the end of the trial's processes", func() bool { return len(alive(all)) == 0 })
	if took := time.Since(killed); took > time.Second {
		t.Errorf("they lived %v longer, more than a second", took)
	}
}

func TestThreadsAtImportMeanAProcess(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	site := t.TempDir()
	write(t, site, map[string]string{"threaded.py": "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"})
	code := o.freeze(t, map[string]string{"tell.py": tell, "a.py": "import tell, threaded\nprint(tell.tell())\n"})
	task := python(code, "a.py")
	task.Env = map[string]string{"PYTHONPATH": site}
	for n := range 2 {
		ref := o.add(n+1, task)
		if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
			t.Fatalf("outcome %+v %+v", out, out.Failure)
		}
		want := "[sweepd] started as a process of its own, not forked: importing its modules started 1 threads, which a fork would lose\nprocess\n"
		if got := o.log(ref); got != want {
			t.Errorf("log %q, want %q", got, want)
		}
	}
}

func TestThirdPartyImportsAreMadeOnce(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	site, count := t.TempDir(), filepath.Join(t.TempDir(), "count")
	// heavy is imported by the script, deep by a local module that it imports,
	// extra because the task says so; local code runs in each trial.
	heavy := "import os\nwith open(" + quote(count) + ", 'a') as f: f.write(__name__ + ' ')\nvalue = 1\n"
	write(t, site, map[string]string{"heavy/__init__.py": heavy, "heavy/sub.py": heavy, "deep.py": heavy, "extra.py": heavy})
	code := o.freeze(t, map[string]string{
		"a.py":             "try:\n    from heavy import sub\nexcept ImportError:\n    sub = None\nimport mine.part\nprint(sub.value, mine.part.deep.value)\n",
		"mine/__init__.py": "", "mine/part.py": "import deep\nwith open(" + quote(count) + ", 'a') as f: f.write('mine ')\n",
	})
	task := python(code, "a.py")
	task.Env, task.Warm = map[string]string{"PYTHONPATH": site}, []string{"extra"}
	for n := range 3 {
		ref := o.add(n+1, task)
		if out := o.outcome(t, ref); out.Verdict != trials.Succeeded || o.log(ref) != "1 1\n" {
			t.Fatalf("outcome %+v, log %q", out, o.log(ref))
		}
	}
	if got, err := os.ReadFile(count); err != nil || string(got) != "heavy heavy.sub deep extra mine mine mine " {
		t.Errorf("imported %q (%v)", got, err)
	}
}

func TestPythonFunctions(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	code := o.freeze(t, map[string]string{"tell.py": tell, "m.py": `
import tell
def number(lr, model): return lr * model["width"]
def both(lr, model): return {"acc": lr, "loss": float("nan")}
def steps(lr, model):
    for i in range(3): yield {"acc": lr * i}
    return 7
def reports(lr, model, trial):
    trial.report(acc=0.25); print(trial.params["lr"], trial.report(step=9, acc=0.75)); return None
def forever(lr, model):
    while True: yield 1.5
def text(lr, model): return "high"
def where(lr, model): print(tell.tell())
class K:
    @staticmethod
    def make(lr, model): return 1
`})
	for i, c := range []struct {
		function string
		verdict  trials.Verdict
		result   string
		reports  int
		log      string
	}{
		{"m:number", trials.Succeeded, "acc=32", 0, ""},
		{"m:both", trials.Succeeded, "acc=0.5 loss=NaN", 0, ""},
		{"m:steps", trials.Succeeded, "acc=7", 3, ""},
		{"m:reports", trials.Succeeded, "", 2, "0.5 False\n"},
		{"m:forever", trials.VerdictStopped, "", 1, ""},
		{"m:text", trials.VerdictFailed, "", 0, "not a number"},
		{"m:none", trials.VerdictFailed, "", 0, "has no attribute 'none'"},
		{"m:where", trials.Succeeded, "", 0, "forked\n"},
		{"m:K.make", trials.Succeeded, "acc=1", 0, ""},
	} {
		t.Run(c.function, func(t *testing.T) {
			task := shell("")
			task.Argv, task.Python, task.Code, task.Objective = nil, c.function, code, "acc"
			task.Params = search.Point{"lr": 0.5, "model.width": int64(64)}
			ref := o.add(i+1, task)
			token := "token-" + string(rune('1'+i))
			if c.verdict == trials.VerdictStopped {
				o.mu.Lock()
				o.stop[token] = "enough"
				o.mu.Unlock()
			}
			out := o.outcome(t, ref)
			if out.Verdict != c.verdict || text(out.Result) != c.result {
				t.Errorf("verdict %s, result %q, want %s and %q; log %q", out.Verdict, text(out.Result), c.verdict, c.result, o.log(ref))
			}
			if got := len(o.reports[token]); got != c.reports && !(c.verdict == trials.VerdictStopped && got > 0) {
				t.Errorf("%d reports, want %d", got, c.reports)
			}
			if !strings.Contains(o.log(ref), c.log) {
				t.Errorf("log %q, want %q", o.log(ref), c.log)
			}
		})
	}
}

func TestPythonFunctionWithoutAForkServer(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	site := t.TempDir()
	write(t, site, map[string]string{"threaded.py": "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,), daemon=True).start()\n"})
	task := shell("")
	task.Code = o.freeze(t, map[string]string{"m.py": "import threaded\ndef f(x): return x + 1\n"})
	task.Argv, task.Python, task.Objective, task.Params = nil, "m:f", "acc", search.Point{"x": 1.0}
	task.Env = map[string]string{"PYTHONPATH": site}
	ref := o.add(1, task)
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded || out.Result["acc"] != 2 {
		t.Errorf("outcome %+v %+v, log %q", out, out.Failure, o.log(ref))
	}
}

func TestAKilledForkServerIsStartedAgain(t *testing.T) {
	o := newOffice(time.Minute)
	dir := t.TempDir()
	o.start(t, func(c *worker.Config) { c.Slots, c.Dir = 1, dir })
	code := o.freeze(t, map[string]string{"tell.py": tell, "a.py": "import os, tell\nprint(tell.tell())\nopen('parent', 'w').write(str(os.getppid()))\n"})
	for n := range 3 {
		ref := o.add(n+1, python(code, "a.py"))
		if out := o.outcome(t, ref); out.Verdict != trials.Succeeded || o.log(ref) != "forked\n" {
			t.Fatalf("outcome %+v %+v, log %q", out, out.Failure, o.log(ref))
		}
		server := pidsIn(t, dirOf(t, o, ref), "parent")
		syscall.Kill(server[0], syscall.SIGKILL) //nolint:errcheck // a test
		waitFor(t, "its end", func() bool { return len(alive(server)) == 0 })
	}
}

// A script outside the frozen directory may change between trials.
func TestAScriptThatIsNotFrozenIsReadEachTime(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	far, code := t.TempDir(), o.freeze(t, map[string]string{"a.py": ""})
	for n, say := range []string{"one", "two"} {
		write(t, far, map[string]string{"b.py": "print(" + quote(say) + ")\n"})
		ref := o.add(n+1, python(code, filepath.Join(far, "b.py")))
		if out := o.outcome(t, ref); out.Verdict != trials.Succeeded || o.log(ref) != say+"\n" {
			t.Errorf("outcome %+v, log %q, want %q", out, o.log(ref), say)
		}
	}
}
