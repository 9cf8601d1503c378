package worker_test

import (
	"fmt"
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

func TestMemoryLimitIsEnforced(t *testing.T) {
	t.Run("by the kernel where it can", func(t *testing.T) { limitMemory(t, "") })
	t.Run("by sampling", func(t *testing.T) { limitMemory(t, "nocgroup") })
}

func limitMemory(t *testing.T, how string) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Shim = append(c.Shim, how) })
	// A child asks for the memory, and its parent would go on without it.
	hungry := python(o.freeze(t, map[string]string{"hungry.py": `
import os, subprocess, sys, time
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, "child"])
    time.sleep(60)
blocks = []
while True:
    blocks.append(b"x" * (4 << 20))
    time.sleep(0.002)
`}), "hungry.py")
	hungry.Resources.Memory = 96 << 20
	fork := o.add(1, hungry)
	hungry.Argv = append([]string{"env"}, hungry.Argv...) // not recognised as Python: a process of its own
	process := o.add(2, hungry)
	for _, ref := range []trials.Ref{fork, process} {
		out := o.outcome(t, ref)
		if out.Verdict != trials.VerdictFailed || out.Failure.Class != trials.ClassOOMHost || !(out.Failure.KernelOOM || out.Failure.OwnKill) {
			t.Fatalf("outcome %+v %+v", out, out.Failure)
		}
		if how != "" && !out.Failure.OwnKill {
			t.Errorf("the kernel did it: %+v", out.Failure)
		}
		if !strings.Contains(out.Failure.Message, "96 MiB") {
			t.Errorf("message %q does not name the limit", out.Failure.Message)
		}
		if out.Failure.Fingerprint != "oom_host" {
			t.Errorf("fingerprint %q", out.Failure.Fingerprint)
		}
		if out.Peaks.RSS < 40<<20 {
			t.Errorf("peak %d MiB", out.Peaks.RSS>>20)
		}
	}
	// The limit was that attempt's alone: the next one's is higher.
	roomy := python(o.freeze(t, map[string]string{"roomy.py": "x = b'x' * (150 << 20)"}), "roomy.py")
	roomy.Resources.Memory = 300 << 20
	if out := o.outcome(t, o.add(4, roomy)); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
	if out := o.outcome(t, o.add(3, python(o.freeze(t, map[string]string{"big.py": "x = b'x' * (150 << 20)"}), "big.py"))); out.Verdict != trials.Succeeded || out.Peaks.RSS < 150<<20 {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
}

// What processes share counts once, or a data loader that forks would be killed
// for memory that it does not hold.
func TestSharedMemoryIsNotCountedTwice(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Shim = append(c.Shim, "nocgroup") })
	task := python(o.freeze(t, map[string]string{"loader.py": `
import os, time
data = b"x" * (64 << 20)
for _ in range(6):
    if os.fork() == 0:
        time.sleep(0.5)
        os._exit(0)
for _ in range(6): os.wait()
`}), "loader.py")
	task.Resources.Memory = 192 << 20
	if out := o.outcome(t, o.add(1, task)); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
}

