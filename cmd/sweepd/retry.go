package main

import "github.com/sweepd/sweepd/api/client"

// retryCmd is the verb retry.
type retryCmd struct {
	orderFlags
	Trials []int64 `arg:"" optional:"" help:"Numbers of failed trials; all of them when there are none."`
}

// Run queues failed trials again.
func (c *retryCmd) Run(e *env) error { return c.give(e, client.Retry, c.Trials) }
