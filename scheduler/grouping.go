package scheduler

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

// grouping says which trials early stopping ranks together, and which it
// leaves alone.
type grouping struct {
	name string // parameter whose value is the group; "" for one group
	when string // condition over the parameters; "" is always
	prog map[string]*expr.Program
}

// newStopper makes the stopper of a branch, nil without early stopping. The
// options were checked at submission.
func newStopper(es *spec.EarlyStop) (search.Stopper, *grouping, error) {
	if es == nil {
		return nil, nil, nil
	}
	st, err := search.NewStopper(es.Algorithm, search.StopOptions{Min: es.Min, Max: es.Max, Eta: es.Eta, Grouped: es.Group != "", Await: true})
	return st, &grouping{name: es.Group, when: es.When, prog: map[string]*expr.Program{}}, err
}

// of gives the group of a trial, false when early stopping leaves it alone.
func (g *grouping) of(params search.Point) (string, bool) {
	if g.when != "" && !g.holds(params) {
		return "", false
	}
	if g.name == "" {
		return "", true
	}
	return fmt.Sprint(params[g.name]), true
}

// holds evaluates the condition. One that reads a parameter which the trial
// does not have is false.
func (g *grouping) holds(params search.Point) bool {
	vars := make(map[string]any, len(params)+1)
	names := make([]string, 0, len(params))
	for name, v := range params {
		names = append(names, name)
		if v != nil {
			vars[name] = v
		}
	}
	vars["p"] = map[string]any(params)
	slices.Sort(names)
	key := strings.Join(names, "\x00")
	prog, known := g.prog[key]
	if !known {
		prog, _ = expr.Compile(g.when, expr.Scope{Names: names, Maps: []string{"p"}})
		g.prog[key] = prog
	}
	if prog == nil {
		return false
	}
	ok, err := prog.Bool(vars)
	return err == nil && ok
}