func TestFailuresAreClassified(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	code := o.freeze(t, map[string]string{
		"value.py":  "import lib\ndef main(x):\n    lib.check(x)\nimport sys\nmain(sys.argv[1])\n",
		"lib.py":    "def check(x):\n    raise ValueError(f'bad {x} at 0x7f00{x}')\n",
		"memory.py": "raise MemoryError\n",
		"cuda.py":   "class OutOfMemoryError(RuntimeError): pass\nOutOfMemoryError.__module__ = 'torch'\nraise OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB')\n",
		"module.py": "import no_such_module\n",
		"syntax.py": "def f(:\n",
		"notexec":   "hello",
	})
	task := func(argv ...string) trials.Task {
		v := shell("")
		v.Argv, v.Code = argv, code
		return v
	}
	for i, c := range []struct {
		name        string
		task        trials.Task
		class       trials.Class
		message     string
		fingerprint string
	}{
		{"exception", task("python3", "value.py", "17"), trials.ClassError, "ValueError: bad 17", "error|ValueError|lib.py:check"},
		{"the same, other numbers", task("env", "python3", "value.py", "23"), trials.ClassError, "ValueError: bad 23", "error|ValueError|lib.py:check"},
		{"MemoryError", task("python3", "memory.py"), trials.ClassOOMHost, "MemoryError", "oom_host|MemoryError|memory.py:<module>"},
		{"CUDA", task("python3", "cuda.py"), trials.ClassOOMGPU, "CUDA out of memory", "oom_gpu|torch.OutOfMemoryError|cuda.py:<module>"},
		{"JAX", task("sh", "-c", "echo 'jaxlib.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes' >&2; exit 1"), trials.ClassOOMGPU, "RESOURCE_EXHAUSTED", ""},
		{"module", task("python3", "module.py"), trials.ClassBadEnvironment, "No module named 'no_such_module'. Install it for ", ""},
		{"syntax", task("python3", "syntax.py"), trials.ClassError, "SyntaxError", "error|SyntaxError|syntax.py"},
		{"missing program", task("pyhton3", "value.py"), trials.ClassBadEnvironment, "did you mean python3?", ""},
		{"missing program at a path", task("./none"), trials.ClassBadEnvironment, `program "./none" is not on this worker`, ""},
		{"no program", task("./notexec"), trials.ClassBadEnvironment, "exec format", ""},
		{"missing inside a script", task("sh", "-c", "no-such-tool"), trials.ClassBadEnvironment, "no-such-tool", ""},
		{"NUL", task("env", "a\x00b"), trials.ClassBadEnvironment, "NUL character", ""},
		{"signal", task("sh", "-c", "kill -SEGV $$"), trials.ClassError, "SIGSEGV", "error|SIGSEGV"},
		{"exit code", task("sh", "-c", "echo step 12 of 99; exit 4"), trials.ClassError, "exit code 4: step 12 of 99", "error|exit 4|step # of #"},
		{"result", task("sh", "-c", `echo '{"acc": "high"}' > $SWEEPD_RESULT_FILE`), trials.ClassError, "the result file is not an object of numbers", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := o.outcome(t, o.add(i+1, c.task))
			if out.Verdict != trials.VerdictFailed || out.Failure == nil {
				t.Fatalf("outcome %+v", out)
			}
			f := out.Failure
			if f.Class != c.class || !strings.Contains(f.Message, c.message) {
				t.Errorf("class %s, message %q, want %s and %q", f.Class, f.Message, c.class, c.message)
			}
			if c.fingerprint != "" && f.Fingerprint != c.fingerprint {
				t.Errorf("fingerprint %q, want %q", f.Fingerprint, c.fingerprint)
			}
		})
	}
}

// Output may hold anything; what is stored of it is text.
func TestBinaryOutputIsNoTroubleToAFailure(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	for i, script := range []string{
		`printf 'a\000b\377c\n'; exit 1`,
		`printf 'Traceback (most recent call last):\n  File "/x\377\000.py", line 1, in f\nValueError: \000\n'; exit 1`,
	} {
		out := o.outcome(t, o.add(i+1, shell(script)))
		if out.Failure == nil {
			t.Fatalf("outcome %+v", out)
		}
		for _, s := range []string{out.Failure.Message, out.Failure.Line, out.Failure.Exception, out.Failure.Fingerprint} {
			if strings.ContainsRune(s, 0) || strings.ToValidUTF8(s, "!") != s {
				t.Errorf("%q cannot be stored", s)
			}
		}
	}
}

func TestEachTrialHasItsOwnDirectory(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 4 })
	source := t.TempDir()
	write(t, source, map[string]string{
		"train.py": `
import sys, time, os, helper
n = sys.argv[1]
assert open("./data/train.csv").read() == "1,2\n"
assert open("data/big/a.bin").read() == "b"
open("./out/model.pt", "w").write(n)
open("new.txt", "w").write(n)
open("metrics.json", "w").write(n)
os.makedirs("runs/deep", exist_ok=True)
open("runs/last", "w").write(n)
time.sleep(0.2)
for name in ("out/model.pt", "new.txt", "metrics.json", "runs/last"):
    assert open(name).read() == n, name
print(helper.answer, os.path.dirname(os.path.abspath(__file__)) == os.getcwd())
`,
		"helper.py":        "answer = 42",
		"out/model.pt":     "committed",
		"metrics.json":     "{}",
		"data/train.csv":   "1,2\n",
		"data/big/a.bin":   "b",
		"runs/last":        "by hand",
		".venv/pyvenv.cfg": "x",
		".gitignore":       "data/\nruns/\n",
	})
	digest := o.freezeDir(t, source)
	var refs []trials.Ref
	for n := range 4 {
		task := python(digest, "train.py", fmt.Sprint(n))
		task.Workdir.Path = source
		refs = append(refs, o.add(n+1, task))
	}
	for _, ref := range refs {
		out := o.outcome(t, ref)
		if out.Verdict != trials.Succeeded {
			t.Fatalf("outcome %+v %+v\n%s", out, out.Failure, o.log(ref))
		}
		if got := o.log(ref); got != "42 True\n" {
			t.Errorf("log %q", got)
		}
	}
	for name, want := range map[string]string{"out/model.pt": "committed", "metrics.json": "{}", "runs/last": "by hand"} {
		if got, err := os.ReadFile(filepath.Join(source, name)); err != nil || string(got) != want {
			t.Errorf("the original %s is %q (%v)", name, got, err)
		}
	}
	if o.fetched != 1 {
		t.Errorf("the code was fetched %d times", o.fetched)
	}
}

