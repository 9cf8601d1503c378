package spec

import (
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
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
