package spec

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// spaces checks every space that is known now, and what speaks of parameters.
func (b *builder) spaces() {
	for i := range b.spec.Stages {
		s, part := &b.spec.Stages[i], b.parts[i]
		if s.Kind != SearchStage {
			continue
		}
		if s.Space != nil {
			part.space = b.checkSpace(*s.Space, part)
		}
	}
	for i := range b.spec.Stages {
		s, part := &b.spec.Stages[i], b.parts[i]
		if s.Kind == SearchStage {
			b.checkParams(s, part)
		}
	}
}

// checkSpace makes a space of a definition; faults come at their place.
func (b *builder) checkSpace(d search.Definition, part *part) *search.Space {
	space, err := search.NewSpace(d)
	if err == nil && b.feasible(space, part) {
		return space
	} else if err == nil {
		return nil
	}
	f := fault.Of(err)
	if f == nil || len(f.Problems) == 0 {
		b.fail(part.at, "", "%s", err)
		return nil
	}
	for _, q := range f.Problems {
		at, message := part.given.find(q, part.at)
		b.fail(at, q.Hint, "%s", message)
	}
	return nil
}

// inExpression is a problem of an expression as package search words it.
var inExpression = regexp.MustCompile(`^the expression "(?:[^"\\]|\\.)*": (.*), column ([0-9]+)$`)

// find is where a problem of the space stands in the file, and what to say
// there: the exact place of an expression needs no words.
func (g spacePlaces) find(q fault.Problem, otherwise place) (place, string) {
	name := strings.TrimPrefix(q.Where, "space.")
	source := g.conditions[name]
	at, ok := g.values[name]
	if i, is := strings.CutPrefix(q.Where, "constraints["); is {
		if k, err := strconv.Atoi(strings.TrimSuffix(i, "]")); err == nil && k < len(g.constraints) {
			source = g.constraints[k]
			at, ok = source.at, true
		}
	}
	if m := inExpression.FindStringSubmatch(q.Message); m != nil && source != nil && source.kind == stringKind {
		column, _ := strconv.Atoi(m[2])
		return source.within(1, column), plainer(m[1])
	}
	if strings.HasPrefix(q.Message, "the name") {
		at, ok = g.names[name], true
	}
	if !ok {
		at = otherwise
	}
	return at, q.Message
}

// feasible refuses constraints that no point satisfies, then it gives false,
// and warns of those that hardly any does.
func (b *builder) feasible(space *search.Space, part *part) bool {
	if len(part.given.constraints) == 0 {
		return true
	}
	share, blocking := space.Feasibility()
	at := part.given.constraints[0].at
	for _, c := range part.given.constraints {
		if strings.TrimSpace(c.text) == blocking {
			at = c.at
		}
	}
	switch {
	case share == 0:
		b.fail(at, "widen a range or relax it", "no point of the space satisfies %q", blocking)
	case share < 0.01:
		b.warn(at, "widen a range or relax it", "only %.2g %% of the space satisfies the constraints", 100*share)
	}
	return share > 0
}
