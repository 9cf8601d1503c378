package main

import (
	"fmt"
	"io"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// lsCmd is the verb ls.
type lsCmd struct {
	State string `help:"Only sweeps in this state: running, paused, finished, failed, cancelled." enum:",running,paused,finished,failed,cancelled" default:""`
	Name  string `help:"Only sweeps whose name contains this."`
	Limit int    `help:"How many at most." short:"n" default:"20"`
}

// Run lists sweeps.
func (c *lsCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	list, err := cl.Sweeps(e.ctx, wire.ListSweepsParams{State: wire.SweepState(c.State), Name: c.Name, Limit: int64(c.Limit)})
	if err != nil {
		return err
	}
	return e.print(list, func(w io.Writer) {
		if len(list.Sweeps) == 0 {
			fmt.Fprintln(e.err, "No sweeps. Start one with: sweepd run sweep.yaml")
			return
		}
		now := time.Now()
		rows := [][]string{{"ID", "NAME", "STATE", "DONE", "RUNNING", "FAILED", "BEST", "AGE"}}
		for _, s := range list.Sweeps {
			rows = append(rows, []string{s.ID, s.Name, string(s.State), done(s), fmt.Sprint(s.Counts.Running), fmt.Sprint(s.Counts.Failed), bestOf(s), age(s.Created, now)})
		}
		table(w, rows...)
		if list.Next != "" {
			fmt.Fprintf(e.err, "There are more: sweepd ls -n %d\n", 5*c.Limit)
		}
	})
}

// done is how many trials have ended, of how many there will be at most.
func done(s wire.Sweep) string {
	ended := s.Counts.Created - s.Counts.Queued - s.Counts.Running
	if s.Planned == 0 {
		return fmt.Sprint(ended)
	}
	return fmt.Sprintf("%d/%d", ended, s.Planned)
}

// bestOf is the best value with its metric, "" before there is one.
func bestOf(s wire.Sweep) string {
	if s.Best.Trial == 0 {
		return ""
	}
	v := s.Best.Value
	return s.Metric + " " + number(&v)
}
