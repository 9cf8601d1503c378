package plan

import (
	"fmt"
	"strings"

	"github.com/sweepd/sweepd/trials"
)

// StageError is a stage that cannot be opened: an expression of it is wrong for
// the results that came, or its space is empty. The sweep ends with it.
type StageError struct {
	Stage int64
	Name  string
	Line  int // in the sweep file, 0 when it has none
	Err   error
}

func (e *StageError) Error() string { return "stage " + e.Name + ": " + e.Why() }

// Why is the error for a place that names the stage already.
func (e *StageError) Why() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	place := fmt.Sprintf("stage %s (line %d): ", e.Name, e.Line)
	return fmt.Sprintf("line %d: %s", e.Line, strings.TrimPrefix(e.Err.Error(), place))
}

// Unwrap gives the cause.
func (e *StageError) Unwrap() error { return e.Err }

// Next gives what is to be done now. The same view gives the same actions, and
// none of them again once they are applied. With a StageError the actions that
// do not concern that stage are given too. O(branches + verdicts + trials that
// wait for a decision); a stage that opens reads its predecessors' trials once.
func Next(v View) ([]Action, error) {
	if v.Sweep.State.Ended() {
		return nil, nil
	}
	var as []Action
	as = append(as, verdicts(&v)...)
	as = append(as, afterFailures(&v)...)
	as = append(as, pauses(&v)...)
	if v.over() {
		as = append(as, timeIsUp(&v)...)
	}
	if v.paused() || pausing(as) {
		return as, nil
	}
	opened, err := openStages(&v)
	as = append(as, opened...)
	if !v.over() {
		as = append(as, asks(&v)...)
	}
	as = append(as, finishStages(&v)...)
	return append(as, finishSweep(&v)...), err
}

// verdicts delivers what the stoppers judged. Stops are delivered while the
// sweep is paused too: they free devices.
func verdicts(v *View) []Action {
	var as []Action
	for _, j := range v.Verdicts {
		if j.Stop {
			as = append(as, Stop{Trial: j.Trial, Number: j.Number, Attempt: j.Attempt, Verdict: j.Verdict})
		} else {
			as = append(as, Record{Trial: j.Trial, Number: j.Number, Verdict: j.Verdict})
		}
	}
	return as
}

func pausing(as []Action) bool {
	for _, a := range as {
		if _, ok := a.(Pause); ok {
			return true
		}
	}
	return false
}

// finishSweep ends a sweep whose stages have all ended.
func finishSweep(v *View) []Action {
	for i := range v.Stages {
		if !v.Stages[i].State.Ended() {
			return nil
		}
	}
	if len(v.Stages) == 0 {
		return nil
	}
	state, why := trials.SweepFinished, ""
	for i := range v.Stages {
		if st := &v.Stages[i]; st.State == trials.StageFailed {
			state, why = trials.SweepFailed, fmt.Sprintf("stage %s: %s", st.Name, st.Why)
			break
		}
	}
	return []Action{FinishSweep{State: state, Why: why}}
}
