package plan

import (
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// Wall is the rule named by verdicts of a sweep whose time is up.
const Wall = "wall"

// timeIsUp cancels what has not started, and with at_end: stop asks what runs
// to stop.
func timeIsUp(v *View) []Action {
	const why = "the time of the sweep is up"
	var as []Action
	for _, l := range v.Open() {
		switch l.State {
		case trials.AttemptHeld, trials.AttemptQueued:
			as = append(as, Cancel{Trial: l.Trial.No, Number: l.Trial.Number, Attempts: l.Trial.Attempts, Why: why})
		case trials.AttemptLive:
			if v.Sweep.Spec.Budget.AtEnd == "finish" || l.Asked {
				continue
			}
			as = append(as, Stop{
				Trial: l.Trial.No, Number: l.Trial.Number, Attempt: l.Trial.Attempts,
				Verdict: search.Verdict{Trial: l.Trial.Number, Stop: true, Rule: Wall, Resource: float64(l.Trial.Resource)},
			})
		}
	}
	return as
}
