package main

import (
	"fmt"
	"io"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

// orderFlags are the flags of the verbs that give a sweep an order: pause,
// resume, cancel, retry.
type orderFlags struct {
	Sweep string `arg:"" help:"Id, a unique prefix of it, or @last."`
	Why   string `help:"The reason, kept with the decision." placeholder:"TEXT"`
}

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
