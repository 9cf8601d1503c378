package shim

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroup is the memory cgroup a keeper lives in, with all it starts: the limit
// is set before an attempt and taken off after it, so that no attempt pays for
// moving between groups. nil where none can be made; the keeper then samples.
type cgroup struct {
	dir string
	v2  bool
	now int64 // the limit that is set, 0 for none
}

// newCgroup makes a memory cgroup below the process's own and moves the process
// into it. It needs a writable v1 memory hierarchy, or a v2 group whose children
// have the memory controller (systemd: Delegate=yes).
func newCgroup() *cgroup {
	parent, v2, ok := ownCgroup()
	if !ok {
		return nil
	}
	// A pid comes again, after a restart of a container or the machine even soon:
	// what an inventory names must not become another keeper's.
	pid := os.Getpid()
	g := &cgroup{dir: filepath.Join(parent, fmt.Sprintf("sweepd-%d-%d", pid, Birth(pid))), v2: v2}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil
	}
	if g.set(0) != nil || g.write("cgroup.procs", strconv.Itoa(pid)) != nil {
		os.Remove(g.dir)
		return nil
	}
	return g
}

// ownCgroup finds the folder of the process's own memory cgroup.
func ownCgroup() (dir string, v2, ok bool) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", false, false
	}
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			if controller == "memory" {
				return filepath.Join("/sys/fs/cgroup/memory", parts[2]), false, true
			}
		}
		if parts[0] == "0" && parts[1] == "" {
			dir, v2, ok = filepath.Join("/sys/fs/cgroup", parts[2]), true, true
		}
	}
	return dir, v2, ok
}

func (g *cgroup) write(file, text string) error {
	return os.WriteFile(filepath.Join(g.dir, file), []byte(text), 0o644)
}

// limit sets the most memory in bytes that the group may hold, swap included;
// 0 takes the limit off.
func (g *cgroup) limit(bytes int64) error {
	if bytes == g.now {
		return nil
	}
	if err := g.set(bytes); err != nil {
		return err
	}
	g.now = bytes
	return nil
}

func (g *cgroup) set(bytes int64) error {
	if g.v2 {
		text, swap := "max", "max"
		if bytes > 0 {
			text, swap = strconv.FormatInt(bytes, 10), "0"
		}
		g.write("memory.swap.max", swap) //nolint:errcheck // a kernel without swap accounting has no such file
		return g.write("memory.max", text)
	}
	if bytes <= 0 {
		g.write("memory.memsw.limit_in_bytes", "-1") //nolint:errcheck // as above
		return g.write("memory.limit_in_bytes", "-1")
	}
	text := strconv.FormatInt(bytes, 10)
	g.write("memory.memsw.limit_in_bytes", "-1") //nolint:errcheck // it may not be below the other
	if err := g.write("memory.limit_in_bytes", text); err != nil {
		// Pages that an earlier attempt read stay charged; they can be dropped.
		g.write("memory.force_empty", "0") //nolint:errcheck // the second try tells
		if err := g.write("memory.limit_in_bytes", text); err != nil {
			return err
		}
	}
	g.write("memory.memsw.limit_in_bytes", text) //nolint:errcheck // as above
	return nil
}

// kills is the group's counter of OOM kills.
func (g *cgroup) kills() int64 {
	file := "memory.oom_control"
	if g.v2 {
		file = "memory.events"
	}
	text, err := os.ReadFile(filepath.Join(g.dir, file))
	if err != nil {
		return 0
	}
	return counter(text, "oom_kill")
}

// members lists the processes in the group, the keeper among them.
func (g *cgroup) members() []int {
	return Members(g.dir)
}

// Members lists the processes of a cgroup by its folder; none when it is gone.
func Members(dir string) []int {
	text, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return nil
	}
	var out []int
	for _, word := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(word); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

// leave moves the keeper to the parent and removes the group.
func (g *cgroup) leave() {
	parent := filepath.Join(filepath.Dir(g.dir), "cgroup.procs")
	if os.WriteFile(parent, []byte(strconv.Itoa(os.Getpid())), 0o644) == nil {
		os.Remove(g.dir)
	}
}
