package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// idle reads the memory of a server that has nothing to do.
func idle(_ context.Context, l *lab) ([]figure, error) {
	start := time.Now()
	r, err := l.serve()
	if err != nil {
		return nil, err
	}
	defer r.close()
	ready := time.Since(start)
	time.Sleep(2 * time.Second)
	rss, err := residentSet(r.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "idle server", Value: float64(rss) / (1 << 20), Unit: "MB", Floor: 60, Most: true, Note: fmt.Sprintf("ready after %.0f ms", ready.Seconds()*1e3)},
	}, nil
}

// residentSet gives a process's memory in bytes.
func residentSet(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
