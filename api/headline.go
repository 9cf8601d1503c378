package api

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/trials"
)

// sentence says in one line how good the sweep is and what comes next.
func sentence(sw *trials.Sweep, es []wire.Ensemble) wire.Sentence {
	out := wire.Sentence{Rest: standing(sw)}
	if sw.Best == nil {
		out.Lead = "No result yet"
		if sw.Spec.Objective.Metric == "" {
			out.Lead = fmt.Sprintf("%d of %d done", sw.Counts.Completed, sw.Counts.Created)
		}
		return out
	}
	out.Lead = "Best"
	out.Value = number(sw.Best.Value)
	out.Tail = fmt.Sprintf("%s, trial %d", sw.Spec.Objective.Metric, sw.Best.Trial)
	if len(es) > 0 {
		out.Rest = ensembleClause(es[len(es)-1])
	}
	return out
}

// ensembleClause compares an ensemble with the best single model, on the split
// that neither was chosen on when there is one.
func ensembleClause(e wire.Ensemble) string {
	split := e.Split
	for name := range e.Scores {
		if name != e.Split {
			split = name
		}
	}
	mine, single := e.Scores[split], e.BestSingle.Scores[split]
	who := thousands(len(e.Members)) + " trials together reach"
	if len(e.Members) == 1 {
		who = "One trial alone reaches"
	}
	text := fmt.Sprintf("%s %s %s on %s", who, number(mine), e.Metric, split)
	if single != 0 && !math.IsNaN(single) {
		text += fmt.Sprintf(", %s the best single's %s", change(mine, single), number(single))
	}
	return text + "."
}

func change(mine, single float64) string {
	percent := 100 * (mine - single) / math.Abs(single)
	if percent < 0 {
		return fmt.Sprintf("%.0f %% below", -percent)
	}
	return fmt.Sprintf("%.0f %% above", percent)
}

// standing is where a sweep without a result to boast of stands.
func standing(sw *trials.Sweep) string {
	c := sw.Counts
	switch sw.State {
	case trials.SweepPaused:
		return strings.TrimSuffix("Paused: "+sw.Why, ".") + "."
	case trials.SweepFailed, trials.SweepCancelled:
		return strings.TrimSuffix(strings.TrimSpace(fmt.Sprintf("The sweep %s. %s", past[sw.State], sw.Why)), ".") + "."
	case trials.SweepFinished:
		return fmt.Sprintf("%d trials, all done.", c.Created)
	}
	if c.Running == 0 && c.Queued > 0 {
		return fmt.Sprintf("%d trials wait for a worker.", c.Queued)
	}
	return fmt.Sprintf("%d trials run, %d have ended.", c.Running, c.Created-c.Open())
}

var past = map[trials.SweepState]string{trials.SweepFailed: "failed", trials.SweepCancelled: "was cancelled"}

// facts are the counters of the line below the sentence. What is zero and would
// say nothing is left out.
func facts(sw *trials.Sweep, saved wire.Saved) []wire.Fact {
	c := sw.Counts
	out := []wire.Fact{{Value: string(sw.State), Label: "", Kind: "state"}}
	out = append(out, wire.Fact{Value: thousands(c.Created - c.Open()), Label: "of " + thousands(max(plannedTrials(sw), c.Created)) + " trials"})
	for _, f := range []struct {
		n     int
		label string
	}{{c.Running, "running"}, {c.Queued, "queued"}, {c.Completed, "completed"}, {c.Stopped, "stopped early"}, {c.Failed, "failed"}, {c.Cancelled, "cancelled"}} {
		if f.n > 0 {
			out = append(out, wire.Fact{Value: thousands(f.n), Label: f.label, Kind: f.label})
		}
	}
	if saved.Resource > 0 && saved.Of > 0 {
		out = append(out, wire.Fact{
			Value: thousands(int(saved.Resource)), Kind: "saved",
			Label: fmt.Sprintf("of %s %s saved by early stopping", thousands(int(saved.Of)), saved.Unit),
		})
	}
	if c.Seconds > 0 {
		out = append(out, wire.Fact{Value: duration(c.Seconds), Label: "of trial time"})
	}
	return out
}

func plannedTrials(sw *trials.Sweep) int { return sw.Spec.Budget.Trials }

// number writes a value as people compare it: four significant digits, more
// when it is large.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) >= 1e4 {
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	if v != 0 && math.Abs(v) < 1e-3 {
		return strconv.FormatFloat(v, 'e', 3, 64)
	}
	return strconv.FormatFloat(v, 'f', 4, 64)
}

// thousands separates groups of three by a thin space.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u2009" + s[i:]
	}
	return s
}

func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", seconds)
	case d < time.Hour:
		return fmt.Sprintf("%.1f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
