package main

import "github.com/sweepd/sweepd/api/client"

// pauseCmd is the verb pause.
type pauseCmd struct{ orderFlags }

// Run starts no more trials; what runs goes on.
func (c *pauseCmd) Run(e *env) error { return c.give(e, client.Pause, nil) }
