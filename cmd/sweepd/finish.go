package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

// topRows is how much of the leaderboard a finished run prints.
const topRows = 10

// finish prints what a sweep came to and gives the exit code as an error.
func finish(e *env, cl *client.Client, id string, slots int) error {
	ctx, cancel := detached(e.ctx)
	defer cancel()
	o, err := cl.Overview(ctx, id, topRows)
	if err != nil {
		return err
	}
	if e.Output == "json" {
		if err := json.NewEncoder(e.out).Encode(o); err != nil {
			return err
		}
	} else {
		report(e.out, o, slots)
		fmt.Fprintf(e.out, "\nsweepd serve shows it all: /s/%s\n", o.Sweep.ID)
	}
	switch o.Sweep.State {
	case wire.SweepStatePaused:
		fmt.Fprintf(e.err, "Paused: %s\nGo on with: sweepd run --resume %s\n", o.Sweep.Why, o.Sweep.ID)
		return exit(exitPaused)
	case wire.SweepStateFailed, wire.SweepStateCancelled:
		fmt.Fprintf(e.err, "The sweep %s: %s\n", o.Sweep.State, o.Sweep.Why)
		return exit(exitFailed)
	}
	return nil
}

// report is a finished sweep as text.
func report(w io.Writer, o wire.Overview, slots int) {
	sw := o.Sweep
	fmt.Fprintf(w, "\n%s\n\n", say(o.Sentence))
	leaderboard(w, o)
	ensembles(w, o)
	c := sw.Counts
	fmt.Fprintf(w, "\n%d trials: %d completed, %d stopped early, %d failed", c.Created, c.Completed, c.Stopped, c.Failed)
	if c.Cancelled > 0 {
		fmt.Fprintf(w, ", %d cancelled", c.Cancelled)
	}
	fmt.Fprintf(w, "; %d attempts\n", c.Attempts)
	if o.Saved.Resource > 0 {
		fmt.Fprintf(w, "early stopping saved %.0f of %.0f %s\n", o.Saved.Resource, o.Saved.Of, o.Saved.Unit)
	}
	wall := time.Duration(o.Now * float64(time.Second))
	fmt.Fprintf(w, "wall time %s, trial time %s", wall.Round(100*time.Millisecond), time.Duration(c.Seconds*float64(time.Second)).Round(100*time.Millisecond))
	if slots > 0 && c.Seconds > 0 {
		fmt.Fprintf(w, ", overhead %.1f %%", 100*(wall.Seconds()*float64(slots)/c.Seconds-1))
	}
	fmt.Fprintln(w)
}

func say(s wire.Sentence) string {
	head := strings.Join(slices.DeleteFunc([]string{s.Lead, s.Value, s.Tail}, func(t string) bool { return t == "" }), " ")
	return head + " - " + s.Rest
}

// leaderboard prints the top rows with the parameters that any of them has.
func leaderboard(w io.Writer, o wire.Overview) {
	if o.Top.Rows == 0 {
		return
	}
	var names []string
	for _, c := range o.Top.Columns {
		if strings.HasPrefix(c, "params.") {
			names = append(names, c)
		}
	}
	sort.Strings(names)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "trial\tstate\t%s\treports\tparameters\n", o.Sweep.Metric)
	for i := range int(o.Top.Rows) {
		value := cellText(o.Top, "value", i)
		if value == "" {
			value = cellText(o.Top, "best", i)
		}
		var ps []string
		for _, n := range names {
			if v := cellText(o.Top, n, i); v != "" {
				ps = append(ps, strings.TrimPrefix(n, "params.")+"="+v)
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", cellText(o.Top, "number", i), stateWord(cellText(o.Top, "state", i)), value, cellText(o.Top, "resource", i), strings.Join(ps, " "))
	}
	t.Flush()
}

func stateWord(s string) string {
	if s == "stopped" {
		return "stopped early"
	}
	return s
}

// ensembles prints each ensemble beside the best single model.
func ensembles(w io.Writer, o wire.Overview) {
	for _, en := range o.Ensembles {
		var splits []string
		for s := range en.Scores {
			splits = append(splits, s)
		}
		sort.Slice(splits, func(i, j int) bool {
			return (splits[i] == en.Split) != (splits[j] == en.Split) && splits[i] == en.Split
		})
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(t, "\n%s\t", en.Metric)
		for _, s := range splits {
			fmt.Fprintf(t, "%s\t", s)
		}
		fmt.Fprintf(t, "\nbest single (trial %d)\t", en.BestSingle.Trial)
		for _, s := range splits {
			fmt.Fprintf(t, "%.4f\t", en.BestSingle.Scores[s])
		}
		fmt.Fprintf(t, "\nensemble of %d trials\t", len(en.Members))
		for _, s := range splits {
			fmt.Fprintf(t, "%.4f\t", en.Scores[s])
		}
		fmt.Fprintln(t)
		t.Flush()
		if en.Missing > 0 {
			fmt.Fprintf(w, "%d trials left no predictions\n", en.Missing)
		}
	}
}

// cellText is one cell of a table as text, "" when it is empty.
func cellText(t wire.TrialColumns, column string, row int) string {
	i := slices.Index(t.Columns, column)
	if i < 0 || row >= len(t.Values[i]) || t.Values[i][row] == nil {
		return ""
	}
	switch v := (*t.Values[i][row]).(type) {
	case float64:
		return fmt.Sprintf("%.5g", v)
	default:
		return fmt.Sprint(v)
	}
}
