package plan

import (
	"cmp"
	"math"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// minShare of a stage's budget is kept for each branch of a shared split.
const minShare = 0.15

// unlimited stands for a budget that is bounded by the space alone.
const unlimited = math.MaxInt32

// stageBudget is the number of trials a stage may create: its own, within what
// the sweep has left. 0: bounded by its points or its grid alone. -1: nothing
// is left.
func stageBudget(v *View, st *Stage) int {
	own := st.Spec.Budget.Trials
	if n := len(st.Spec.Points); n > 0 && (own == 0 || own > n) {
		own = n
	}
	total := v.Sweep.Spec.Budget.Trials
	if total == 0 {
		return own
	}
	left := total - v.Sweep.Counts.Created
	if left <= 0 {
		return -1
	}
	if own == 0 {
		return left
	}
	return min(own, left)
}

// share deals the stage's budget to its branches. Every branch of several is
// "shared" in the sense that its budget is the least it may claim: what an
// exhausted branch leaves flows to the others. With split: equal and a list the
// least ones add up to the whole.
func share(a *OpenStage, b spec.Budget) error {
	n := len(a.Branches)
	if n == 1 {
		a.Branches[0].Budget = a.Budget
		return nil
	}
	if b.Split == "list" && len(b.Shares) != n {
		return fault.Invalidf("budget.split lists %d shares for the %d branches of for_each", len(b.Shares), n).Fix("use split: equal or shared")
	}
	given := 0
	for i := range a.Branches {
		br := &a.Branches[i]
		br.Shared = true
		switch b.Split {
		case "shared":
			br.Budget = min(int(math.Ceil(minShare*float64(a.Budget))), a.Budget/n)
		case "list":
			br.Budget = b.Shares[i]
			if a.Budget > 0 {
				br.Budget = min(br.Budget, a.Budget-given)
			}
		default:
			br.Budget = a.Budget / n
			if i < a.Budget%n {
				br.Budget++
			}
		}
		given += br.Budget
	}
	if b.Split == "list" && a.Budget == 0 {
		a.Budget = given
	}
	return nil
}

// room is the number of trials that a stage may still create, 0 when its budget
// or the sweep's is spent. What is asked for counts as created.
func room(v *View, st *Stage) int {
	left := unlimited
	if st.Budget > 0 {
		left = st.Budget - st.Proposed - st.Asking()
	}
	if total := v.Sweep.Spec.Budget.Trials; total > 0 {
		asking := 0
		for i := range v.Stages {
			asking += v.Stages[i].Asking()
		}
		left = min(left, total-v.Sweep.Counts.Created-asking)
	}
	return max(left, 0)
}

// deal is how a stage's next trials fall to its branches.
type deal struct {
	st     *Stage
	rank   []int // of each branch by its best loss, from 1
	taken  []int // proposed, asked for, and dealt now
	dealt  []int
	closed []bool
	left   int // of the stage's budget
}

func newDeal(v *View, st *Stage) *deal {
	n := len(st.Branches)
	d := &deal{st: st, rank: ranks(st.Branches), taken: make([]int, n), dealt: make([]int, n), closed: make([]bool, n), left: room(v, st)}
	for i := range st.Branches {
		b := &st.Branches[i]
		d.taken[i] = b.Proposed + b.Asking
		d.closed[i] = b.Exhausted || !b.Branch.Open
	}
	return d
}

// allowed is how many more trials branch i may have: what is left of the stage
// after the least shares of the others that can still use them.
func (d *deal) allowed(i int) int {
	b := &d.st.Branches[i]
	if d.closed[i] {
		return 0
	}
	left := d.left
	if d.st.Budget > 0 {
		for j := range d.st.Branches {
			if j != i && !d.closed[j] {
				left -= max(0, d.st.Branches[j].Budget-d.taken[j])
			}
		}
	}
	if !b.Shared && b.Budget > 0 {
		left = min(left, b.Budget-d.taken[i])
	}
	return max(left, 0)
}

// next is the branch that the next trial goes to, -1 when there is none. While
// some branch is below its least share, the one that has the smallest part of
// its own goes first; then branches are served in proportion to 1/rank, rank by
// their best loss.
func (d *deal) next(free func(i int) bool) int {
	best, bestKey := -1, [2]float64{}
	for i := range d.st.Branches {
		if !free(i) || d.allowed(i) == 0 {
			continue
		}
		b := &d.st.Branches[i]
		key := [2]float64{1, float64(d.taken[i]+1) * float64(d.rank[i])}
		if d.taken[i] < b.Budget {
			key = [2]float64{0, float64(d.taken[i]) / float64(b.Budget)}
		}
		if best < 0 || key[0] < bestKey[0] || key[0] == bestKey[0] && key[1] < bestKey[1] {
			best, bestKey = i, key
		}
	}
	return best
}

func (d *deal) give(i, n int) {
	d.taken[i] += n
	d.dealt[i] += n
	d.left -= n
}

// ranks orders branches by their best loss; equal ones, and those without a
// completed trial, share a rank.
func ranks(bs []Branch) []int {
	order := make([]int, len(bs))
	for i := range order {
		order[i] = i
	}
	loss := func(i int) float64 {
		if bs[i].Best == nil {
			return math.Inf(1)
		}
		return *bs[i].Best
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(loss(a), loss(b)) })
	out := make([]int, len(bs))
	for at, i := range order {
		out[i] = at + 1
		if at > 0 && loss(i) == loss(order[at-1]) {
			out[i] = out[order[at-1]]
		}
	}
	return out
}

// Parallel is how many attempts of a stage may be queued or live at once, 0
// without a bound.
func Parallel(s *trials.Sweep, st *spec.Stage) int {
	p := s.Spec.Budget.Parallel
	if own := st.Budget.Parallel; own > 0 && (p == 0 || own < p) {
		return own
	}
	return p
}
