package spec

import (
	"slices"
	"strings"

	"github.com/sweepd/sweepd/search"
)

// builder makes the stages of a Spec out of the merged trees.
type builder struct {
	*parser
	root  *node
	spec  *Spec
	parts []*part // beside spec.Stages
	seed  *uint64
}

// part is what the parser remembers of a stage until all stages are known.
type part struct {
	n     *node // the stage with every default merged in
	own   *node // the stage as written
	at    place
	refs  []ref
	given spacePlaces
	space *search.Space // checked; nil when it has faults, and when it is not known before the stage opens
}

// ref is a place that names another stage.
type ref struct {
	stage  string
	at     place
	waits  bool   // the stage must have ended first
	search bool   // it must be a search stage
	what   string // "narrow", "the expression"
}

func (p *parser) newBuilder(root *node, s *Spec) *builder {
	return &builder{parser: p, root: root, spec: s}
}

// stages reads the list of stages, or the one or two that a file without a list
// stands for.
func (b *builder) stages() {
	list := b.root.get("stages")
	if list == nil || list.kind == nullKind {
		b.single()
		return
	}
	if list.kind != listKind || len(list.items) == 0 {
		b.fail(list.at, "write - name: explore below it", "stages is a list of stages, not %s", list.describe())
		return
	}
	for _, key := range []string{"ensemble", "for_each", "when", "after", "learn_from", "points"} {
		if f := b.root.get(key); f != nil && f.kind != nullKind {
			b.fail(b.root.placeOf(key), "move it into the stage it is for", "%s belongs to one stage; at the top of a file with stages it would be every stage's", key)
		}
	}
	names := map[string]place{}
	for _, own := range list.items {
		if own.kind != mapKind {
			b.fail(own.at, "", "a stage is a map, not %s", own.describe())
			continue
		}
		name := own.get("name")
		if name == nil || name.kind == listKind || name.kind == mapKind || name.text == "" {
			b.fail(own.at, "for example name: explore", "the stage has no name")
			continue
		}
		if !identifier.MatchString(name.text) {
			b.fail(name.at, "letters, digits and _ after a letter", "%q cannot be the name of a stage: expressions could not say it", name.text)
			continue
		}
		if first, twice := names[name.text]; twice {
			b.fail(name.at, "", "there is a stage %s in line %d already", name.text, first.line)
			continue
		}
		names[name.text] = name.at
		for _, f := range own.fields {
			if slices.Contains(sweepOnly, f.name) {
				b.fail(f.at, "move it to the top of the file", "%s belongs to the sweep, not to a stage", f.name)
			}
		}
		b.stage(name.text, own.without(sweepOnly...), b.defaults(own))
	}
}

// single reads a file without stages: one search, and an ensemble if asked.
func (b *builder) single() {
	top := b.root.without(slices.Concat(sweepKeys.known, sweepKeys.later)...)
	for _, key := range []string{"when", "after"} {
		if top.get(key) != nil {
			b.fail(top.placeOf(key), "it is for a stage that has others before it", "%s means nothing in a file without stages", key)
		}
	}
	main := top.without("ensemble", "when", "after")
	name := "search"
	if top.has("points") {
		name = "points"
	}
	b.stage(name, main, main)
	if e := top.get("ensemble"); e != nil && e.kind != nullKind {
		own := top.only("ensemble")
		own.at = e.at
		b.stage("ensemble", own, own)
	}
}

// defaults is a stage laid over the top level: maps merge key by key, lists
// replace, and what only makes sense once is not inherited.
func (b *builder) defaults(own *node) *node {
	own = own.without(sweepKeys.known...)
	if own.get("ensemble") != nil {
		return own
	}
	top := b.root.without(slices.Concat(sweepKeys.known, sweepKeys.later, []string{"ensemble", "for_each", "when", "after", "learn_from", "points"})...)
	top = withBudget(top)
	if own.get("python") != nil {
		top = top.without("command")
	}
	if own.get("command") != nil {
		top = top.without("python")
	}
	switch space := own.get("space"); {
	case own.get("points") != nil:
		top = top.without("space", "constraints", "start", "early_stop")
		if sampler := top.get("sampler"); sampler != nil && sampler.kind == mapKind {
			top = top.with(field{name: "sampler", at: top.placeOf("sampler"), value: sampler.only("seed")})
		}
	case space.get("narrow") != nil:
		top = top.without("space", "constraints", "start")
	case space != nil && space.kind == mapKind && b.root.get("space").get("narrow") == nil:
		own = own.with(field{name: "space", at: own.placeOf("space"), value: space.beside(top.get("space"))})
		top = top.without("space")
	}
	for _, key := range []string{"sampler", "early_stop"} {
		top, own = long(top, key), long(own, key)
	}
	return own.over(top)
}

// withBudget keeps those bounds of the top level that are each stage's too.
func withBudget(top *node) *node {
	budget := top.get("budget")
	if budget == nil || budget.kind != mapKind {
		return top.without("budget")
	}
	return top.with(field{name: "budget", at: top.placeOf("budget"), value: budget.only("parallel", "trial_timeout")})
}

// long turns "sampler: sobol" into {algorithm: sobol}.
func long(n *node, key string) *node {
	v := n.get(key)
	if v == nil || v.kind != stringKind || v.text == "none" {
		return n
	}
	m := &node{kind: mapKind, at: v.at, fields: []field{{name: "algorithm", at: v.at, value: v}}}
	return n.with(field{name: key, at: n.placeOf(key), value: m})
}

// stage reads one stage: n has the defaults merged in, own is as written.
func (b *builder) stage(name string, own, n *node) {
	st := Stage{Name: name, Kind: SearchStage, Line: own.at.line}
	part := &part{n: n, own: own, at: own.at}
	if !b.root.has("stages") {
		st.Line = 1
	}
	o := object{p: b.parser, n: n, what: "stage " + name}
	if b.root.has("stages") {
		b.object(own, o.what, stageKeys) // the top level's keys are checked already
	}
	b.parts = append(b.parts, part)
	b.spec.Stages = append(b.spec.Stages, st)
	s := &b.spec.Stages[len(b.spec.Stages)-1]
	b.after(o, s, part)
	if e := n.get("ensemble"); e != nil && e.kind != nullKind {
		s.Kind = EnsembleStage
		b.ensemble(o, s, part)
		return
	}
	b.program(o, s)
	b.stageBudget(o, s)
	s.Objective = b.readObjective(n.get("objective"))
	b.readSpace(o, s, part)
	b.forEach(o, s, part)
	b.sampler(o, s)
	b.earlyStop(o, s)
	b.resources(o, s)
	b.retry(o, s)
	b.stop(o, s)
	b.learnFrom(o, s, part)
}

// has tells whether a map has a key with a value.
func (n *node) has(key string) bool {
	v := n.get(key)
	return v != nil && v.kind != nullKind
}

// after reads what a stage waits for and whether it runs at all.
func (b *builder) after(o object, s *Stage, part *part) {
	o.texts("after", &s.After)
	n := o.n.get("after")
	for i, name := range s.After {
		at := n.at
		if n.kind == listKind && i < len(n.items) {
			at = n.items[i].at
		}
		part.refs = append(part.refs, ref{stage: name, at: at, waits: true, what: "after"})
	}
	when := o.n.get("when")
	switch {
	case when == nil || when.kind == nullKind:
	case when.kind == boolKind:
		s.When = when.text
	default:
		if b.expression(when, "when", part, stageScope()) {
			s.When = strings.TrimSpace(when.text)
		}
	}
}
