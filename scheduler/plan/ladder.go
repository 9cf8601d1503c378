package plan

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

// rung takes one step down the ladder of memory: the parameters of the next
// attempt, made from those of the attempt that ran out. Only parameters that
// are passed anyway change; values may leave the space. nil with a reason when
// the ladder has no step left. The expressions were checked at submission: one
// that does not compile here reads a parameter which this trial does not have.
func rung(rule *spec.OnOOM, params search.Point, taken int) (search.Point, string, error) {
	if taken >= rule.Times {
		return nil, fmt.Sprintf("on_oom was applied %d times, its limit", taken), nil
	}
	scope, vars := paramScope(params)
	if rule.While != "" {
		goes := false
		if prog, err := expr.Compile(rule.While, scope); err == nil {
			if goes, err = prog.Bool(vars); err != nil {
				return nil, "", err
			}
		}
		if !goes {
			return nil, fmt.Sprintf("on_oom goes on only while %s", rule.While), nil
		}
	}
	next := maps.Clone(params)
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(rule.Set)) {
		old, passed := params[name]
		if !passed || old == nil {
			continue
		}
		prog, err := expr.Compile(rule.Set[name], scope)
		if err != nil {
			continue
		}
		val, err := prog.Eval(vars)
		if errors.Is(err, expr.ErrInactive) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		if val = like(old, val); val != old {
			next[name] = val
			changed = append(changed, fmt.Sprintf("%s %v -> %v", name, old, val))
		}
	}
	if len(changed) == 0 {
		return nil, "on_oom changes nothing that this trial is given", nil
	}
	return next, "out of memory: " + strings.Join(changed, ", "), nil
}

// like gives val the type of old where nothing is lost: a whole float for an
// integer parameter becomes an integer, an integer for a float a float.
func like(old, val any) any {
	switch old.(type) {
	case int64:
		if f, ok := val.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int64(f)
		}
	case float64:
		if i, ok := val.(int64); ok {
			return float64(i)
		}
	}
	return val
}

// paramScope is the scope of a trial: its parameters by name, and all of them,
// the oddly named ones too, in p.
func paramScope(params search.Point) (expr.Scope, map[string]any) {
	vars := make(map[string]any, len(params)+1)
	for name, val := range params {
		if val != nil {
			vars[name] = val
		}
	}
	all := maps.Clone(vars)
	names := slices.Sorted(maps.Keys(params))
	vars["p"] = all
	return expr.Scope{Names: names, Maps: []string{"p"}}, vars
}
