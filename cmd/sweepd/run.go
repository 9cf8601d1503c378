package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/worker"
)

// runCmd is the verb run.
type runCmd struct {
	Target string        `arg:"" optional:"" help:"Sweep file; with --resume a sweep, the last unfinished one when absent."`
	Resume bool          `help:"Go on with an unfinished sweep, with its frozen code and spec."`
	Slots  int           `help:"Trials at once; 0: one per core." default:"0"`
	GPUs   string        `help:"GPUs to use: auto, none, a number, or indices and UUIDs." name:"gpus" default:"auto"`
	Addr   string        `help:"Address of the page while it runs." default:"127.0.0.1:0"`
	DB     string        `help:"postgres://... instead of the SQLite file in the data directory." env:"SWEEPD_DB"`
	Set    []string      `help:"Change the file: budget.trials=5, early_stop=none." sep:"none"`
	Smoke  bool          `help:"Only one short trial per search stage."`
	TTL    time.Duration `help:"How long a lease lives without a heartbeat." name:"lease-ttl" default:"60s"`
}

// Run submits a sweep, or takes up an unfinished one, and follows it to its end.
// A server that serves the directory already is used; else one runs inside.
func (c *runCmd) Run(e *env) error {
	if c.Target == "" && !c.Resume {
		return fault.Invalidf("a sweep file is missing").Fix("sweepd run sweep.yaml, or sweepd run --resume")
	}
	if c.Slots == 0 {
		c.Slots = runtime.NumCPU()
	}
	sub, err := c.check(e)
	if err != nil {
		return err
	}
	if e.Server != "" || (place{e.Dir}).alive() {
		err = c.beside(e, sub)
	} else if err = c.inside(e, sub); coded(err, "in_use") { // the directory is, by one that started in the same moment
		err = c.beside(e, sub)
	}
	var gone serverGone
	if errors.As(err, &gone) {
		fmt.Fprintln(e.err, "The server has ended; going on here.")
		c.Resume, c.Target = true, gone.sweep
		return c.inside(e, nil)
	}
	return err
}

// coded tells whether an error is a fault of that code.
func coded(err error, code string) bool {
	f := fault.Of(err)
	return f != nil && f.Code == code
}

// serverGone says that the directory's server ended while a sweep was followed.
type serverGone struct{ sweep string }

func (g serverGone) Error() string { return "the server of " + g.sweep + " has ended" }

// check reads the sweep file before anything is started.
func (c *runCmd) check(e *env) (*wire.Submission, error) {
	if c.Resume {
		return nil, nil
	}
	sub, _, warnings, err := submission(c.Target, c.Set, c.Smoke)
	for _, w := range warnings {
		fmt.Fprintln(e.err, "warning:", w)
	}
	return &sub, err
}

// inside serves the directory itself, with a worker, for as long as the sweep
// takes.
func (c *runCmd) inside(e *env, sub *wire.Submission) error {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	s, err := newServer(ctx, serverConfig{Dir: e.Dir, Addr: c.Addr, DB: c.DB, Slots: c.Slots, GPUs: c.GPUs, TTL: c.TTL, Log: e.log})
	if err != nil {
		return err
	}
	following, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() {
		done <- s.Run(ctx)
		stop() // nobody answers any more
	}()
	here := *e
	here.ctx = following
	err = c.follow(&here, client.New(s.URL(), s.token), sub, s, s.inner)
	cancel()
	return errors.Join(<-done, err)
}

// beside uses a server that runs already. Where that is the directory's own and
// nobody works for it, this process does while the sweep takes.
func (c *runCmd) beside(e *env, sub *wire.Submission) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	list, err := cl.Workers(e.ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list.Workers, present) {
		return c.follow(e, cl, sub, nil, nil)
	}
	if e.Server != "" {
		fmt.Fprintf(e.err, "No worker is there; start one with: sweepd worker --server %s\n", cl.Base())
		return c.follow(e, cl, sub, nil, nil)
	}
	w, err := newWorker(e, cl, cl, worker.Config{Dir: filepath.Join(e.Dir, "worker"), Slots: c.Slots, GPUs: c.GPUs})
	if coded(err, "worker_dir_in_use") { // by one that has not said hello yet
		return c.follow(e, cl, sub, nil, nil)
	}
	if err != nil {
		return err
	}
	own := newInner(w)
	done := make(chan error, 1)
	go func() { done <- own.run() }()
	err = c.follow(e, cl, sub, nil, own)
	own.end(time.Second)
	return errors.Join(err, <-done)
}

