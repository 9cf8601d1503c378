package main

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

// watchCmd is the verb watch.
type watchCmd struct {
	Sweep string `arg:"" optional:"" default:"@last" help:"Id, a unique prefix of it, or @last."`
}

// Run follows a sweep until it ends or is paused. Ctrl-C ends the watching, not
// the sweep.
func (c *watchCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	sw, err := cl.Sweep(e.ctx, c.Sweep)
	if err != nil {
		return err
	}
	return follow(e, cl, sw)
}

// follow shows a sweep as it goes, then what it came to; the exit code says how
// it ended.
func follow(e *env, cl *client.Client, sw wire.Sweep) error {
	ctx, stop := signal.NotifyContext(e.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := newProgress(e, pageOf(cl, sw.ID))
	if err := p.watch(ctx, cl, sw); err != nil {
		return err
	}
	if ctx.Err() != nil {
		p.clear()
		return exit(exitInterrupted)
	}
	return finish(e, cl, sw.ID, nil, 0)
}
