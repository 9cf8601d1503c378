package worker

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/worker/shim"
)

// identity is the locked file worker.id: line one the id, line two the pid of
// the process that holds it.
type identity struct {
	id   string
	file *os.File
}

func takeIdentity(dir string) (*identity, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the directory of the worker: %w", err)
	}
	name := filepath.Join(dir, "worker.id")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the worker's identity: %w", err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read the worker's identity: %w", err)
	}
	words := strings.Fields(string(text))
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		pid := "unknown"
		if len(words) > 1 {
			pid = words[1]
		}
		return nil, fault.Conflictf("process %s is a worker in %s already", pid, dir).Coded("worker_dir_in_use").Fix("give this one its own --dir, or end the other")
	}
	id := "w-" + uuid.NewString()
	if len(words) > 0 {
		id = words[0]
	}
	line := id + "\n" + strconv.Itoa(os.Getpid()) + "\n"
	// In this order the id is whole at any moment, on a full disk too.
	_, err = f.WriteAt([]byte(line), 0)
	if err == nil {
		err = f.Truncate(int64(len(line)))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("write the worker's identity: %w", err)
	}
	return &identity{id: id, file: f}, nil
}

// release unlocks the directory.
func (i *identity) release() { i.file.Close() }

// inventory is the file of one keeper: what may still run after this worker
// was killed together with the keeper itself.
type inventory struct {
	PID    int    `json:"pid"`
	Birth  uint64 `json:"birth"` // clock ticks since boot: pids come again, with another birth
	Cgroup string `json:"cgroup,omitempty"`
	Mark   string `json:"mark"` // NAME=VALUE in the environment of all that the keeper starts
}

func (v inventory) save(dir string) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(v.path(dir), text, 0o600)
}

func (v inventory) path(dir string) string {
	return filepath.Join(dir, strconv.Itoa(v.PID)+".json")
}

// pids lists every process that is left of the keeper: itself and what comes of
// it, the members of its cgroup, and whoever carries its mark.
func (v inventory) pids() []int {
	out := shim.Marked(v.Mark)
	if v.Birth != 0 && shim.Birth(v.PID) == v.Birth {
		out = append(append(out, v.PID), shim.Descendants(v.PID)...)
	}
	if v.Cgroup != "" {
		out = append(out, shim.Members(v.Cgroup)...)
	}
	return out
}

// kill ends everything that is left of a keeper, and removes its cgroup and its
// file. It gives the number of processes found.
func (v inventory) kill(dir string) (int, error) {
	seen := map[int]bool{}
	deadline := time.Now().Add(10 * time.Second)
	for {
		left := v.pids()
		if len(left) == 0 {
			break
		}
		for _, pid := range left {
			seen[pid] = true
			syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // gone already is what was wanted
		}
		if time.Now().After(deadline) {
			return len(seen), fault.Newf(fault.Internal, "processes %v of an earlier worker do not die", left).Fix("they may hang in the kernel; restart the machine, or use another --dir")
		}
		time.Sleep(time.Millisecond) // between SIGKILL and the end of a process
	}
	if v.Cgroup != "" {
		os.Remove(v.Cgroup)
	}
	os.Remove(v.path(dir))
	return len(seen), nil
}

// killLeftovers ends what the inventory files in dir name.
func killLeftovers(dir string, log *slog.Logger) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	for _, name := range files {
		var v inventory
		text, err := os.ReadFile(name)
		if err != nil || json.Unmarshal(text, &v) != nil {
			os.Remove(name) // torn by a crash while it was written: its keeper had no attempt yet
			continue
		}
		n, err := v.kill(dir)
		if err != nil {
			return err
		}
		if n > 0 {
			log.Warn("killed what an earlier worker left", "processes", n)
		}
	}
	return nil
}