func TestDataIsLinkedAndInPlaceRunsThere(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	source, far := t.TempDir(), t.TempDir()
	write(t, source, map[string]string{"data/a.txt": "near"})
	write(t, far, map[string]string{"b.txt": "far"})
	task := shell("cat data/a.txt " + filepath.Base(far) + "/b.txt")
	task.Workdir.Path, task.Data = source, []string{"data", far}
	ref := o.add(1, task)
	o.outcome(t, ref)
	if got := o.log(ref); got != "nearfar" {
		t.Errorf("log %q", got)
	}
	task = shell("cat data/a.txt; pwd")
	task.Workdir.Path, task.Workdir.InPlace = source, true
	ref = o.add(2, task)
	o.outcome(t, ref)
	if got := o.log(ref); got != "near"+source+"\n" {
		t.Errorf("log %q", got)
	}
	task.Workdir.Path = filepath.Join(source, "gone")
	if out := o.outcome(t, o.add(3, task)); out.Failure == nil || out.Failure.Class != trials.ClassBadEnvironment {
		t.Errorf("outcome %+v", out)
	}
}

func TestPredictionsArePickedUp(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	ref := o.add(1, shell(`mkdir predictions; cd predictions
echo 0.5 > val.csv; echo 0.6 > test.fold1.csv; echo wrong > oof.csv; echo x > notes.csv; echo x > y_val.npy; mkdir val.npy`))
	out := o.outcome(t, ref)
	if out.Verdict != trials.Succeeded || len(out.Predictions) != 2 || out.Predictions[0].Name != "test.fold1.csv" || out.Predictions[1].Name != "val.csv" {
		t.Errorf("outcome %+v", out)
	}
	if got := o.log(ref); !strings.Contains(got, "oof.csv was refused: row 1") {
		t.Errorf("log %q", got)
	}
}

func TestOutputIsStoredInChunksWhileItGrows(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	ref := o.add(1, shell("echo early; while [ ! -e go ]; do sleep 0.01; done; yes 0123456789 | head -c 1000000"))
	o.until(t, "the first line", func() bool { return string(o.logs[ref]) == "early\n" })
	touch(t, dirOf(t, o, ref), "go")
	o.outcome(t, ref)
	if got := o.log(ref); len(got) != 1000006 || o.chunks[ref] < 5 {
		t.Errorf("%d bytes in %d chunks", len(got), o.chunks[ref])
	}
}

// Whoever reads along learns that there is no more, also where all was uploaded
// before the end, or nothing was printed at all.
func TestOutputEnds(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	early := o.add(1, shell("echo early; while [ ! -e go ]; do sleep 0.01; done"))
	o.until(t, "the only line", func() bool { return string(o.logs[early]) == "early\n" })
	touch(t, dirOf(t, o, early), "go")
	for what, ref := range map[string]trials.Ref{"early": early, "late": o.add(2, shell("echo late")), "silent": o.add(3, shell("true"))} {
		o.outcome(t, ref)
		o.mu.Lock()
		if !o.ended[ref] {
			t.Errorf("the output of the %s trial never ended", what)
		}
		o.mu.Unlock()
	}
}

func TestALostAnswerToAChunkTearsNothing(t *testing.T) {
	o := newOffice(time.Minute)
	o.loseChunk = true
	o.start(t, nil)
	ref := o.add(1, shell("for i in 1 2 3 4 5 6 7 8; do echo line $i; sleep 0.1; done"))
	o.outcome(t, ref)
	if got := o.log(ref); got != "line 1\nline 2\nline 3\nline 4\nline 5\nline 6\nline 7\nline 8\n" {
		t.Errorf("log %q", got)
	}
}

