package plan

import (
	"cmp"
	"math"
	"slices"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// Rank gives the completed trials with a finite value, best first; ties go to
// the one that cost less, then to the lower number. O(n log n); all is not
// changed.
func Rank(goal spec.Goal, all []*trials.Trial) []*trials.Trial {
	var done []*trials.Trial
	for _, t := range all {
		if t.State == trials.Completed && t.Value != nil && !math.IsNaN(*t.Value) && !math.IsInf(*t.Value, 0) {
			done = append(done, t)
		}
	}
	slices.SortFunc(done, func(a, b *trials.Trial) int {
		return cmp.Or(
			cmp.Compare(goal.Loss(*a.Value), goal.Loss(*b.Value)),
			cmp.Compare(a.Seconds, b.Seconds),
			cmp.Compare(a.Number, b.Number),
		)
	})
	return done
}

// topValues gives the first n different values of a parameter in the order of
// the best trial of each; trials without the parameter are left out.
func topValues(ranked []*trials.Trial, param string, n int) []any {
	out := []any{}
	for _, t := range ranked {
		if len(out) >= n {
			break
		}
		if val, ok := t.Params()[param]; ok && val != nil && !slices.Contains(out, val) {
			out = append(out, val)
		}
	}
	return out
}

// points are the proposed points of trials: what lies in the space, whatever
// the ladder made of it later.
func points(ts []*trials.Trial) []search.Point {
	out := make([]search.Point, len(ts))
	for i, t := range ts {
		out[i] = t.Point
	}
	return out
}

// fact is a trial as expressions see it.
func fact(t *trials.Trial) map[string]any {
	params := make(map[string]any, len(t.Params()))
	for name, val := range t.Params() {
		params[name] = val
	}
	return map[string]any{
		"number": int64(t.Number), "value": *t.Value, "params": params,
		"seconds": t.Seconds, "run": t.Run,
	}
}