// present tells whether a worker is there and takes trials. One of this machine
// is asked by its process: a run that has just ended was seen lately too.
func present(w wire.Worker) bool {
	if w.Drain || time.Since(w.Seen) > freshWorker {
		return false
	}
	host, err := os.Hostname()
	return err != nil || host != w.Host || syscall.Kill(int(w.Pid), 0) != syscall.ESRCH
}

// follow starts the sweep and shows it until it ends, is paused, or the user
// interrupts. s is the server inside and own the worker inside, nil without.
func (c *runCmd) follow(e *env, cl *client.Client, sub *wire.Submission, s *server, own *inner) error {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	sw, err := c.start(ctx, cl, sub)
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	p := newProgress(e, pageOf(cl, sw.ID))
	if s == nil && e.Server == "" {
		p.gone = func() bool { return !(place{e.Dir}).alive() }
	}
	ended := make(chan error, 1)
	go func() { ended <- p.watch(ctx, cl, sw) }()
	select {
	case err := <-ended:
		if err != nil {
			return err
		}
		slots := 0
		if own != nil && sub != nil { // else the wall time has a gap, or others worked too
			slots = c.Slots
		}
		return finish(e, cl, sw.ID, s, slots)
	case <-signals:
		cancel()
		if err := <-ended; err != nil {
			e.log.Debug("the watch was cut off", "error", err)
		}
		p.clear()
		return interrupted(e, own, sw.ID, signals)
	}
}

// start submits the file, or finds the sweep to go on with.
func (c *runCmd) start(ctx context.Context, cl *client.Client, sub *wire.Submission) (wire.Sweep, error) {
	if sub == nil {
		return c.unfinished(ctx, cl)
	}
	if err := upload(ctx, cl, sub); err != nil {
		return wire.Sweep{}, err
	}
	return cl.Submit(ctx, *sub, newRunID())
}

// unfinished gives the sweep that --resume names, else the newest that has not
// ended, and takes it out of a pause.
func (c *runCmd) unfinished(ctx context.Context, cl *client.Client) (wire.Sweep, error) {
	id := c.Target
	if id == "" {
		list, err := cl.Sweeps(ctx, wire.ListSweepsParams{})
		if err != nil {
			return wire.Sweep{}, err
		}
		for _, sw := range list.Sweeps {
			if open(sw.State) {
				id = sw.ID
				break
			}
		}
		if id == "" {
			return wire.Sweep{}, fault.NotFoundf("there is no unfinished sweep").Fix("sweepd ls shows what is there")
		}
	}
	sw, err := cl.Sweep(ctx, id)
	if err != nil || sw.State != wire.SweepStatePaused {
		return sw, err
	}
	return cl.Command(ctx, sw.ID, client.Resume, wire.Order{Why: "sweepd run --resume"})
}

func open(s wire.SweepState) bool { return s == wire.SweepStateRunning || s == wire.SweepStatePaused }

// interruptGrace is how long trials may go on after the first Ctrl-C.
const interruptGrace = 5 * time.Second

// interrupted ends a run on Ctrl-C: no more claims and a little time for what
// runs, then, or at the second Ctrl-C, it is stopped without cost. A third ends
// this process as it is. The sweep stays open.
func interrupted(e *env, own *inner, id string, signals chan os.Signal) error {
	if own == nil {
		fmt.Fprintf(e.err, "The sweep goes on where it runs. See it again with: %s\n", commandLine(e, "watch "+id))
		return exit(exitInterrupted)
	}
	fmt.Fprintf(e.err, "No more trials are started; what runs has %s (Ctrl-C again ends it now).\n", interruptGrace)
	own.drain()
	select {
	case <-own.idle:
	case <-signals:
	case <-time.After(interruptGrace):
	}
	signal.Stop(signals)
	own.end(time.Second)
	fmt.Fprintf(e.err, "Stopped; nothing is lost. Go on with: %s\n", commandLine(e, "run --resume "+id))
	return exit(exitInterrupted)
}
