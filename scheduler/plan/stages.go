package plan

import (
	"errors"
	"fmt"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// openStages opens the stages whose turn has come, or skips them.
func openStages(v *View) ([]Action, error) {
	var as []Action
	for i := range v.Stages {
		st := &v.Stages[i]
		if st.State != trials.StageWaiting {
			continue
		}
		ready, err := ready(v, i)
		if err == nil && ready {
			var a OpenStage
			if a, err = open(v, st); err == nil {
				as = append(as, a)
			}
		}
		if err != nil {
			return as, &StageError{Stage: st.No, Name: st.Name, Line: st.Spec.Line, Err: err}
		}
	}
	return as, nil
}

// ready tells whether the stages that stage i waits for have ended.
func ready(v *View, i int) (bool, error) {
	names, err := needs(v, i)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		st := v.stage(name)
		if st == nil {
			return false, fault.Invalidf("there is no stage %q", name).Fix("%s", fault.DidYouMean(name, stageNames(v)))
		}
		if !st.State.Ended() {
			return false, nil
		}
	}
	return true, nil
}

func open(v *View, st *Stage) (OpenStage, error) {
	a := OpenStage{Stage: st.No, Name: st.Name}
	skip := func(format string, args ...any) (OpenStage, error) {
		a.Skip, a.Why = true, fmt.Sprintf(format, args...)
		return a, nil
	}
	if v.over() && st.Spec.Kind != spec.EnsembleStage {
		return skip("the time of the sweep is up")
	}
	if st.Spec.When != "" {
		goes, err := when(v, st.Spec.When)
		if err != nil {
			return a, fmt.Errorf("when: %w", err)
		}
		if !goes {
			return skip("when is false: %s", st.Spec.When)
		}
	}
	if st.Spec.Kind == spec.EnsembleStage {
		return a, nil
	}
	each := []map[string]any{nil}
	if st.Spec.ForEach != nil {
		list, err := items(v, st.Spec)
		if err != nil {
			return a, err
		}
		if len(list) == 0 {
			return skip("for_each gives no item")
		}
		each = each[:0]
		for _, item := range list {
			each = append(each, map[string]any{st.Spec.ForEach.Name: item})
		}
	}
	a.Budget = stageBudget(v, st)
	if a.Budget < 0 {
		return skip("the sweep's budget of %d trials is spent", v.Sweep.Spec.Budget.Trials)
	}
	for _, e := range each {
		b, err := newBranch(v, st, e)
		if err != nil {
			if b.Name != "" {
				err = fmt.Errorf("branch %s: %w", b.Name, err)
			}
			return a, err
		}
		a.Branches = append(a.Branches, b)
	}
	return a, share(&a, st.Spec.Budget)
}

func when(v *View, src string) (bool, error) {
	out, err := eval(v, src, nil)
	if errors.Is(err, expr.ErrInactive) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	goes, ok := out.(bool)
	if !ok {
		return false, fault.Invalidf("%s gives %v, not true or false", src, out)
	}
	return goes, nil
}

// finishStages ends the stages that have nothing left to do, and builds the
// ensembles of those that are open.
func finishStages(v *View) []Action {
	var as []Action
	for i := range v.Stages {
		st := &v.Stages[i]
		switch {
		case st.State != trials.StageOpen:
		case st.Spec.Kind == spec.EnsembleStage:
			if !st.Building {
				as = append(as, BuildEnsemble{Stage: st.No, Name: st.Name})
			}
		case st.Open() == 0 && st.Asking() == 0:
			if state, why, done := outcome(v, st); done {
				as = append(as, FinishStage{Stage: st.No, Name: st.Name, State: state, Proposed: st.Proposed, Why: why})
			}
		}
	}
	return as
}

// outcome tells whether an idle stage is done, and how.
func outcome(v *View, st *Stage) (trials.StageState, string, bool) {
	if v.over() {
		return trials.StageFinished, "the time of the sweep is up", true
	}
	if room(v, st) == 0 {
		return trials.StageFinished, "", true
	}
	for i := range st.Branches {
		if !st.Branches[i].Exhausted {
			return "", "", false
		}
	}
	if st.All && st.Budget == 0 {
		return trials.StageFinished, "", true
	}
	why := fmt.Sprintf("the space has no more points: %d trials", st.Proposed)
	if st.Budget > 0 {
		why = fmt.Sprintf("the space has no more points: %d of %d trials", st.Proposed, st.Budget)
	}
	return trials.StageExhausted, why, true
}

func stageNames(v *View) []string {
	var names []string
	for i := range v.Stages {
		names = append(names, v.Stages[i].Name)
	}
	return names
}
