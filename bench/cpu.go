package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// treeCPU is the CPU time in seconds that a process and all that came of it have
// used, those included that have ended and were waited for. It reads every
// /proc/PID/stat once; processes it cannot read are left out.
func treeCPU(root int) float64 {
	type process struct {
		parent int
		ticks  float64
	}
	all := map[int]process{}
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		words := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || len(words) < 15 {
			continue
		}
		p := process{}
		p.parent, _ = strconv.Atoi(words[1])
		for _, w := range words[11:15] { // utime, stime, cutime, cstime: proc_pid_stat(5)
			ticks, _ := strconv.ParseFloat(w, 64)
			p.ticks += ticks
		}
		all[pid] = p
	}
	var sum float64
	for pid, p := range all {
		for at, ok := pid, true; ok; at = all[at].parent {
			if at == root {
				sum += p.ticks
				break
			}
			_, ok = all[at]
		}
	}
	return sum / 100 // USER_HZ is 100 wherever Go runs on Linux
}

// ownCPU is the CPU time in seconds of this process.
func ownCPU() float64 {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return float64(use.Utime.Nano()+use.Stime.Nano()) / 1e9
}
