package spec

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// readBudget reads a budget as it stands.
func (p *parser) readBudget(n *node) Budget {
	var out Budget
	o := p.object(n, "budget", budgetKeys)
	o.int("trials", 1, &out.Trials)
	o.int("parallel", 1, &out.Parallel)
	o.duration("wall", &out.Wall)
	o.duration("trial_timeout", &out.TrialTimeout)
	o.oneOf("at_end", &out.AtEnd, "stop", "finish")
	switch split := o.n.get("split"); {
	case split == nil || split.kind == nullKind:
	case split.kind == listKind:
		out.Split = "list"
		for _, item := range split.items {
			share, ok := item.value.(int64)
			if !ok || share < 1 || share > math.MaxInt32 {
				p.fail(item.at, "", "budget.split is a list of trials per branch, not of %s", item.describe())
				continue
			}
			out.Shares = append(out.Shares, int(share))
		}
	default:
		o.oneOf("split", &out.Split, "equal", "shared")
	}
	for _, key := range []string{"wall", "trial_timeout"} {
		if d := map[string]time.Duration{"wall": out.Wall, "trial_timeout": out.TrialTimeout}[key]; o.has(key) && d < 0 {
			p.fail(o.n.get(key).at, "", "budget.%s is above 0", key)
		}
	}
	return out
}

// budget is the sweep's own.
func (b *builder) budget() Budget {
	out := b.readBudget(b.root.get("budget"))
	if out.AtEnd == "" && out.Wall > 0 {
		out.AtEnd = "stop"
	}
	if split := b.root.get("budget").get("split"); split != nil && b.root.has("stages") {
		b.fail(split.at, "move it into the stage with for_each", "budget.split belongs to a stage")
	}
	out.Split, out.Shares = "", nil
	return out
}

// stageBudget reads a stage's part.
func (b *builder) stageBudget(o object, s *Stage) {
	n := o.n.get("budget")
	s.Budget = b.readBudget(n)
	s.Budget.Wall, s.Budget.AtEnd = 0, "" // the sweep's own says it
	for _, key := range []string{"wall", "at_end"} {
		if b.root.has("stages") && n.has(key) {
			b.later(n.placeOf(key), "budget."+key+" of one stage")
		}
	}
	split := n.get("split")
	switch {
	case o.n.has("for_each") && s.Budget.Split == "":
		s.Budget.Split = "equal"
	case split != nil && !o.n.has("for_each"):
		b.fail(split.at, "give the stage a for_each, or take it out", "budget.split divides trials among branches, and the stage has one")
	}
	if s.Budget.Split == "list" {
		sum := 0
		for _, share := range s.Budget.Shares {
			sum += share
		}
		if s.Budget.Trials == 0 {
			s.Budget.Trials = sum
		} else if sum != s.Budget.Trials {
			b.fail(split.at, "", "budget.split adds up to %d trials and budget.trials is %d", sum, s.Budget.Trials)
		}
	}
}

// totals divides the sweep's budget among its stages and checks the sum.
func (b *builder) totals() {
	b.needsObjective()
	var without []int
	sum, parts := 0, []string{}
	for i := range b.spec.Stages {
		s := &b.spec.Stages[i]
		if s.Kind != SearchStage {
			continue
		}
		b.ownTotal(s, b.parts[i])
		if s.Budget.Trials == 0 {
			without = append(without, i)
			continue
		}
		sum += s.Budget.Trials
		where := b.parts[i].own.get("budget").get("trials")
		if where == nil {
			where = b.parts[i].own
		}
		parts = append(parts, fmt.Sprintf("%s %d (line %d)", s.Name, s.Budget.Trials, where.at.line))
	}
	top := b.spec.Budget.Trials
	place := b.root.get("budget").get("trials")
	switch {
	case top == 0 && len(without) == 0:
		b.spec.Budget.Trials = sum
		return
	case top == 0:
		b.unbounded(without)
		return
	}
	if sum > top {
		b.fail(place.at, "raise it, or lower a stage", "budget.trials is %d and the stages may run %d: %s", top, sum, strings.Join(parts, ", "))
		return
	}
	b.divide(without, top, sum, place.at)
}

// divide gives the stage without trials of its own what the others leave.
func (b *builder) divide(without []int, top, sum int, at place) {
	if len(without) == 0 {
		return
	}
	names := make([]string, len(without))
	for i, k := range without {
		names[i] = b.spec.Stages[k].Name
	}
	switch {
	case len(without) > 1:
		b.fail(at, "give each a budget: {trials: ...}", "the stages %s have no trials of their own to divide the %d", strings.Join(names, " and "), top)
	case sum == top:
		b.fail(at, "raise it, or lower another stage", "the other stages use all %d trials, and none is left for %s", top, names[0])
	default:
		b.spec.Stages[without[0]].Budget.Trials = top - sum
	}
}

// ownTotal bounds a stage by its points or its finite grid.
func (b *builder) ownTotal(s *Stage, part *part) {
	own := part.own.get("budget").get("trials")
	if part.n.has("points") && part.n.get("points").kind != mapKind && s.Points == nil {
		s.Points = []PointSpec{} // its faults are reported already
	}
	if n := len(s.Points); s.Points != nil {
		if s.Budget.Trials > 0 && s.Budget.Trials < n && own != nil {
			b.fail(own.at, "raise it, or take points out", "budget.trials is %d and there are %d points", s.Budget.Trials, n)
			return
		}
		s.Budget.Trials = max(n, 1)
		return
	}
	if part.space == nil || s.ForEach != nil {
		return
	}
	size := part.space.Size()
	switch {
	case math.IsInf(size, 1):
	case s.Budget.Trials == 0 && s.Sampler.Algorithm == "grid" && size <= 1_000_000:
		s.Budget.Trials = int(size)
		if top := b.spec.Budget.Trials; top > 0 && len(b.spec.Stages) == 1 {
			s.Budget.Trials = min(top, s.Budget.Trials)
		}
	case float64(s.Budget.Trials) > size:
		at := part.at
		if own != nil {
			at = own.at
		}
		b.warn(at, "", "stage %s may run %d trials and its space has %.0f points: it ends when they are used up", s.Name, s.Budget.Trials, size)
	}
}

// unbounded reports a sweep that nothing would end.
func (b *builder) unbounded(without []int) {
	if b.spec.Budget.Wall > 0 || b.meant["budget"] || b.meant["trials"] || b.root.get("budget").has("trials") || b.root.get("budget").has("wall") {
		return
	}
	for _, i := range without {
		if b.parts[i].own.get("budget").has("trials") {
			continue
		}
		at := b.parts[i].at
		if n := b.root.get("budget"); n != nil {
			at = n.at
		}
		b.fail(at, "for example budget: {trials: 40}; wall: 2h bounds time instead", "nothing says how many trials stage %s may run", b.spec.Stages[i].Name)
	}
}
