package worker_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
)

// there lists what is in a directory, the worker's own files left out.
func there(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		out = append(out, filepath.Base(f))
	}
	return out
}

func TestTheNewestDirectoriesStay(t *testing.T) {
	o := newOffice(6 * time.Second) // a claim that brings nothing, and the settlements with it, is answered after a sixth
	dir := t.TempDir()
	o.start(t, func(c *worker.Config) { c.Slots, c.Dir, c.Keep = 2, dir, 3 })
	work := filepath.Join(dir, "work", "s-test")
	running := o.add(1, shell("mkdir $SWEEPD_CHECKPOINT_DIR; while [ ! -e go ]; do sleep 0.01; done"))
	first := dirOf(t, o, running)
	for n := range 8 {
		o.outcome(t, o.add(n+2, shell("mkdir sub; touch sub/a; chmod 555 sub")))
	}
	want := "[1.1 1.checkpoint 7.1 8.1 9.1]" // one runs, with its checkpoints, and three are kept
	waitFor(t, want, func() bool { return fmt.Sprint(there(t, work)) == want })
	touch(t, first, "go")
	if out := o.outcome(t, running); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v", out)
	}
	want = "[1.1 1.checkpoint 9.1]"
	waitFor(t, want, func() bool { return fmt.Sprint(there(t, work)) == want })
	waitFor(t, "an empty tmp", func() bool { return len(there(t, filepath.Join(dir, "tmp"))) == 0 })
}

func TestAStartingWorkerClearsWhatAKilledOneLeft(t *testing.T) {
	o := newOffice(time.Minute)
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"work/s-old/1.1/a": "", "work/s-old/2.1/a": "", "work/s-old/2.checkpoint/a": "", "work/s-new/1.1/a": "",
		"tmp/body-1": "x", "code/.unpack-1/a": "x", "code/aaa/a": "x", "code/bbb/a": "x", "runners.log": string(make([]byte, 5<<20)),
	})
	month := time.Now().Add(-31 * 24 * time.Hour)
	for _, name := range []string{"code/aaa", "work/s-old/1.1", "work/s-old/2.1", "work/s-old/2.checkpoint"} {
		if err := os.Chtimes(filepath.Join(dir, name), month, month); err != nil {
			t.Fatal(err)
		}
	}
	o.start(t, func(c *worker.Config) { c.Dir, c.Keep = dir, 1 })
	waitFor(t, "the newest alone", func() bool { return fmt.Sprint(there(t, filepath.Join(dir, "work"))) == "[s-new]" })
	if got := there(t, filepath.Join(dir, "code")); fmt.Sprint(got) != "[bbb]" {
		t.Errorf("code has %v", got)
	}
	waitFor(t, "an empty tmp", func() bool { return len(there(t, filepath.Join(dir, "tmp"))) == 0 })
	if info, err := os.Stat(filepath.Join(dir, "runners.log")); err != nil || info.Size() != 0 {
		t.Errorf("runners.log: %v %v", info, err)
	}
}
