package main

import (
	"fmt"
	"io"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

// orderFlags are the flags of the verbs that give a sweep an order.
type orderFlags struct {
	Sweep string `arg:"" help:"Id, a unique prefix of it, or @last."`
	Why   string `help:"The reason, kept with the decision." placeholder:"TEXT"`
}

// pauseCmd is the verb pause.
type pauseCmd struct{ orderFlags }

// resumeCmd is the verb resume.
type resumeCmd struct{ orderFlags }

// cancelCmd is the verb cancel.
type cancelCmd struct {
	orderFlags
	Trials []int64 `arg:"" optional:"" help:"Numbers of trials; the whole sweep when there are none."`
}

// retryCmd is the verb retry.
type retryCmd struct {
	orderFlags
	Trials []int64 `arg:"" optional:"" help:"Numbers of failed trials; all of them when there are none."`
}

// Run pauses.
func (c *pauseCmd) Run(e *env) error { return c.give(e, client.Pause, nil) }

// Run resumes.
func (c *resumeCmd) Run(e *env) error { return c.give(e, client.Resume, nil) }

// Run cancels.
func (c *cancelCmd) Run(e *env) error { return c.give(e, client.Cancel, c.Trials) }

// Run retries.
func (c *retryCmd) Run(e *env) error { return c.give(e, client.Retry, c.Trials) }

// give sends an order and says how the sweep stands then.
func (c orderFlags) give(e *env, o client.Order, numbers []int64) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	sw, err := cl.Command(e.ctx, c.Sweep, o, wire.Order{Why: c.Why, Trials: numbers})
	if err != nil {
		return err
	}
	return e.print(sw, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s\n", sw.ID, sw.State)
		fmt.Fprintln(w, describe(sw))
	})
}
