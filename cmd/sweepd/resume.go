package main

import "github.com/sweepd/sweepd/api/client"

// resumeCmd is the verb resume.
type resumeCmd struct{ orderFlags }

// Run goes on with a paused sweep.
func (c *resumeCmd) Run(e *env) error { return c.give(e, client.Resume, nil) }
