package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/pgtest"
)

// TestTwoServersShareASweep: two servers on one PostgreSQL plan and hand out one
// sweep. When one of them dies for good, with a worker that knows no other, the
// sweep ends all the same, with not a trial more.
func TestTwoServersShareASweep(t *testing.T) {
	db := pgtest.URL(t)
	first := serve(t, db, "--lease-ttl", chaosTTL.String())
	refused(t, db)
	second := serveIn(t, sharing(t, first.dir), db, "--lease-ttl", chaosTTL.String(), "--shared-files")
	c := &chaos{server: second}
	c.worker(t, 0, first)
	c.worker(t, 1, second)
	sw, path := c.submitShot(t)
	until(t, 30*time.Second, "both workers have ended trials", func() bool {
		by := map[int]int{}
		for _, s := range testimonies(t, path) {
			if s.word == "end" {
				by[s.worker]++
			}
		}
		return by[0] > 1 && by[1] > 1
	})
	first.kill()
	death := time.Now()
	never := death.Add(time.Hour)
	c.outages = []outage{{from: death, till: never}} // to the first worker
	c.deaths[0] = []time.Time{never}
	c.judge(t, sw, path)
	for _, s := range testimonies(t, path) {
		if s.word == "begin" && s.worker == 0 && s.at.After(death.Add(time.Second)) {
			t.Errorf("trial %d began at a worker without a server", s.trial)
		}
	}
}

// refused tries a second server whose files are its own.
func refused(t *testing.T, db string) {
	t.Helper()
	out, code := sweepd(t, "serve", "--dir", t.TempDir(), "--addr", "127.0.0.1:0", "--db", db)
	if code == 0 || !strings.Contains(out, "--shared-files") {
		t.Errorf("a second server with files of its own: exit %d, %s", code, out)
	}
}

// sharing makes a data directory whose files are those of another, as on a disk
// that two machines mount.
func sharing(t *testing.T, other string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"blobs", "artifacts"} {
		if err := os.Symlink(filepath.Join(other, name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestTheDatabaseComesBack: PostgreSQL drops every connection and recovers, as it
// does when one of its processes is killed. The server goes on by itself, and no
// trial notices.
func TestTheDatabaseComesBack(t *testing.T) {
	db := pgtest.URL(t)
	c := &chaos{server: serve(t, db, "--lease-ttl", chaosTTL.String())}
	for i := range c.workers {
		c.worker(t, i, c.server)
	}
	sw, path := c.submitShot(t)
	for _, after := range []int{4, 10} {
		until(t, 30*time.Second, "some trials have ended", func() bool {
			return strings.Count(contents(path), "end ") >= after
		})
		pgtest.Crash(t, db)
	}
	c.judge(t, sw, path)
	for _, s := range testimonies(t, path) {
		if s.word == "begin" && s.attempt > 1 {
			t.Errorf("trial %d was cut: attempt %d", s.trial, s.attempt)
		}
	}
}

func contents(path string) string {
	b, _ := os.ReadFile(path) // what is not there is empty
	return string(b)
}
