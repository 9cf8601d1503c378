package plan

import "github.com/sweepd/sweepd/trials"

const (
	ahead = 2  // trials that wait beyond the busy slots when points depend on results; or a quarter of the slots
	batch = 16 // likewise when they do not; or as many as there are slots
)

// asks wants as many new points as keep every worker busy while a sampler
// thinks. Points that depend on results are made as late as that allows; others
// come in batches; points: and grids come all at once. One Ask per branch is in
// flight.
func asks(v *View) []Action {
	var as []Action
	open := v.Sweep.Counts.Open()
	for i := range v.Stages {
		open += v.Stages[i].Asking()
	}
	for i := range v.Stages {
		st := &v.Stages[i]
		if st.State != trials.StageOpen || len(st.Branches) == 0 {
			continue
		}
		d := newDeal(v, st)
		free := func(i int) bool { return st.Branches[i].Asking == 0 }
		if st.All {
			dealAll(d, free)
		} else {
			for want := wanted(v, st) - open; want > 0; want-- {
				i := d.next(free)
				if i < 0 {
					break
				}
				d.give(i, 1)
				open++
			}
		}
		for i, n := range d.dealt {
			if n > 0 {
				as = append(as, Ask{Branch: st.Branches[i].No, Name: BranchName(st.Name, st.Branches[i].Name), N: n})
			}
		}
	}
	return as
}

// dealAll gives each branch all that it may have.
func dealAll(d *deal, free func(int) bool) {
	for i := range d.st.Branches {
		if free(i) {
			d.give(i, d.allowed(i))
		}
	}
}

// wanted is the number of open trials to keep, those that wait included. A new
// batch is begun when half of it is used up.
func wanted(v *View, st *Stage) int {
	busy := max(st.Slots, 1)
	if p := Parallel(&v.Sweep, st.Spec); p > 0 {
		busy = min(busy, p)
	}
	if st.Deals {
		return busy + max(ahead, (busy+3)/4)
	}
	want := busy + max(busy, batch)
	if v.Sweep.Counts.Open() > busy+max(busy, batch)/2 {
		return 0
	}
	return want
}

// BranchName is a branch for people: "refine/mlp", or the stage's name where
// it has one branch.
func BranchName(stage, branch string) string {
	if branch == "" {
		return stage
	}
	return stage + "/" + branch
}
