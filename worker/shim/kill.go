package shim

import (
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tree lists the attempt's processes: all descendants of the keeper, and all of
// its cgroup, except the fork server. A process can leave either: it moves to
// another cgroup, or its parent is killed while the descendants are listed.
func (k *keeper) tree() []int {
	all := Descendants(k.self)
	if k.group != nil {
		all = append(all, k.group.members()...)
	}
	return k.attempts(all)
}

// attempts drops the keeper and the fork server from a list of processes.
func (k *keeper) attempts(all []int) []int {
	return slices.DeleteFunc(all, func(pid int) bool {
		return pid == k.self || (k.server != nil && (pid == k.server.pid || pid == k.server.spare))
	})
}

func (k *keeper) kill(pids []int) {
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL) //nolint:errcheck // gone already is what was wanted
	}
}

// killTree kills what is left of the attempt until nothing is, and gives the
// number of processes it found.
func (k *keeper) killTree() int {
	if k.server == nil && childless() {
		return 0
	}
	seen := map[int]bool{}
	for {
		left := k.tree()
		if len(left) == 0 {
			return len(seen)
		}
		for _, pid := range left {
			seen[pid] = true
		}
		k.kill(left)
		k.collect()
	}
}

// measured lists the processes whose memory counts. With a cgroup that is one
// small file.
func (k *keeper) measured() []int {
	if k.group == nil {
		return k.tree()
	}
	return k.attempts(k.group.members())
}

// killAll kills all descendants, the fork server and what may have left the
// cgroup included, until none is left.
func (k *keeper) killAll() {
	k.attempt, k.server = nil, nil
	for !childless() {
		k.kill(Descendants(k.self))
		k.collect()
	}
}

// collect reaps orphans that were killed, so that they are not seen again.
func (k *keeper) collect() {
	for {
		var use syscall.Rusage
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, &use)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return
		}
		if pid == 0 {
			time.Sleep(200 * time.Microsecond) // between SIGKILL and the end of a process
			return
		}
		k.count(pid, status, use)
	}
}

// childless tells whether the keeper has no children: as a subreaper it then
// has no descendants either, for orphans would have fallen to it.
func childless() bool {
	err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == unix.ECHILD
}
