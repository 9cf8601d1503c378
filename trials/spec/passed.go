package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

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
