package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// references checks what stages say of one another, completes what each waits
// for, and refuses circles.
func (b *builder) references() {
	var names []string
	for _, s := range b.spec.Stages {
		names = append(names, s.Name)
	}
	for i, part := range b.parts {
		s := &b.spec.Stages[i]
		said := slices.Clone(s.After)
		for _, r := range part.refs {
			if !b.refers(s, r, names) {
				continue
			}
			if r.waits && !slices.Contains(s.After, r.stage) {
				s.After = append(s.After, r.stage)
			}
		}
		if s.Kind == EnsembleStage && len(s.Ensemble.From) == 0 {
			for _, t := range b.spec.Stages[:i] {
				if t.Kind == SearchStage {
					s.Ensemble.From = append(s.Ensemble.From, t.Name)
					s.After = append(s.After, t.Name)
				}
			}
			if len(s.Ensemble.From) == 0 {
				b.fail(part.at, "", "the ensemble %s has no stage above it to take members from", s.Name)
			}
		}
		if len(said) == 0 && len(s.After) == 0 && i > 0 {
			s.After = []string{b.spec.Stages[i-1].Name}
		}
		slices.Sort(s.After)
		s.After = slices.Compact(s.After)
	}
	b.circles()
}

// refers checks one reference.
func (b *builder) refers(s *Stage, r ref, names []string) bool {
	t := b.spec.Stage(r.stage)
	others := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == s.Name })
	switch {
	case t == nil:
		b.fail(r.at, fault.DidYouMean(r.stage, others), "%s: there is no stage %s", r.what, r.stage)
		return false
	case r.stage == s.Name:
		b.fail(r.at, fault.DidYouMean("", others), "%s: stage %s cannot wait for itself", r.what, s.Name)
		return false
	case r.search && t.Kind != SearchStage:
		b.fail(r.at, "", "%s: %s is an ensemble and has no trials", r.what, r.stage)
		return false
	}
	return true
}

// circles reports stages that wait for one another.
func (b *builder) circles() {
	state := map[string]int{} // 1: being followed, 2: done
	var path []string
	var follow func(name string) bool
	follow = func(name string) bool {
		path = append(path, name)
		defer func() { path = path[:len(path)-1] }()
		state[name] = 1
		s := b.spec.Stage(name)
		for _, next := range s.After {
			if b.spec.Stage(next) == nil || state[next] == 2 {
				continue
			}
			if state[next] == 1 {
				circle := append(slices.Clone(path[slices.Index(path, next):]), next)
				i := slices.IndexFunc(b.spec.Stages, func(t Stage) bool { return t.Name == name })
				b.fail(b.parts[i].at, "one of them must not wait", "stages wait for one another in a circle: %s", strings.Join(circle, " -> "))
				return false
			}
			if !follow(next) {
				return false
			}
		}
		state[name] = 2
		return true
	}
	for _, s := range b.spec.Stages {
		if state[s.Name] == 0 && !follow(s.Name) {
			return
		}
	}
}

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

// known is the definition of the space a stage's trials come from, before any
// narrowing: every parameter a trial may be passed. Nil with points and when
// the space has faults.
func (b *builder) known(s *Stage) *search.Definition {
	for range b.spec.Stages {
		if s == nil || s.Narrow == nil {
			break
		}
		s = b.spec.Stage(s.Narrow.Stage)
	}
	if s == nil {
		return nil
	}
	return s.Space
}

// passedNames are the names a stage's trials may be passed; the value tells
// whether they are whole numbers. Empty when they cannot be known.
func (b *builder) passedNames(s *Stage) map[string]bool {
	out := map[string]bool{}
	add := func(d *search.Definition) {
		if d == nil {
			return
		}
		for _, p := range d.Params {
			out[p.Pass] = p.Type == search.Int || len(p.Values) > 0 && !slices.ContainsFunc(p.Values, func(v any) bool { _, ok := v.(int64); return !ok })
		}
	}
	for _, pt := range s.Points {
		for name, v := range pt.Params {
			_, whole := v.(int64)
			out[name] = whole
		}
	}
	add(b.known(s))
	t := s
	for range b.spec.Stages { // narrow may go in a circle, which is reported elsewhere
		if t == nil || t.Narrow == nil {
			break
		}
		add(t.Narrow.Override)
		t = b.spec.Stage(t.Narrow.Stage)
	}
	return out
}

func paramNames(passed map[string]bool) []string { return slices.Sorted(maps.Keys(passed)) }

