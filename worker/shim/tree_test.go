package shim_test

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/sweepd/sweepd/worker/shim"
)

func TestDescendantsAndMarks(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 100 & (sleep 100 & wait) & wait")
	cmd.Env = append(os.Environ(), "SWEEPD_KEEPER=tree-test.1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() //nolint:errcheck // it is killed
	var below []int
	for end := time.Now().Add(10 * time.Second); len(below) != 3; time.Sleep(time.Millisecond) {
		if below = shim.Descendants(cmd.Process.Pid); time.Now().After(end) {
			t.Fatalf("descendants %v, want three", below)
		}
	}
	marked := shim.Marked("SWEEPD_KEEPER=tree-test.1")
	if len(marked) != 4 || !slices.Contains(marked, cmd.Process.Pid) {
		t.Errorf("marked %v, want %v and %d", marked, below, cmd.Process.Pid)
	}
	if got := shim.Marked("SWEEPD_KEEPER=tree-test"); len(got) != 0 {
		t.Errorf("half a mark finds %v", got)
	}
	if !slices.Contains(shim.Descendants(os.Getpid()), below[0]) {
		t.Error("descendants end with the children")
	}
	for _, pid := range marked {
		if shim.Birth(pid) == 0 {
			t.Errorf("process %d has no birth", pid)
		}
	}
	for _, pid := range marked { // each may take others with it
		p, err := os.FindProcess(pid)
		if err != nil {
			t.Fatal(err)
		}
		p.Kill() //nolint:errcheck // gone already is what is wanted
	}
	for end := time.Now().Add(10 * time.Second); shim.Birth(cmd.Process.Pid) != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a dead process that nobody has waited for still counts")
		}
	}
}

func TestBirthOfOddNames(t *testing.T) {
	dir := t.TempDir()
	name := dir + "/a) R 1 (b"
	if err := os.Symlink("/bin/sleep", name); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()         //nolint:errcheck // it is killed
	defer cmd.Process.Kill() //nolint:errcheck // as above
	if got := shim.Birth(cmd.Process.Pid); got == 0 || got < shim.Birth(os.Getpid()) {
		t.Errorf("born at %d, after this process at %d", got, shim.Birth(os.Getpid()))
	}
	if shim.Birth(1<<30) != 0 {
		t.Error("a process that is not there has a birth")
	}
}
