package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

// topRows is how much of the leaderboard a finished run prints.
const topRows = 10

// What serve listens on and where it keeps its data when it is not told; the
// flags' tags say the same.
const (
	defaultAddr = "127.0.0.1:8080"
	usualDir    = ".sweepd"
)

// finish prints what a sweep came to and gives the exit code as an error. s is
// the server that ends with this process, nil when another one stays. slots is
// what this process worked with from the first trial on, else 0.
func finish(e *env, cl *client.Client, id string, s *server, slots int) error {
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
		fmt.Fprintf(e.out, "\n%s\n", again(e, cl, id, s))
	}
	if n := firstFailed(o.Top); s == nil && n != "" && o.Sweep.State != wire.SweepStateFinished {
		fmt.Fprintf(e.err, "What trial %s printed: %s\n", n, commandLine(e, "logs "+id+"/"+n))
	}
	switch o.Sweep.State {
	case wire.SweepStatePaused:
		fmt.Fprintf(e.err, "Paused: %s\nGo on with: %s\n", o.Sweep.Why, commandLine(e, "run --resume "+o.Sweep.ID))
		return exit(exitPaused)
	case wire.SweepStateFailed, wire.SweepStateCancelled:
		fmt.Fprintf(e.err, "The sweep %s: %s\n", o.Sweep.State, o.Sweep.Why)
		return exit(exitFailed)
	}
	return nil
}

// firstFailed is the number of the first failed trial among the rows, "" when
// none has failed.
func firstFailed(t wire.TrialColumns) string {
	for i := range int(t.Rows) {
		if cellText(t, "state", i) == string(wire.TrialStateFailed) {
			return cellText(t, "number", i)
		}
	}
	return ""
}

// again says where the sweep can be looked at from now on.
func again(e *env, cl *client.Client, id string, s *server) string {
	if s == nil {
		return "It stays at " + pageOf(cl, id)
	}
	return "Look at it again: " + commandLine(e, "serve") + "\nand open http://" + defaultAddr + "/s/" + id
}

func pageOf(cl *client.Client, id string) string { return cl.Base() + "/s/" + id }

// commandLine is a command to paste: this program as it was called, with the
// data directory when that is not the one it would take by itself.
func commandLine(e *env, verb string) string {
	text := os.Args[0] + " " + verb
	if usual, err := filepath.Abs(usualDir); err == nil && e.Dir != usual && e.getenv("SWEEPD_DIR") == "" {
		text += " --dir " + e.Dir
	}
	return text
}

// report is a finished sweep as text. slots is what the overhead refers to; 0
// leaves it out.
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
	fmt.Fprintf(w, "; %s\n", count(c.Attempts, "attempt"))
	if o.Saved.Resource > 0 {
		fmt.Fprintf(w, "early stopping saved %.0f of %.0f %s (%.0f %%)\n", o.Saved.Resource, o.Saved.Of, o.Saved.Unit, 100*o.Saved.Resource/o.Saved.Of)
	}
	wall := time.Duration(o.Now * float64(time.Second))
	fmt.Fprintf(w, "wall time %s, trial time %s", wall.Round(100*time.Millisecond), time.Duration(c.Seconds*float64(time.Second)).Round(100*time.Millisecond))
	if slots > 0 && c.Seconds > 0 && sw.State == wire.SweepStateFinished {
		fmt.Fprintf(w, " on %s, overhead %.1f %%", count(slots, "slot"), 100*(wall.Seconds()*float64(slots)/c.Seconds-1))
	}
	fmt.Fprintln(w)
}

func say(s wire.Sentence) string {
	head := strings.Join(slices.DeleteFunc([]string{s.Lead, s.Value, s.Tail}, func(t string) bool { return t == "" }), " ")
	return strings.TrimSuffix(head+". "+s.Rest, ". ")
}

// leaderboard prints the top rows with the parameters that any of them has.
func leaderboard(w io.Writer, o wire.Overview) {
	if o.Top.Rows == 0 || o.Sweep.Best.Trial == 0 && o.Sweep.Metric != "" {
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
	fmt.Fprintf(t, "trial\tstage\tstate\t%s\treports\tparameters\n", o.Sweep.Metric)
	for i := range int(o.Top.Rows) {
		value := cmp.Or(valueText(o.Top, "value", i), valueText(o.Top, "best", i))
		var ps []string
		for _, n := range names {
			if v := cellText(o.Top, n, i); v != "" {
				ps = append(ps, strings.TrimPrefix(n, "params.")+"="+v)
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", cellText(o.Top, "number", i), cellText(o.Top, "stage", i), stateWord(cellText(o.Top, "state", i)), value, cellText(o.Top, "resource", i), strings.Join(ps, " "))
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
			fmt.Fprintf(w, "%s left no predictions and could not be considered\n", count(en.Missing, "trial"))
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
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatFloat(v, 'f', 0, 64)
		}
		return fmt.Sprintf("%.5g", v)
	default:
		return fmt.Sprint(v)
	}
}

// valueText is a cell of a column of results, which are compared: with the same
// number of decimals in every row.
func valueText(t wire.TrialColumns, column string, row int) string {
	text := cellText(t, column, row)
	if text == "" {
		return ""
	}
	v, ok := (*t.Values[slices.Index(t.Columns, column)][row]).(float64)
	if size := math.Abs(v); !ok || v != 0 && size < 1e-3 || !(size < 100) {
		return text
	}
	return strconv.FormatFloat(v, 'f', 5, 64)
}
