package worker_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
)

// A file where trial directories are made stands for a full disk.
func TestASickWorkerDoesNotLoseAllTrials(t *testing.T) {
	o := newOffice(time.Minute)
	dir := t.TempDir()
	o.start(t, func(c *worker.Config) { c.Slots, c.Dir = 1, dir })
	work := filepath.Join(dir, "work")
	if err := os.Remove(work); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(work, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var refs []trials.Ref
	for n := range 20 {
		refs = append(refs, o.add(n+1, shell("true")))
	}
	if out := o.outcome(t, refs[0]); out.Verdict != trials.Lost {
		t.Errorf("outcome %+v", out)
	}
	first := time.Now()
	waitFor(t, "what it does next", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return len(o.outcomes) == len(refs) || time.Since(first) > 500*time.Millisecond
	})
	if err := os.Remove(work); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, ref := range refs {
		if o.outcome(t, ref).Verdict == trials.Lost {
			lost++
		}
	}
	if lost > 2 {
		t.Errorf("%d trials were lost", lost)
	}
}

// Another worker may have the trial when its fork server is ready at last.
func TestNothingIsStartedAfterTheLease(t *testing.T) {
	ttl := 1200 * time.Millisecond
	o := newOffice(ttl)
	o.start(t, func(c *worker.Config) { c.Slots = 1 })
	site := t.TempDir()
	write(t, site, map[string]string{"heavy.py": "import os, time\nopen(" + quote(site+"/importing") + ", 'w').close()\nwhile not os.path.exists(" + quote(site+"/go") + "): time.sleep(0.01)\n"})
	task := python(o.freeze(t, map[string]string{"a.py": "import os\nopen(" + quote(site+"/ran") + ", 'w').close()\nimport heavy\n"}), "a.py")
	task.Env = map[string]string{"PYTHONPATH": site}
	ref := o.add(1, task)
	waitFor(t, "the import", func() bool { _, err := os.Stat(site + "/importing"); return err == nil })
	o.setAway(true)
	gone := time.Now()
	waitFor(t, "the end of the lease", func() bool { return time.Since(gone) > ttl })
	touch(t, site, "go")
	ready := time.Now()
	waitFor(t, "what it does next", func() bool {
		_, err := os.Stat(site + "/ran")
		return err == nil || time.Since(ready) > 500*time.Millisecond
	})
	o.setAway(false)
	o.outcome(t, ref)
	if _, err := os.Stat(site + "/ran"); err == nil {
		t.Error("it was started after its lease had ended")
	}
}
