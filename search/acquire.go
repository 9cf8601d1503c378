package search

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Numbers of the search for the best place.
const (
	acquireDraws  = 384 // independent places
	acquireNear   = 40  // places near each of the best trials
	acquireBest   = 5   // those trials
	acquireStarts = 5   // places that are improved step by step
	acquireSteps  = 10  // steps per start and radius
	acquireKept   = 24  // spots whose rank is known
)

// acquireRadii are the widths of the steps, one after another.
var acquireRadii = []float64{0.1, 0.04, 0.015, 0.005, 0.0015}

// model predicts the loss at features.
type model interface {
	bound(x []float64) (mean, sd float64) // sd may be more than it is
	deviation() float64                   // what sd is at the x of the last bound
}

// acquisition looks for the place where a model expects the largest improvement
// that is feasible and not known: independent places, places near the best trials,
// and from the best of all of them steps of shrinking width.
type acquisition struct {
	*regression
	space *Space
	f     *features
	known func(Point) bool
	held  map[int]float64
	rng   *rand.Rand
	x     []float64 // scratch

	// expected looks for the least expected loss, not for an improvement: with
	// noise, more trials where it is good tell which of them are.
	expected bool
}

// spot is a candidate.
type spot struct {
	u     []float64 // every dimension, inactive ones too
	score float64
}

// place gives the best spot that is not known; false when there is none.
func (a *acquisition) place() ([]float64, bool) {
	a.x = make([]float64, len(a.space.dims))
	var spots []spot
	top := make([]float64, 0, acquireKept+1) // the best scores, falling
	add := func(u []float64) {
		least := math.Inf(-1)
		if len(top) == acquireKept {
			least = top[acquireKept-1]
		}
		score, ok := a.score(u, least)
		if !ok {
			return
		}
		spots = append(spots, spot{u, score})
		i, _ := slices.BinarySearchFunc(top, score, func(a, b float64) int { return cmp.Compare(b, a) })
		if top = slices.Insert(top, i, score); len(top) > acquireKept {
			top = top[:acquireKept]
		}
	}
	for range acquireDraws {
		if u, ok := a.space.sample(a.rng, a.held); ok {
			add(u)
		}
	}
	for _, u := range a.near {
		u = a.filled(u)
		for range acquireNear {
			add(a.perturbed(u, 0.15))
		}
		a.neighbours(u, add)
	}
	spots = a.sorted(spots)
	starts := spots[:min(acquireStarts, len(spots))]
	var found []spot
	for _, start := range starts {
		end := a.climb(start, &found)
		found = append(found, end)
	}
	for _, x := range a.sorted(append(found, spots...)) {
		if !a.known(a.space.Decode(x.u)) {
			return x.u, true
		}
	}
	return nil, false
}

func (a *acquisition) sorted(spots []spot) []spot {
	slices.SortStableFunc(spots, func(x, y spot) int { return cmp.Compare(y.score, x.score) })
	return spots
}

// climb improves a spot by random steps of shrinking width and by single values
// of discrete dimensions; what it passes on its way is kept in trail.
func (a *acquisition) climb(at spot, trail *[]spot) spot {
	consider := func(u []float64) {
		if score, ok := a.score(u, at.score); ok && score > at.score {
			*trail = append(*trail, at)
			at = spot{u, score}
		}
	}
	for range 2 {
		before := at.score
		a.neighbours(at.u, consider)
		if at.score == before {
			break
		}
	}
	for _, radius := range acquireRadii {
		for range acquireSteps {
			consider(a.perturbed(at.u, radius))
		}
	}
	return at
}

// score is the log of the expected improvement at u, or what stands in its place;
// false when it is no more than least, or when constraints are violated.
func (a *acquisition) score(u []float64, least float64) (float64, bool) {
	if a.space.plain() {
		for _, dim := range a.f.numeric {
			a.x[dim] = a.f.domain(dim).snap(u[dim])
		}
		for _, dim := range a.f.choice {
			a.x[dim] = float64(a.f.domain(dim).cellOf(u[dim]))
		}
	} else {
		pt := a.space.Decode(u)
		if len(a.space.constraints) > 0 && !a.space.Feasible(pt) {
			return 0, false
		}
		a.f.of(a.space.Encode(pt), a.x)
	}
	mean, sd := a.model.bound(a.x)
	feasible := a.feasible(a.x)
	if a.expected {
		return feasible - mean, feasible-mean > least
	}
	if logEI(mean, sd, a.best)+feasible <= least {
		return 0, false
	}
	score := logEI(mean, a.model.deviation(), a.best) + feasible
	return score, score > least
}

// plain tells whether every point of the unit cube is a point of its own.
func (s *Space) plain() bool {
	if len(s.constraints) > 0 {
		return false
	}
	return !slices.ContainsFunc(s.params, func(p param) bool { return p.parent >= 0 || p.when != nil })
}

// filled gives inactive dimensions of a place some value.
func (a *acquisition) filled(u []float64) []float64 {
	u = slices.Clone(u)
	for dim := range u {
		if math.IsNaN(u[dim]) {
			u[dim] = a.rng.Float64()
		}
	}
	return u
}

// perturbed moves some dimensions of u, three on average, and at least one.
func (a *acquisition) perturbed(u []float64, radius float64) []float64 {
	u = slices.Clone(u)
	share := min(1, 3/float64(len(u)))
	must := a.rng.IntN(len(u))
	for dim := range u {
		if _, held := a.held[dim]; held || (dim != must && a.rng.Float64() >= share) {
			continue
		}
		if d := a.f.domain(dim); d.categorical() {
			if a.rng.Float64() < 0.5 {
				u[dim] = a.rng.Float64()
			}
		} else {
			u[dim] = reflected(u[dim] + radius*a.rng.NormFloat64())
		}
	}
	return u
}

func reflected(x float64) float64 {
	x = math.Mod(math.Abs(x), 2)
	if x > 1 {
		x = 2 - x
	}
	return min(x, belowOne)
}

// neighbours gives the places that differ from u in one discrete dimension: every
// value of a category of at most 16, some of a larger one, and the next values of
// a numeric grid.
func (a *acquisition) neighbours(u []float64, each func([]float64)) {
	for dim := range u {
		d := a.f.domain(dim)
		if _, held := a.held[dim]; held || d.cells == 0 {
			continue
		}
		here := d.cellOf(u[dim])
		visit := func(c int) {
			if c == here || c < 0 || c >= d.cells {
				return
			}
			v := slices.Clone(u)
			v[dim] = d.centre(c)
			each(v)
		}
		switch {
		case d.categorical() && d.cells > 16:
			for range 8 {
				visit(a.rng.IntN(d.cells))
			}
		case d.categorical():
			for c := range d.cells {
				visit(c)
			}
		default:
			visit(here - 1)
			visit(here + 1)
		}
	}
}
