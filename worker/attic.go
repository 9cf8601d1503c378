package worker

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/sweepd/sweepd/internal/pack"
)

// What a worker keeps on its disk. A trial's directory stays when it has ended,
// for whoever wants to look into it, as long as there is room here: what is
// worth keeping is at the server.
const (
	maxAttic   = 10 << 30            // bytes of directories of ended trials
	codeAge    = 30 * 24 * time.Hour // frozen code that no trial has asked for so long is fetched again
	maxRunners = 4 << 20             // bytes of what fork servers print
)

// attic removes directories of ended trials, those that ended first first, while
// there is more than it may keep. It works beside the trials, one directory at a
// time.
type attic struct {
	tmp   string // on the same disk: what is to be removed goes there first
	bytes int64
	dirs  int
	log   *slog.Logger
	more  chan struct{} // something has come

	mu    sync.Mutex
	fresh []string // not measured yet, in order
	kept  []ended  // the first that ended first
	total int64
}

type ended struct {
	dir  string
	size int64
}

// newAttic takes what earlier workers of the directory left in root.
func newAttic(root, tmp string, dirs int, log *slog.Logger) *attic {
	a := &attic{tmp: tmp, bytes: maxAttic, dirs: dirs, log: log, more: make(chan struct{}, 1)}
	type left struct {
		dir string
		at  time.Time
	}
	var all []left
	found, _ := filepath.Glob(filepath.Join(root, "*", "*")) // the pattern is right
	for _, d := range found {
		if info, err := os.Lstat(d); err == nil && info.IsDir() {
			all = append(all, left{d, info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b left) int { return a.at.Compare(b.at) })
	for _, l := range all {
		a.fresh = append(a.fresh, l.dir)
	}
	nudge(a.more)
	return a
}

// add says that nothing uses a directory any more.
func (a *attic) add(dirs ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fresh = append(a.fresh, dirs...)
	nudge(a.more)
}

// take says that a directory is used, again or for the first time.
func (a *attic) take(dirs ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fresh = slices.DeleteFunc(a.fresh, func(d string) bool { return slices.Contains(dirs, d) })
	a.kept = slices.DeleteFunc(a.kept, func(e ended) bool {
		if !slices.Contains(dirs, e.dir) {
			return false
		}
		a.total -= e.size
		return true
	})
}

// keep measures and removes until ctx ends.
func (a *attic) keep(ctx context.Context) {
	for {
		select {
		case <-a.more:
		case <-ctx.Done():
			return
		}
		for ctx.Err() == nil && a.measure() {
			a.shrink()
		}
	}
}

// measure takes in one directory; false when there is none.
func (a *attic) measure() bool {
	a.mu.Lock()
	if len(a.fresh) == 0 {
		a.mu.Unlock()
		return false
	}
	dir := a.fresh[0]
	a.mu.Unlock()
	size := occupied(dir)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.fresh) > 0 && a.fresh[0] == dir { // it was not taken meanwhile
		a.fresh = a.fresh[1:]
		if size == 0 {
			return true // there is none
		}
		a.kept, a.total = append(a.kept, ended{dir, size}), a.total+size
	}
	return true
}

func (a *attic) shrink() {
	for {
		doomed := a.pop()
		if doomed == "" {
			return
		}
		if err := pack.Remove(doomed); err != nil {
			a.log.Warn("the directory of an ended trial could not be removed", "dir", doomed, "err", err)
		}
	}
}

// pop moves the next directory that is too much out of the way, at once and as a
// whole, and gives its new place; "" when nothing is too much.
func (a *attic) pop() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.kept) > a.dirs || (a.total > a.bytes && len(a.kept) > 0) {
		e := a.kept[0]
		a.kept, a.total = a.kept[1:], a.total-e.size
		to := filepath.Join(a.tmp, "ended-"+uuid.NewString())
		if err := os.Rename(e.dir, to); err != nil {
			a.log.Warn("the directory of an ended trial could not be removed", "dir", e.dir, "err", err)
			continue
		}
		os.Remove(filepath.Dir(e.dir)) //nolint:errcheck // the sweep has others
		return to
	}
	return ""
}

// occupied is the disk space of a tree, links not followed.
func occupied(dir string) (sum int64) {
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error { //nolint:errcheck // what cannot be read is not counted
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				sum += st.Blocks * 512
			}
		}
		return nil
	})
	return sum
}

// sweepOut removes what a worker that was killed left unfinished, and code that
// nobody has asked for in a long time. Nothing may run yet.
func sweepOut(dir string, now time.Time) {
	for _, pattern := range []string{"tmp/*", "code/.unpack-*"} {
		left, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are right
		for _, name := range left {
			pack.Remove(name) //nolint:errcheck // tried again at the next start
		}
	}
	codes, _ := filepath.Glob(filepath.Join(dir, "code", "*"))
	for _, name := range codes {
		if info, err := os.Stat(name); err == nil && now.Sub(info.ModTime()) > codeAge {
			pack.Remove(name) //nolint:errcheck // as above
		}
	}
}

// empty empties a file that has grown beyond a size. Whoever appends to it goes on
// at its new end.
func empty(name string, size int64) {
	if info, err := os.Stat(name); err == nil && info.Size() > size {
		os.Truncate(name, 0) //nolint:errcheck // tried again
	}
}
