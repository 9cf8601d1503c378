package api

import (
	"fmt"
	"math"
	"strings"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/ensemble"
	"github.com/sweepd/sweepd/trials"
)

// sentence says in one line how good a sweep is and how it stands. What keeps a
// sweep from going on comes before any boast.
func sentence(sw *trials.Sweep, es []wire.Ensemble) wire.Sentence {
	out := wire.Sentence{Rest: standing(sw)}
	if len(es) > 0 && sw.State != trials.SweepPaused && sw.State != trials.SweepFailed {
		out.Rest = together(es[len(es)-1])
	}
	switch {
	case sw.Best != nil:
		out.Lead, out.Value = "Best", number(sw.Best.Value)
		out.Tail = fmt.Sprintf("%s, trial %d", sw.Spec.Objective.Metric, sw.Best.Trial)
	case sw.Spec.Objective.Metric == "":
		out.Lead = thousands(sw.Counts.Completed) + " of " + count(max(sw.Counts.Created, sw.Spec.Budget.Trials), "trial") + " done"
	default:
		out.Lead = "No result yet"
		if sw.State.Ended() {
			out.Lead = "No result"
		}
	}
	return out
}

// standing is where a sweep stands, as a sentence.
func standing(sw *trials.Sweep) string {
	c := sw.Counts
	switch sw.State {
	case trials.SweepPaused:
		return because("Paused", sw.Why)
	case trials.SweepFailed:
		return because("The sweep failed", sw.Why)
	case trials.SweepCancelled:
		return because("The sweep was cancelled", sw.Why)
	case trials.SweepFinished:
		return finished(c)
	}
	ended := c.Created - c.Open()
	var text string
	switch {
	case c.Running > 0:
		text = count(c.Running, "trial") + " " + verb(c.Running, "runs", "run")
	case c.Queued > 0:
		text = count(c.Queued, "trial") + " " + verb(c.Queued, "waits", "wait") + " for a worker"
	case ended > 0:
		return count(ended, "trial") + " " + verb(ended, "has", "have") + " ended, the next are being chosen."
	default:
		return "The first trials are being chosen."
	}
	if ended > 0 {
		text += ", " + thousands(ended) + " " + verb(ended, "has", "have") + " ended"
	}
	return text + "."
}

// finished tells how the trials of a finished sweep ended.
func finished(c trials.Counts) string {
	if c.Created == 0 {
		return "Finished without a trial."
	}
	text := "All done: " + count(c.Created, "trial")
	var ends []string
	for _, e := range []struct {
		n    int
		what string
	}{{c.Stopped, "stopped early"}, {c.Failed, "failed"}, {c.Cancelled, "cancelled"}} {
		if e.n > 0 {
			ends = append(ends, thousands(e.n)+" "+e.what)
		}
	}
	if len(ends) > 0 {
		text += ", of which " + strings.Join(ends, ", ")
	}
	return text + "."
}

// because joins what happened and why.
func because(what, why string) string {
	if why = strings.TrimRight(strings.TrimSpace(why), "."); why == "" {
		return what + "."
	}
	return what + ": " + why + "."
}

// together compares an ensemble with the best single model, on the split that
// neither was chosen on when there is one.
func together(e wire.Ensemble) string {
	split := e.Split
	for name := range e.Scores {
		if name != e.Split {
			split = name
		}
	}
	what := fmt.Sprintf("%s %s on %s", lossName(e.Metric), number(e.Scores[split]), split)
	if len(e.Members) == 1 {
		return fmt.Sprintf("No ensemble beats trial %d alone: %s.", e.Members[0].Trial, what)
	}
	text := count(len(e.Members), "trial") + " together reach " + what
	if single, ok := e.BestSingle.Scores[split]; ok {
		text += ", " + against(e.Scores[split], single) + " the best single model's " + number(single)
	}
	return text + "."
}

// lossName is what the scores of an ensemble are called: all of them are losses.
func lossName(metric string) string {
	if metric == string(ensemble.Accuracy) {
		return "an error rate of"
	}
	return metric
}

// against says how a loss compares with another.
func against(mine, other float64) string {
	percent := 100 * (other - mine) / math.Abs(other)
	switch size := math.Abs(percent); {
	case mine == other:
		return "as good as"
	case math.IsNaN(percent) || math.IsInf(percent, 0):
		return "against"
	case size < 0.05:
		return "about as good as"
	case size < 10:
		return fmt.Sprintf("%.1f %% %s than", size, betterOrWorse(percent))
	default:
		return fmt.Sprintf("%.0f %% %s than", size, betterOrWorse(percent))
	}
}

func betterOrWorse(gain float64) string {
	if gain > 0 {
		return "better"
	}
	return "worse"
}

// facts are the counters of the line below the sentence. What is zero and would
// say nothing is left out.
func facts(sw *trials.Sweep, saved wire.Saved) []wire.Fact {
	c := sw.Counts
	out := []wire.Fact{{Value: string(sw.State), Kind: "state"}}
	out = append(out, wire.Fact{Value: thousands(c.Created - c.Open()), Label: "of " + count(max(sw.Spec.Budget.Trials, c.Created), "trial")})
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