func TestOneForkServerForALinkedEnvironment(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	source := t.TempDir()
	write(t, source, map[string]string{"a.py": "import os\nprint(os.getppid())\n", ".venv/bin/python": "#!/bin/sh\nexec python3 \"$@\"\n"})
	digest := o.freezeDir(t, source)
	var parents []string
	for n := range 2 {
		task := python(digest, "a.py")
		task.Argv[0], task.Workdir.Path = ".venv/bin/python", source
		ref := o.add(n+1, task)
		if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
			t.Fatalf("outcome %+v %+v %s", out, out.Failure, o.log(ref))
		}
		parents = append(parents, o.log(ref))
	}
	if parents[0] != parents[1] {
		t.Errorf("parents %q: each trial had its own fork server", parents)
	}
}

func TestHugeOutputKeepsHeadAndTail(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	// 96 MiB: 16 are kept from the beginning, 48 from the end.
	ref := o.add(1, shell("echo first; yes 0123456789abcde | head -c 100663296; echo last"))
	o.outcome(t, ref)
	got := o.log(ref)
	if !strings.HasPrefix(got, "first\n") || !strings.HasSuffix(got, "last\n") || !strings.Contains(got, "[sweepd] 32 MiB of output are left out here\n") {
		t.Errorf("%d bytes, from %q to %q", len(got), got[:min(20, len(got))], got[max(0, len(got)-20):])
	}
	if len(got) > 64<<20+100 {
		t.Errorf("%d MiB were stored", len(got)>>20)
	}
}

func TestHugeOutputDoesNotFillTheDiskWhileTheServerIsAway(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	ref := o.add(1, shell("echo first; while [ ! -e one ]; do sleep 0.01; done; echo more; while [ ! -e go ]; do sleep 0.01; done; yes 0123456789abcde | head -c 200000000; touch written; while [ ! -e end ]; do sleep 0.01; done"))
	o.until(t, "the first line", func() bool { return len(o.logs[ref]) > 0 })
	dir := dirOf(t, o, ref)
	o.setAway(true)
	touch(t, dir, "one")
	said := time.Now()
	waitFor(t, "a try to store it", func() bool { return time.Since(said) > time.Second })
	touch(t, dir, "go")
	waitFor(t, "all output", func() bool { _, err := os.Stat(filepath.Join(dir, "written")); return err == nil })
	waitFor(t, "less than 96 MiB on the disk", func() bool {
		var st syscall.Stat_t
		return syscall.Stat(filepath.Join(dir, ".sweepd", "output.log"), &st) == nil && st.Blocks*512 < 96<<20
	})
	o.setAway(false)
	touch(t, dir, "end")
	o.outcome(t, ref)
	if got := o.log(ref); len(got) < 64<<20 || !strings.HasPrefix(got, "first\n") {
		t.Errorf("%d bytes", len(got))
	}
}

func TestGPUsAreGivenByUUID(t *testing.T) {
	o := newOffice(time.Minute)
	bin := t.TempDir()
	write(t, bin, map[string]string{"nvidia-smi": "#!/bin/sh\necho '0, GPU-aaa, NVIDIA H100 80GB HBM3, 81559, Disabled'\necho '1, GPU-bbb, NVIDIA H100 80GB HBM3, 81559, Disabled'\n"})
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	o.start(t, func(c *worker.Config) { c.GPUs = "auto"; c.CPU = 2 })
	task := shell("echo $CUDA_VISIBLE_DEVICES; while [ ! -e go ]; do sleep 0.01; done")
	task.Resources.GPU = 1
	task.Params = search.Point{}
	one, two := o.add(1, task), o.add(2, task)
	for _, ref := range []trials.Ref{one, two} {
		touch(t, dirOf(t, o, ref), "go")
		o.outcome(t, ref)
	}
	if got := o.log(one) + o.log(two); got != "GPU-aaa\nGPU-bbb\n" && got != "GPU-bbb\nGPU-aaa\n" {
		t.Errorf("they saw %q", got)
	}
	if d := o.hellos[0].Devices; len(d) != 2 || d[1].UUID != "GPU-bbb" || d[1].Memory != 81559<<20 {
		t.Errorf("the worker has %+v", d)
	}
}

// The server leaves the trial's directory open in arguments and environment.
func TestTheTrialsDirectoryIsFilledIn(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	task := shell(`test "$0" = "$SWEEPD_TRIAL_DIR/a" && test "$1" = "$SWEEPD_CHECKPOINT_DIR" && test "$OUT" = "$SWEEPD_TRIAL_DIR/b" && echo $$`)
	task.Argv = append(task.Argv, "${trial.dir}/a", "${checkpoint.dir}")
	task.Env = map[string]string{"OUT": "${trial.dir}/b"}
	ref := o.add(1, task)
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v, log %s", out, o.log(ref))
	}
}
