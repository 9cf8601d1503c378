package spec

import (
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

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
		// Its faults are reported already; names are known all the same.
		if names := paramNames(part.given.passed); len(names) > 0 {
			b.checkCommand(s, part, part.given.passed, names)
		}
		return
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
