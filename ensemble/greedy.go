package ensemble

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/sweepd/sweepd/internal/fault"
)

// grain is the share of the best single loss below which two losses are equal:
// sums in another order differ by less, and a real gain is larger.
const grain = 1e-9

// Select builds an ensemble greedily with replacement: size times it adds the
// model that lowers the loss of the unweighted mean most, and cuts the path at
// the first of its best lengths. Of equally good models one that is in already
// is taken before a new one, then the one with the lower index. The ensemble is
// never worse than the best single model on these rows.
//
// size 0 is DefaultSize. Time O(size x models x rows x cols), beyond the
// candidates one matrix of memory. Faults are invalid and name the candidate
// and row; ctx ends it between steps.
//
// After Caruana, Niculescu-Mizil, Crew & Ksikes (2004), "Ensemble selection from
// libraries of models"; ties and cut as in AutoGluon's EnsembleSelection.
func Select(ctx context.Context, l Loss, t Truth, candidates []Candidate, size int) (*Ensemble, error) {
	if size < 0 {
		return nil, fault.Invalidf("an ensemble of %d steps", size).At("size").Fix("give 1 or more, 0 for %d", DefaultSize)
	}
	if size == 0 {
		size = DefaultSize
	}
	if err := check(l, t, candidates); err != nil {
		return nil, err
	}
	g := greedy{
		loss: l, truth: t, candidates: candidates,
		sum: make([]float64, len(t.Y)*t.Cols), row: make([]float64, t.Cols), times: make([]int, len(candidates)),
	}
	e := &Ensemble{}
	for range size {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("select an ensemble: %w", err)
		}
		i, loss := g.step()
		e.Path = append(e.Path, Step{Key: candidates[i].Key, Loss: loss})
		if len(e.Path) == 1 {
			if err := l.checkFinite(loss); err != nil {
				return nil, of(candidates[i].Key, err)
			}
			e.BestSingle, e.BestSingleKey = loss, candidates[i].Key
			g.quantum = grain * loss
		}
	}
	e.Kept = g.firstBest(e.Path)
	e.Loss = e.Path[e.Kept-1].Loss
	e.Members = weigh(e.Path[:e.Kept])
	return e, nil
}

// check refuses what Select cannot work on.
func check(l Loss, t Truth, candidates []Candidate) error {
	if err := l.checkTruth(t); err != nil {
		return err
	}
	if len(candidates) == 0 {
		return fault.Invalidf("there is no model to choose from").Coded("no_candidates")
	}
	seen := make(map[string]bool, len(candidates))
	for _, c := range candidates {
		if seen[c.Key] {
			return fault.Invalidf("the candidate %q is there twice", c.Key).Coded("duplicate")
		}
		seen[c.Key] = true
		if err := checkMatrix(c.P, t); err != nil {
			return of(c.Key, err)
		}
	}
	return nil
}

// of says whose predictions err is about.
func of(key string, err error) error {
	if f := fault.Of(err); f != nil {
		place := "predictions of " + key
		if f.Where != "" {
			place += ", " + f.Where
		}
		return f.At(place)
	}
	return err
}

// greedy is a selection under way.
type greedy struct {
	loss       Loss
	truth      Truth
	candidates []Candidate
	sum        []float64 // of the members' matrices, each as often as it was added
	row        []float64 // scratch
	times      []int     // how often each candidate was added
	steps      int
	quantum    float64 // losses that round to the same multiple of it are equal
}

// step adds the best candidate and gives its index and the new loss.
func (g *greedy) step() (index int, loss float64) {
	scale := 1 / float64(g.steps+1)
	index = -1
	for i, c := range g.candidates {
		now := g.loss.blend(g.sum, c.P, scale, g.truth, g.row)
		if index < 0 || g.less(now, loss) || g.equal(now, loss) && g.times[i] > 0 && g.times[index] == 0 {
			index, loss = i, now
		}
	}
	floats.Add(g.sum, g.candidates[index].P)
	g.times[index]++
	g.steps++
	return index, loss
}

func (g *greedy) less(a, b float64) bool  { return g.rounded(a) < g.rounded(b) }
func (g *greedy) equal(a, b float64) bool { return g.rounded(a) == g.rounded(b) }

func (g *greedy) rounded(loss float64) float64 {
	if g.quantum == 0 {
		return loss
	}
	return math.Round(loss / g.quantum)
}

// firstBest is the length of the shortest prefix than which none is better.
func (g *greedy) firstBest(path []Step) int {
	best := 0
	for i, s := range path {
		if g.less(s.Loss, path[best].Loss) {
			best = i
		}
	}
	return best + 1
}

// weigh turns steps into weights.
func weigh(steps []Step) []Member {
	var members []Member
	at := map[string]int{}
	for _, s := range steps {
		i, ok := at[s.Key]
		if !ok {
			i = len(members)
			at[s.Key] = i
			members = append(members, Member{Key: s.Key})
		}
		members[i].Weight++
	}
	for i := range members {
		members[i].Weight /= float64(len(steps))
	}
	slices.SortStableFunc(members, func(a, b Member) int {
		switch {
		case a.Weight > b.Weight:
			return -1
		case a.Weight < b.Weight:
			return 1
		}
		return 0
	})
	return members
}
