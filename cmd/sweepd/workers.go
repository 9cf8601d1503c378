package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
)

// workersCmd is the verb workers.
type workersCmd struct {
	Ls    workersLsCmd    `cmd:"" default:"withargs" help:"List the workers seen in the last day."`
	Wait  workersWaitCmd  `cmd:"" help:"Wait until so many workers are there."`
	Drain workersDrainCmd `cmd:"" help:"Tell a worker to take no more trials."`
}

type workersLsCmd struct{}

// freshWorker is how long a worker may be silent and still count as there.
const freshWorker = 90 * time.Second

// Run lists workers.
func (c *workersLsCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	list, err := cl.Workers(e.ctx)
	if err != nil {
		return err
	}
	return e.print(list, func(w io.Writer) {
		if len(list.Workers) == 0 {
			fmt.Fprintln(e.err, "No workers. Start one with: sweepd worker --server", cl.Base())
			return
		}
		now := time.Now()
		rows := [][]string{{"ID", "HOST", "SLOTS", "BUSY", "CPU", "GPUS", "STATE", "SEEN"}}
		for _, x := range list.Workers {
			rows = append(rows, []string{x.ID, x.Host, fmt.Sprint(x.Slots), fmt.Sprint(len(x.Held)), fmt.Sprintf("%g", x.CPU), fmt.Sprint(len(x.Devices)), workerState(x, now), age(x.Seen, now) + " ago"})
		}
		table(w, rows...)
	})
}

func workerState(x wire.Worker, now time.Time) string {
	switch {
	case now.Sub(x.Seen) > freshWorker:
		return "gone"
	case x.Drain:
		return "draining"
	case x.Warm:
		return "warm"
	}
	return "ready"
}

type workersWaitCmd struct {
	N       int           `arg:"" help:"How many."`
	Warm    bool          `help:"Their runners must have imported what they need, too."`
	Timeout time.Duration `help:"Give up after this long; exit code 9." default:"60s"`
}

// workerPoll is how often the list is read while waiting.
const workerPoll = 200 * time.Millisecond

// Run waits.
func (c *workersWaitCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(e.ctx, c.Timeout)
	defer cancel()
	there, err := c.await(ctx, cl)
	switch {
	case ctx.Err() != nil && e.ctx.Err() == nil:
		return fault.Unavailablef("%d of %s are there after %s", len(there), count(c.N, "worker"), c.Timeout).Fix("sweepd workers ls shows them")
	case err != nil:
		return err
	}
	return e.print(wire.WorkerList{Workers: there}, func(w io.Writer) {
		fmt.Fprintf(w, "%s there\n", count(len(there), "worker"))
	})
}

// await reads the list until enough workers are there. A server that is not up
// yet is waited for.
func (c *workersWaitCmd) await(ctx context.Context, cl *client.Client) ([]wire.Worker, error) {
	var there []wire.Worker
	for {
		list, err := cl.Workers(ctx)
		if err != nil && !fault.Is(err, fault.Unavailable) {
			return there, err
		}
		there = there[:0]
		for _, x := range list.Workers {
			if time.Since(x.Seen) <= freshWorker && !x.Drain && (x.Warm || !c.Warm) {
				there = append(there, x)
			}
		}
		if err == nil && len(there) >= c.N || !pause(ctx, workerPoll) {
			return there, ctx.Err()
		}
	}
}

type workersDrainCmd struct {
	Worker string `arg:"" help:"Id, or the start of one."`
	Undo   bool   `help:"Let it take trials again."`
}

// Run drains.
func (c *workersDrainCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	list, err := cl.Workers(e.ctx)
	if err != nil {
		return err
	}
	id, err := unique(c.Worker, list.Workers)
	if err != nil {
		return err
	}
	if err := cl.Drain(e.ctx, id, !c.Undo); err != nil {
		return err
	}
	return e.print(map[string]any{"worker": id, "drain": !c.Undo}, func(w io.Writer) {
		if c.Undo {
			fmt.Fprintf(w, "%s takes trials again\n", id)
			return
		}
		fmt.Fprintf(w, "%s takes no more trials; what runs goes on\n", id)
	})
}

// unique is the only worker whose id begins with text.
func unique(text string, workers []wire.Worker) (string, error) {
	var found, ids []string
	for _, x := range workers {
		ids = append(ids, x.ID)
		if x.ID == text {
			return text, nil
		}
		if len(text) > 0 && len(x.ID) > len(text) && x.ID[:len(text)] == text {
			found = append(found, x.ID)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fault.NotFoundf("there is no worker %s", text).Fix("%s", fault.DidYouMean(text, ids))
	}
	return "", fault.Conflictf("%s begins the ids of %s", text, count(len(found), "worker")).Fix("write more of it")
}
