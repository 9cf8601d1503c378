package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
)

// showCmd is the verb show.
type showCmd struct {
	Of   []string `arg:"" optional:"" name:"sweep" help:"Id, a unique prefix of it, or @last; then the number of a trial, if one is meant. ID/7 says both."`
	Top  int      `help:"Rows of the leaderboard." short:"n" default:"10"`
	Spec bool     `help:"The resolved sweep file, every default filled in, as JSON."`
}

// Run shows a sweep, or one of its trials.
func (c *showCmd) Run(e *env) error {
	id, trial, err := subject(c.Of, false)
	if err != nil {
		return err
	}
	cl, err := e.client()
	if err != nil {
		return err
	}
	switch {
	case trial > 0:
		return showTrial(e, cl, id, trial)
	case c.Spec:
		return showSpec(e, cl, id)
	}
	o, err := cl.Overview(e.ctx, id, c.Top)
	if err != nil {
		return err
	}
	return e.print(o, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s  %s\n", o.Sweep.ID, o.Sweep.Name, o.Sweep.State)
		if o.Sweep.Why != "" {
			fmt.Fprintln(w, o.Sweep.Why)
		}
		stages(w, o.Sweep)
		report(w, o, 0)
	})
}

// showSpec prints the resolved spec, JSON in either form of output.
func showSpec(e *env, cl *client.Client, id string) error {
	sw, err := cl.Sweep(e.ctx, id)
	if err != nil {
		return err
	}
	e.Output = "json"
	return e.print(sw.Spec, nil)
}

// stages is a table of a sweep's stages and their branches.
func stages(w io.Writer, s wire.Sweep) {
	rows := [][]string{{"STAGE", "STATE", "TRIALS", "SAMPLER", "EARLY STOPPING", ""}}
	for _, st := range s.Stages {
		trials := ""
		if st.Kind == wire.StageKindSearch {
			trials = of(st.Proposed, st.Budget)
		}
		rows = append(rows, []string{st.Name, string(st.State), trials, st.Sampler, st.EarlyStop, st.Why})
		for _, b := range st.Branches {
			if b.Name != "" {
				rows = append(rows, []string{"  " + b.Name, branchState(b), of(b.Proposed, b.Budget), "", "", ""})
			}
		}
	}
	fmt.Fprintln(w)
	table(w, rows...)
}

func branchState(b wire.Branch) string {
	switch {
	case b.Exhausted:
		return "exhausted"
	case b.Open:
		return "open"
	}
	return "ended"
}

// of is "3/10", or "3" when there is no bound.
func of(n, bound int64) string {
	if bound == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d/%d", n, bound)
}

// showTrial shows one trial with its attempts and why it ended as it did.
func showTrial(e *env, cl *client.Client, id string, number int) error {
	t, err := cl.Trial(e.ctx, id, number)
	if err != nil {
		return err
	}
	return e.print(t, func(w io.Writer) { trial(w, t) })
}

func trial(w io.Writer, t wire.Trial) {
	fmt.Fprintf(w, "trial %d  %s\n", t.Number, stateWord(string(t.State)))
	if t.Reason != "" {
		fmt.Fprintln(w, t.Reason)
	}
	rows := [][]string{{"stage", strings.TrimSuffix(t.Stage+"/"+t.Branch, "/")}, {"proposed by", strings.TrimSpace(t.By + "  " + t.Note)}}
	for _, r := range []struct {
		name string
		v    wire.MaybeNumber
	}{{"value", t.Value}, {"best", t.Best}, {"last", t.Last}} {
		if r.v != nil {
			rows = append(rows, []string{r.name, number(r.v)})
		}
	}
	rows = append(rows, []string{"reports", fmt.Sprint(t.Resource)}, []string{"time", seconds(t.Seconds)}, []string{"seed", t.Seed}, []string{"run", t.Run}, []string{"params", params(t.Params)})
	if t.Proposed != nil {
		rows = append(rows, []string{"proposed", params(t.Proposed)})
	}
	for _, f := range t.Files {
		rows = append(rows, []string{"predictions", fmt.Sprintf("%s, %d rows", f.Name, f.Rows)})
	}
	table(w, rows...)
	if len(t.Attempts) == 0 {
		return
	}
	fmt.Fprintln(w)
	rows = [][]string{{"ATTEMPT", "STATE", "WORKER", "TIME", "PEAK MEMORY", ""}}
	for _, a := range t.Attempts {
		rows = append(rows, []string{fmt.Sprint(a.Number), attemptState(a), a.Worker, took(a), mebibytes(a.Peaks.Rss), ending(a)})
	}
	table(w, rows...)
}

func attemptState(a wire.Attempt) string {
	if a.Verdict != "" {
		return stateWord(a.Verdict)
	}
	return string(a.State)
}

func took(a wire.Attempt) string {
	if a.Started.IsZero() || a.Ended.IsZero() {
		return ""
	}
	return seconds(a.Ended.Sub(a.Started).Seconds())
}

func mebibytes(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// ending is why an attempt ended, with the parameters it ran when they were not
// the trial's.
func ending(a wire.Attempt) string {
	var out []string
	if a.Failure.Class != "" {
		out = append(out, a.Failure.Class+": "+a.Failure.Message)
	}
	if a.StopReason != "" {
		out = append(out, a.StopReason)
	}
	if a.Params != nil {
		out = append(out, "ran with "+params(a.Params))
	}
	return strings.Join(out, "; ")
}

// subject reads what a verb is about: nothing (the last sweep), SWEEP, SWEEP
// TRIAL, SWEEP/TRIAL, or TRIAL alone (of the last sweep).
func subject(args []string, needTrial bool) (sweep string, trial int, err error) {
	if len(args) == 1 {
		if id, number, ok := strings.Cut(args[0], "/"); ok {
			args = []string{id, number}
		} else if _, err := strconv.Atoi(args[0]); err == nil {
			args = []string{"@last", args[0]}
		}
	}
	switch {
	case len(args) > 2:
		return "", 0, fault.Invalidf("%d arguments, and a sweep and a trial are two", len(args))
	case len(args) == 0 && !needTrial:
		return "@last", 0, nil
	case len(args) < 2 && needTrial:
		return "", 0, fault.Invalidf("the number of a trial is missing").Fix("for example @last 7, or s-abc/7")
	case len(args) == 1:
		return args[0], 0, nil
	}
	trial, err = strconv.Atoi(args[1])
	if err != nil || trial < 1 {
		return "", 0, fault.Invalidf("the number of a trial is a whole number from 1, not %q", args[1]).Because(errors.Unwrap(err))
	}
	return args[0], trial, nil
}
