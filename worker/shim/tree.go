package shim

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Birth is the start time of a process in clock ticks since boot, 0 when there
// is no such process or it is dead and not waited for. A pid is used again; a
// pid with its birth is not.
func Birth(pid int) uint64 {
	f, ok := stat(pid)
	if !ok || f.state == "Z" || f.state == "X" {
		return 0
	}
	return f.birth
}

// Descendants lists all processes that come of root, root left out, in no
// particular order. Zombies count. It reads /proc/PID/task/TID/children where
// the kernel has it and else every /proc/PID/stat: O(processes of the machine).
func Descendants(root int) []int {
	if _, err := os.Stat("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children"); err == nil {
		return childrenOf(root, nil)
	}
	return scan(root)
}

func childrenOf(pid int, into []int) []int {
	tasks := "/proc/" + strconv.Itoa(pid) + "/task"
	threads, err := os.ReadDir(tasks)
	if err != nil {
		return into
	}
	for _, t := range threads {
		text, err := os.ReadFile(tasks + "/" + t.Name() + "/children")
		if err != nil {
			continue
		}
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				into = childrenOf(child, append(into, child))
			}
		}
	}
	return into
}

// scan finds the descendants of root from the parents of all processes.
func scan(root int) []int {
	children := map[int][]int{}
	for _, pid := range processes() {
		if f, ok := stat(pid); ok {
			children[f.parent] = append(children[f.parent], pid)
		}
	}
	var out []int
	for todo := []int{root}; len(todo) > 0; {
		pid := todo[len(todo)-1]
		todo = append(todo[:len(todo)-1], children[pid]...)
		out = append(out, children[pid]...)
	}
	return out
}

// Marked lists the processes whose environment, as it was when they were
// started, has the entry NAME=VALUE. Those of other users are not seen.
func Marked(entry string) []int {
	var out []int
	mark := []byte(entry)
	for _, pid := range processes() {
		env, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
		if err == nil && slices.ContainsFunc(bytes.Split(env, []byte{0}), func(e []byte) bool { return bytes.Equal(e, mark) }) {
			out = append(out, pid)
		}
	}
	return out
}

func processes() []int {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(-1) // what it read before an error is what there is
	var out []int
	for _, n := range names {
		if n[0] >= '0' && n[0] <= '9' {
			if pid, err := strconv.Atoi(n); err == nil {
				out = append(out, pid)
			}
		}
	}
	return out
}

type fields struct {
	state  string
	parent int
	birth  uint64
}

// stat reads /proc/PID/stat: field 3 is the state, 4 the parent, 22 the start
// time (proc_pid_stat(5)). The name in field 2 may hold anything, so the fields
// are counted from its last parenthesis.
func stat(pid int) (fields, bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return fields{}, false
	}
	end := bytes.LastIndexByte(text, ')')
	words := strings.Fields(string(text[end+1:]))
	if end < 0 || len(words) < 20 {
		return fields{}, false
	}
	f := fields{state: words[0]}
	f.parent, _ = strconv.Atoi(words[1])
	f.birth, _ = strconv.ParseUint(words[19], 10, 64)
	return f, true
}

// resident is the resident memory of a process in bytes, shared pages included,
// 0 when it is gone.
func resident(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	words := strings.Fields(string(text))
	if len(words) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(words[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// proportional is the memory of a process in bytes, of each shared page its part
// among those who share it; the resident memory where the kernel does not tell.
func proportional(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	if err != nil {
		return resident(pid)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10
		}
	}
	return resident(pid)
}

// total adds up a measure of processes.
func total(pids []int, of func(pid int) int64) (sum int64) {
	for _, pid := range pids {
		sum += of(pid)
	}
	return sum
}

// machineOOMs is the machine's counter of OOM kills since boot.
func machineOOMs() int64 {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	return counter(text, "oom_kill")
}

// counter finds "name N" in lines of text, 0 when it is not there.
func counter(text []byte, name string) int64 {
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			n, _ := strconv.ParseInt(strings.TrimSpace(rest), 10, 64)
			return n
		}
	}
	return 0
}
