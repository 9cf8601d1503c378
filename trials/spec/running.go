package spec

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// resources reads what one trial holds while it runs.
func (b *builder) resources(o object, s *Stage) {
	s.Resources.CPU = 1
	r := b.object(o.n.get("resources"), "resources", resourceKeys)
	if r.float("cpu", &s.Resources.CPU) && s.Resources.CPU <= 0 {
		b.fail(r.n.get("cpu").at, "0.5 is half a core", "resources.cpu is above 0, not %g", s.Resources.CPU)
	}
	r.bytes("memory", &s.Resources.Memory)
	if g := r.n.get("gpu"); g != nil {
		if f, ok := g.value.(float64); ok && f != math.Trunc(f) {
			b.later(g.at, "a share of a GPU")
		} else {
			r.int("gpu", 0, &s.Resources.GPU)
		}
	}
	r.table("labels", &s.Resources.Labels)
}

// infrastructureRetries is how often a trial is tried again that failed by no
// fault of its own.
const infrastructureRetries = 10

// retry reads how often each class of failure is tried again: a number, or
// {times, delay}.
func (b *builder) retry(o object, s *Stage) {
	s.Retry = map[string]RetryRule{"lost": {Times: infrastructureRetries}, "preempted": {Times: infrastructureRetries}}
	r := b.object(o.n.get("retry"), "retry", retryKeys)
	for _, f := range r.n.fields {
		if !slices.Contains(retryKeys.known, f.name) {
			continue
		}
		var rule RetryRule
		if f.value.kind == mapKind {
			ro := b.object(f.value, "retry."+f.name, ruleKeys)
			ro.int("times", 0, &rule.Times)
			ro.duration("delay", &rule.Delay)
			if !ro.has("times") {
				b.fail(f.value.at, "for example {times: 2, delay: 10s}", "retry.%s does not say how many times", f.name)
			}
		} else {
			r.int(f.name, 0, &rule.Times)
		}
		s.Retry[f.name] = rule
	}
}

// stop reads how a trial is asked to end.
func (b *builder) stop(o object, s *Stage) {
	s.Stop = StopLadder{Signal: "TERM", Cooperative: 30 * time.Second, Term: 30 * time.Second}
	so := b.object(o.n.get("stop"), "stop", stopKeys)
	so.oneOf("signal", &s.Stop.Signal, "TERM", "INT", "HUP", "USR1", "USR2")
	so.duration("cooperative", &s.Stop.Cooperative)
	so.duration("term", &s.Stop.Term)
}

// oomTimes bounds a ladder that only its floor ends.
const oomTimes = 10

// onOOM reads the ladder of a stage, whose parameters are known by now: types
// tell whole numbers from others.
func (b *builder) onOOM(s *Stage, part *part, passed map[string]bool) {
	n := part.n.get("on_oom")
	if n == nil || n.kind == nullKind || n.isText("none") {
		return
	}
	o := b.object(n, "on_oom", oomKeys)
	ladder := &OnOOM{Set: map[string]string{}, Times: oomTimes}
	names := paramNames(passed)
	check := func(name string, at place) bool {
		if _, ok := passed[name]; ok || len(passed) == 0 {
			return true
		}
		b.unknownParam(at, name, names, "on_oom")
		return false
	}
	var halved []string
	o.texts("halve", &halved)
	floor, hasFloor := 0.0, o.has("min")
	o.float("min", &floor)
	for _, name := range halved {
		if !check(name, n.get("halve").at) {
			continue
		}
		ladder.Set[name], ladder.While = halving(name, passed[name], floor, hasFloor, ladder.While)
	}
	var doubled []string
	o.texts("double", &doubled)
	for _, name := range doubled {
		if check(name, n.get("double").at) {
			ladder.Set[name] = quoted(name) + " * 2"
		}
	}
	if hasFloor && len(halved) == 0 {
		b.fail(n.get("min").at, "for example {halve: batch_size, min: 16}", "on_oom.min is the floor of halve, which is not there")
	}
	scope := trialScope(names)
	set := n.get("set")
	if set != nil && set.kind != mapKind {
		b.fail(set.at, "write {batch_size: \"idiv(batch_size, 2)\"}", "on_oom.set is a map of parameter to expression, not %s", set.describe())
		set = nil
	}
	for _, name := range set.names() {
		e := set.get(name)
		if check(name, set.placeOf(name)) && b.expression(e, "on_oom.set."+name, nil, scope) {
			ladder.Set[name] = e.text
		}
	}
	if w := n.get("while"); w != nil && w.kind != nullKind && b.expression(w, "on_oom.while", nil, scope) {
		ladder.While = w.text
	}
	o.int("times", 1, &ladder.Times)
	if len(ladder.Set) == 0 && n.kind == mapKind && len(b.problems) == 0 {
		b.fail(n.at, "for example {halve: batch_size, min: 16}", "on_oom changes nothing")
	}
	s.OnOOM = ladder
}

// halving is the rule of one halved parameter and the condition with it.
func halving(name string, whole bool, floor float64, hasFloor bool, while string) (set, cond string) {
	half := quoted(name) + " / 2"
	if whole {
		half = "idiv(" + quoted(name) + ", 2)"
		if !hasFloor {
			floor, hasFloor = 1, true
		}
	}
	if hasFloor {
		half = fmt.Sprintf("max(%s, %s)", half, formatValue(floor))
		cond = fmt.Sprintf("%s > %s", quoted(name), formatValue(floor))
	}
	if while != "" && cond != "" {
		cond = while + " and " + cond
	} else if cond == "" {
		cond = while
	}
	return half, cond
}

// unknownParam reports a name that is no parameter.
func (p *parser) unknownParam(at place, name string, names []string, who string) {
	hint := nearest(name, names)
	p.fail(at, hint, "%s names %s, which is not a parameter", who, strings.TrimSpace(name))
}
