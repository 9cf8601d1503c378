package main

import "github.com/sweepd/sweepd/api/client"

// cancelCmd is the verb cancel.
type cancelCmd struct {
	orderFlags
	Trials []int64 `arg:"" optional:"" help:"Numbers of trials; the whole sweep when there are none."`
}

// Run ends a sweep, or the trials named, for good.
func (c *cancelCmd) Run(e *env) error { return c.give(e, client.Cancel, c.Trials) }