// nearest is DidYouMean, with a list cut short when there are many.
func nearest(word string, names []string) string {
	if h := fault.DidYouMean(word, names); h != "" || len(names) == 0 {
		return h
	}
	return fmt.Sprintf("one of: %s, ... (%d in all)", strings.Join(names[:12], ", "), len(names))
}

// checkParams checks all that names parameters: the command, start points, the
// loop, balance, groups, the ladder.
func (b *builder) checkParams(s *Stage, part *part) {
	if s.Narrow != nil && (b.known(s) == nil || b.spec.Stage(s.Narrow.Stage) == nil) {
		if t := b.spec.Stage(s.Narrow.Stage); t != nil && len(t.Points) > 0 {
			b.fail(part.n.get("space").get("narrow").at, "narrow a stage with a space", "stage %s has points, not a space that can be narrowed", t.Name)
		}
		return
	}
	if s.Narrow == nil && s.Points == nil && part.space == nil {
		return // its faults are reported already
	}
	passed := b.passedNames(s)
	names := paramNames(passed)
	b.checkCommand(s, part, passed, names)
	b.onOOM(s, part, passed)
	b.checkOverride(s, part)
	known := b.known(s)
	if known != nil {
		b.group(s, part, known, names)
		b.balance(s, part, names)
		b.checkItems(s, part, known)
		b.checkStart(s, part, known)
		b.checkSampler(s, part)
	}
	if s.EarlyStop != nil && s.EarlyStop.When != "" {
		b.expression(part.n.get("early_stop").get("when"), "early_stop.when", nil, trialScope(names))
	}
	b.meaningOfReports(s, part, known)
	for _, r := range part.refs {
		if t := b.spec.Stage(r.stage); t != nil && r.search && r.what != "narrow" && r.what != "learn_from" && r.what != "ensemble.from" {
			of := b.passedNames(t)
			if _, ok := of[r.what]; !ok && len(of) > 0 {
				b.fail(r.at, nearest(r.what, paramNames(of)), "top_values: stage %s has no parameter %s", t.Name, r.what)
			}
		}
	}
}

var (
	lengths = regexp.MustCompile(`(?i)(^|[._/-])((n|num|max)[._-]?)?(epochs?|steps?|iters?|iterations|rounds)$`)
	batches = regexp.MustCompile(`(?i)(^|[._/-])(batch([._-]?size)?|bs)$`)
)

// meaningOfReports warns when a searched parameter changes what a report, a
// step or a length of training means: then trials at one rung have not done the
// same.
func (b *builder) meaningOfReports(s *Stage, part *part, known *search.Definition) {
	if s.EarlyStop == nil || known == nil {
		return
	}
	for _, p := range known.Params {
		if p.Type == search.Const {
			continue
		}
		at, here := part.given.names[p.Name]
		if !here {
			at = part.n.placeOf("early_stop")
		}
		switch {
		case lengths.MatchString(p.Pass):
			b.warn(at, "hold it constant and let early stopping choose", "%s is searched, and early stopping compares trials as if all were to run equally long", p.Pass)
		case s.EarlyStop.Resource == "step" && batches.MatchString(p.Pass):
			b.warn(at, "use resource: reports", "%s is searched, and a step of one trial is not a step of another", p.Pass)
		}
	}
}

// checkOverride checks the parameters beside narrow by themselves.
func (b *builder) checkOverride(s *Stage, part *part) {
	if s.Narrow == nil || s.Narrow.Override == nil {
		return
	}
	base := b.known(s)
	if base == nil {
		return
	}
	merged := override(*base, *s.Narrow.Override)
	_ = b.checkSpace(merged, part)
}

// group ranks within the root of a switch unless told otherwise.
func (b *builder) group(s *Stage, part *part, known *search.Definition, names []string) {
	e := s.EarlyStop
	if e == nil {
		return
	}
	if e.Group != "" {
		if !slices.Contains(names, e.Group) {
			at := part.n.get("early_stop").get("group").at
			b.unknownParam(at, e.Group, names, "early_stop.group")
		}
		return
	}
	if space, err := search.NewSpace(*known); err == nil {
		e.Group, _ = space.SwitchRoot()
	}
}

