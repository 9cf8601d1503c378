package plan

import (
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials/spec"
)

// newBranch makes the branch of one item of for_each; each is nil without.
func newBranch(v *View, st *Stage, each map[string]any) (NewBranch, error) {
	b := NewBranch{Each: each}
	if each != nil {
		b.Name = spec.BranchName(each[st.Spec.ForEach.Name])
	}
	b.Seed = Seed(st.Spec.Sampler.Seed, st.Name, b.Name)
	w, err := winners(v, st.Spec)
	if err != nil {
		return b, err
	}
	b.Space, err = st.Spec.SpaceFor(each, w)
	return b, err
}

// Seed is the seed of a branch: different for each branch of each stage, and
// the same whenever the same sweep is run. At most 63 bits, since databases
// have signed integers.
func Seed(sampler uint64, stage, branch string) uint64 {
	return spec.BranchSeed(sampler, stage, branch)
}

// winners are what the stage's space is made around, when it narrows another.
// Points are those proposed: they lie in the space, whatever the ladder of
// memory made of them later.
func winners(v *View, st *spec.Stage) (spec.Winners, error) {
	if st.Narrow == nil {
		return spec.Winners{}, nil
	}
	from := v.stage(st.Narrow.Stage)
	if from == nil {
		return spec.Winners{}, fault.Invalidf("narrow: there is no stage %q", st.Narrow.Stage).Fix("%s", fault.DidYouMean(st.Narrow.Stage, stageNames(v)))
	}
	w := spec.Winners{Space: v.Sweep.Spec.BaseSpace(from.Name)}
	if len(from.Branches) == 1 && from.Branches[0].Space != nil {
		w.Space = from.Branches[0].Space
	}
	all := v.Trials(from.Name)
	w.Completed, w.Tried = points(Rank(from.Spec.Objective.Goal, all)), points(all)
	return w, nil
}
