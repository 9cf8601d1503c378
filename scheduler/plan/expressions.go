package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// StageScope is what an expression of a stage may read: stages.NAME.{best,
// trials, output, done, failed}, each.NAME, and the functions best(stage, n) and
// top_values(stage, param, n).
func StageScope() expr.Scope {
	return expr.Scope{
		Maps: []string{"stages", "each"},
		Funcs: map[string]func(...any) (any, error){
			"best":       best,
			"top_values": top,
		},
	}
}

// name and ranked are members of a stage's map that users do not write: the
// functions find the trials by them. ranked is a []*trials.Trial, which an
// expression cannot take apart.
const (
	memberName   = "name"
	memberRanked = "ranked"
)

// stageFacts is what stages.NAME holds.
func stageFacts(v *View, st *Stage) map[string]any {
	all := v.Trials(st.Name)
	ranked := Rank(st.Spec.Objective.Goal, all)
	failed, done := 0, 0
	for _, t := range all {
		switch t.State {
		case trials.Failed:
			failed++
			done++
		case trials.Completed, trials.Stopped, trials.Cancelled:
			done++
		}
	}
	facts := map[string]any{
		memberName: st.Name, memberRanked: ranked,
		"best": nil, "done": int64(done), "failed": int64(failed), "output": nil,
	}
	if len(ranked) > 0 {
		facts["best"] = fact(ranked[0])
	}
	list := make([]any, len(ranked))
	for i, t := range ranked {
		list[i] = fact(t)
	}
	facts["trials"] = list
	if len(st.Output) > 0 {
		var out any
		if json.Unmarshal(st.Output, &out) == nil {
			facts["output"] = out
		}
	}
	return facts
}

// stageVars are the values of StageScope for the stages that an expression
// reads.
func stageVars(v *View, uses []string, each map[string]any) map[string]any {
	stages := map[string]any{}
	for _, name := range stagesIn(uses) {
		if st := v.stage(name); st != nil {
			stages[name] = stageFacts(v, st)
		}
	}
	if each == nil {
		each = map[string]any{}
	}
	return map[string]any{"stages": stages, "each": each}
}

// stagesIn gives the stages named by the paths that an expression reads.
func stagesIn(uses []string) []string {
	var names []string
	for _, path := range uses {
		rest, ok := strings.CutPrefix(path, "stages.")
		if !ok {
			continue
		}
		name, _, _ := strings.Cut(rest, ".")
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func ranked(call string, args []any, n int) ([]*trials.Trial, error) {
	if len(args) != n {
		return nil, fmt.Errorf("%s takes %d arguments, not %d", call, n, len(args))
	}
	m, _ := args[0].(map[string]any)
	ts, ok := m[memberRanked].([]*trials.Trial)
	if !ok {
		return nil, fmt.Errorf("the first argument of %s is a stage: stages.NAME", call)
	}
	return ts, nil
}

func count(call string, arg any) (int, error) {
	n, ok := arg.(int)
	if i, is := arg.(int64); is {
		n, ok = int(i), true
	}
	if !ok || n < 1 {
		return 0, fmt.Errorf("the last argument of %s is a whole number from 1, not %v", call, arg)
	}
	return n, nil
}

func best(args ...any) (any, error) {
	ts, err := ranked("best", args, 2)
	if err != nil {
		return nil, err
	}
	n, err := count("best", args[1])
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, t := range ts[:min(n, len(ts))] {
		out = append(out, fact(t))
	}
	return out, nil
}

func top(args ...any) (any, error) {
	ts, err := ranked("top_values", args, 3)
	if err != nil {
		return nil, err
	}
	param, ok := args[1].(string)
	if !ok {
		return nil, fmt.Errorf("the second argument of top_values is a parameter's name in quotes, not %v", args[1])
	}
	n, err := count("top_values", args[2])
	if err != nil {
		return nil, err
	}
	return topValues(ts, param, n), nil
}

// needs are the stages that must have ended before st opens: those it says,
// else those that its expressions, its space and its ensemble name, else the
// one above.
func needs(v *View, i int) ([]string, error) {
	st := v.Stages[i].Spec
	if len(st.After) > 0 {
		return st.After, nil
	}
	names, err := named(st)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 && i > 0 {
		names = []string{v.Stages[i-1].Name}
	}
	return names, nil
}

func named(st *spec.Stage) ([]string, error) {
	var names []string
	add := func(more ...string) {
		for _, n := range more {
			if n != st.Name && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	for _, src := range []string{st.When, eachExpr(st)} {
		if src == "" {
			continue
		}
		prog, err := expr.Compile(src, StageScope())
		if err != nil {
			return nil, err
		}
		add(stagesIn(prog.Uses())...)
	}
	if st.Narrow != nil {
		add(st.Narrow.Stage)
	}
	add(st.LearnFrom...)
	if st.Ensemble != nil {
		add(st.Ensemble.From...)
	}
	return names, nil
}

func eachExpr(st *spec.Stage) string {
	if st.ForEach == nil {
		return ""
	}
	return st.ForEach.Expr
}

// items evaluates for_each.
func items(v *View, st *spec.Stage) ([]any, error) {
	if st.ForEach.Expr == "" {
		return st.ForEach.Items, nil
	}
	out, err := eval(v, st.ForEach.Expr, nil)
	if err != nil {
		return nil, fmt.Errorf("for_each: %w", err)
	}
	switch list := out.(type) {
	case nil:
		return nil, nil
	case []any:
		return list, nil
	}
	return nil, fault.Invalidf("for_each gives %v, not a list", out).Fix("wrap it in [ ]")
}

func eval(v *View, src string, each map[string]any) (any, error) {
	prog, err := expr.Compile(src, StageScope())
	if err != nil {
		return nil, err
	}
	return prog.Eval(stageVars(v, prog.Uses(), each))
}
