package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/worker"
)

// workerCmd is the verb worker.
type workerCmd struct {
	Slots     int               `help:"Trials at once; 0: one per core." default:"0"`
	CPU       float64           `help:"Cores to promise; 0: all." name:"cpu"`
	Memory    int64             `help:"Bytes of memory to promise; 0: not counted."`
	GPUs      string            `help:"auto, none, a number, or indices and UUIDs separated by commas." name:"gpus" default:"auto"`
	Labels    map[string]string `help:"key=value, for sweeps that ask for it." name:"label"`
	MaxTrials int               `help:"End after this many trials; 0: never."`
	UntilIdle bool              `help:"End when there is nothing to do."`
}

// Run works until it is told to end: the first signal finishes what runs, the
// second stops it.
func (c *workerCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	w, err := newWorker(e, cl, cl, worker.Config{
		Dir: filepath.Join(e.Dir, "worker"), Slots: c.Slots, CPU: c.CPU, Memory: c.Memory, GPUs: c.GPUs, Labels: c.Labels,
		MaxTrials: c.MaxTrials, UntilIdle: c.UntilIdle,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "sweepd %s works for %s\n", version(), cl.Base())
	return drainThenStop(e.ctx, w, stopGrace)
}

// stopGrace is how long trials have to end once a worker is told to stop.
const stopGrace = 30 * time.Second

// newWorker completes a configuration with what every worker of this binary
// has: the server's address and the shim.
func newWorker(e *env, d worker.Dispatcher, files *client.Client, c worker.Config) (*worker.Worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if c.Upstream, err = url.Parse(files.Base()); err != nil {
		return nil, err
	}
	c.Dispatcher, c.Files, c.Shim, c.Log, c.Version = d, files, []string{self, "shim"}, e.log, version()
	return worker.New(c)
}

// drainThenStop runs a worker. The first signal drains it: no more claims, what
// runs goes on. The second asks what runs to end within the grace.
func drainThenStop(ctx context.Context, w *worker.Worker, grace time.Duration) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	draining, drain := context.WithCancel(ctx)
	defer drain()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-signals:
			drain()
		case <-done:
			return
		}
		select {
		case <-signals:
			w.Stop(grace)
		case <-done:
		}
	}()
	return w.Run(draining)
}
