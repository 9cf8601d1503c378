package main

import (
	"fmt"
	"io"
)

// submitCmd is the verb submit.
type submitCmd struct {
	fileFlags
	Watch bool   `help:"Follow the sweep to its end." short:"w"`
	Key   string `help:"Idempotency key: the same again gives the sweep made first." placeholder:"KEY"`
}

// Run checks the file here, freezes its directory on the server, and submits.
func (c *submitCmd) Run(e *env) error {
	sub, _, warnings, err := submission(c.File, c.Set, c.Smoke)
	warn(e.err, warnings)
	if err != nil {
		return err
	}
	cl, err := e.client()
	if err != nil {
		return err
	}
	if err := upload(e.ctx, cl, &sub); err != nil {
		return err
	}
	if c.Key == "" {
		c.Key = newRunID()
	}
	sw, err := cl.Submit(e.ctx, sub, c.Key)
	if err != nil {
		return err
	}
	if c.Watch {
		return follow(e, cl, sw)
	}
	return e.print(sw, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s\n", sw.ID, sw.Name)
		fmt.Fprintf(e.err, "Follow it with: sweepd watch %s, or at %s/s/%s\n", sw.ID, cl.Base(), sw.ID)
	})
}
