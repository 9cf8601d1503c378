package worker_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
)

// A keeper that hangs is killed with its trial, which is lost and not stuck.
func TestAStoppedKeeperDoesNotHoldItsSlot(t *testing.T) {
	o := newOffice(1200 * time.Millisecond)
	dir := t.TempDir()
	o.start(t, func(c *worker.Config) { c.Slots, c.Dir = 1, dir })
	pids := t.TempDir()
	o.add(1, shell("export PIDS="+pids+"; "+stubborn))
	all := pidsIn(t, pids, "main", "daemon", "child")
	for _, pid := range keepersOf(t, dir) {
		syscall.Kill(pid, syscall.SIGSTOP) //nolint:errcheck // a test
	}
	o.setAway(true)
	waitFor(t, "the end of its processes", func() bool { return len(alive(all)) == 0 })
	o.setAway(false)
	if out := o.outcome(t, o.add(2, shell("true"))); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v", out)
	}
}

func TestAKeeperThatCannotBeListedIsNotKept(t *testing.T) {
	o := newOffice(time.Minute)
	dir, bin := t.TempDir(), t.TempDir()
	starts := filepath.Join(bin, "starts")
	write(t, bin, map[string]string{"shim": "#!/bin/sh\necho $$ >> " + starts + "\nexec \"$@\"\n"})
	o.start(t, func(c *worker.Config) {
		c.Slots, c.Dir, c.Shim = 1, dir, append([]string{filepath.Join(bin, "shim")}, c.Shim...)
	})
	o.outcome(t, o.add(1, shell("true")))
	// The only keeper dies, and no other can be written down.
	keepers := filepath.Join(dir, "keepers")
	dead := keepersOf(t, dir)
	if err := os.Rename(keepers, keepers+".away"); err != nil {
		t.Fatal(err)
	}
	syscall.Kill(dead[0], syscall.SIGKILL) //nolint:errcheck // a test
	o.outcome(t, o.add(2, shell("true")))  // finds it dead
	ref := o.add(3, shell("true"))
	var started []string
	waitFor(t, "some tries", func() bool {
		text, _ := os.ReadFile(starts)
		started = strings.Fields(string(text))
		return len(started) > 4
	})
	waitFor(t, "the end of those that were not listed", func() bool { return len(alive(numbers(t, started[:4]))) == 0 })
	if err := os.Rename(keepers+".away", keepers); err != nil {
		t.Fatal(err)
	}
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v", out)
	}
}

func numbers(t *testing.T, words []string) []int {
	t.Helper()
	var out []int
	for _, w := range words {
		n, err := strconv.Atoi(w)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}