func (b *builder) balance(s *Stage, part *part, names []string) {
	if s.Sampler.Balance == "" {
		return
	}
	at := part.n.get("sampler").get("balance").at
	if !slices.Contains(names, s.Sampler.Balance) {
		b.unknownParam(at, s.Sampler.Balance, names, "sampler.balance")
	} else if !slices.Contains([]string{"random", "sobol"}, s.Sampler.Algorithm) {
		if part.own.get("sampler").get("balance") == nil {
			s.Sampler.Balance = "" // a default for the stages that can
			return
		}
		b.fail(at, "use it with sobol or random", "the sampler %s does not balance", s.Sampler.Algorithm)
	}
}

// checkItems checks the items of a loop over a parameter.
func (b *builder) checkItems(s *Stage, part *part, known *search.Definition) {
	if s.ForEach == nil || !slices.ContainsFunc(known.Params, func(p search.Param) bool { return p.Pass == s.ForEach.Name }) {
		return
	}
	space, err := search.NewSpace(*known)
	if err != nil {
		return
	}
	passing := 0
	for _, p := range known.Params {
		if p.Pass == s.ForEach.Name {
			passing++
		}
	}
	at := part.n.get("for_each").fields[0]
	if passing > 1 {
		b.fail(at.at, "loop over another name, and use ${each.NAME}", "several cases of a switch have a parameter %s, and for_each cannot hold them all", s.ForEach.Name)
		return
	}
	items := at.value.items
	for i, v := range s.ForEach.Items {
		if _, err := space.Pin(s.ForEach.Name, v); err != nil && i < len(items) {
			b.fail(items[i].at, "", "%s", err)
		}
	}
}

// checkSampler asks the sampler itself whether it can search the space; start
// points are checked apart, each at its place.
func (b *builder) checkSampler(s *Stage, part *part) {
	if part.space == nil {
		return
	}
	_, err := search.NewSampler(s.Sampler.Algorithm, part.space, search.Options{Seed: s.Sampler.Seed, Balance: s.Sampler.Balance})
	f := fault.Of(err)
	if f == nil {
		return
	}
	at := part.at
	if n := part.n.get("sampler"); n != nil {
		at = n.at
	}
	if len(f.Problems) == 0 {
		b.fail(at, f.Hint, "%s", f.Message)
	}
	for _, q := range f.Problems {
		b.fail(at, q.Hint, "%s", q.Message)
	}
}

// checkStart checks that the points to begin with lie in the space.
func (b *builder) checkStart(s *Stage, part *part, known *search.Definition) {
	if len(s.Start) == 0 {
		return
	}
	space, err := search.NewSpace(*known)
	if err != nil {
		return
	}
	items := part.n.get("start").items
	for i, pt := range s.Start {
		if i >= len(items) {
			break
		}
		_, err := space.Complete(pt)
		f := fault.Of(err)
		switch {
		case f == nil:
		case len(f.Problems) == 0:
			b.fail(items[i].at, f.Hint, "start point %d: %s", i+1, f.Message)
		default:
			for _, q := range f.Problems {
				b.fail(items[i].placeOf(q.Where), q.Hint, "start point %d: %s", i+1, sentence(q))
			}
		}
	}
	if n := len(s.Start); s.Budget.Trials > 0 && n > s.Budget.Trials {
		b.warn(part.n.placeOf("start"), "", "%d start points and a budget of %d trials: the last are not run", n, s.Budget.Trials)
	}
}

// sentence is a problem of a parameter with its name.
func sentence(q fault.Problem) string {
	if strings.HasPrefix(q.Message, "unknown parameter") {
		return q.Message
	}
	return q.Where + " " + q.Message
}

// Bounds of a try.
const (
	smokeTrials  = 1
	smokeTimeout = time.Minute
)

// smoke shrinks a sweep to a try that ends soon.
func (s *Spec) smoke() {
	sum := 0
	for i := range s.Stages {
		st := &s.Stages[i]
		if st.Kind != SearchStage {
			continue
		}
		st.Points = st.Points[:min(len(st.Points), smokeTrials)]
		st.Start = st.Start[:min(len(st.Start), 1)]
		if st.Budget.Trials == 0 || st.Budget.Trials > smokeTrials {
			st.Budget.Trials = smokeTrials
		}
		if st.Budget.Split == "list" {
			st.Budget.Split, st.Budget.Shares = "equal", nil
		}
		if st.Budget.TrialTimeout == 0 || st.Budget.TrialTimeout > smokeTimeout {
			st.Budget.TrialTimeout = smokeTimeout
		}
		sum += st.Budget.Trials
	}
	s.Budget.Trials = sum
}
