package plan

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

// newBranch makes the branch of one item of for_each; each is nil without.
func newBranch(v *View, st *Stage, each map[string]any) (NewBranch, error) {
	b := NewBranch{Each: each}
	if each != nil {
		b.Name = label(each[st.Spec.ForEach.Name])
	}
	b.Seed = Seed(st.Spec.Sampler.Seed, st.Name, b.Name)
	if st.Spec.Points != nil {
		return b, nil
	}
	space, err := resolve(v, st.Spec, each)
	if err != nil {
		return b, err
	}
	def := space.Definition()
	b.Space = &def
	return b, nil
}

// Seed is the seed of a branch: different for each branch of each stage, and
// the same whenever the same sweep is run. At most 63 bits, since databases
// have signed integers.
func Seed(sampler uint64, stage, branch string) uint64 {
	h := fnv.New64a()
	for _, part := range []string{strconv.FormatUint(sampler, 10), stage, branch} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	x := h.Sum64() // FNV alone leaves similar names with similar high bits
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9 // splitmix64, Steele et al. 2014
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return (x ^ x>>31) >> 1
}

// resolve makes the space of a branch: given or that of the stage it narrows,
// with the item's parameter pinned, narrowed around the winners.
func resolve(v *View, st *spec.Stage, each map[string]any) (*search.Space, error) {
	def, err := base(v, st)
	if err != nil {
		return nil, err
	}
	space, err := search.NewSpace(*def)
	if err != nil {
		return nil, err
	}
	for name, item := range each { // one entry
		if !has(def, name) {
			continue
		}
		if space, err = space.Pin(name, item); err != nil {
			return nil, err
		}
	}
	if st.Narrow == nil {
		return space, nil
	}
	from := v.stage(st.Narrow.Stage)
	all := v.Trials(from.Name)
	space, err = space.Narrow(points(Rank(from.Spec.Objective.Goal, all)), points(all),
		search.NarrowOptions{Keep: st.Narrow.Keep, Widen: st.Narrow.Widen})
	if err != nil || st.Narrow.Override == nil {
		return space, err
	}
	return override(space.Definition(), *st.Narrow.Override)
}

// base is the space that a stage starts from: its own, or that of the stage it
// narrows.
func base(v *View, st *spec.Stage) (*search.Definition, error) {
	for hops := 0; hops <= len(v.Stages); hops++ {
		if st.Space != nil {
			return st.Space, nil
		}
		if st.Narrow == nil {
			return nil, fault.Invalidf("stage %s has no space", st.Name)
		}
		from := v.stage(st.Narrow.Stage)
		if from == nil {
			return nil, fault.Invalidf("narrow: there is no stage %q", st.Narrow.Stage).Fix("%s", fault.DidYouMean(st.Narrow.Stage, stageNames(v)))
		}
		if len(from.Branches) == 1 && from.Branches[0].Space != nil {
			return from.Branches[0].Space, nil
		}
		st = from.Spec
	}
	return nil, fault.Invalidf("narrow: the stages narrow one another in a circle")
}

// override replaces parameters by name and adds those that are new.
func override(def, by search.Definition) (*search.Space, error) {
next:
	for _, p := range by.Params {
		for i := range def.Params {
			if def.Params[i].Name == p.Name {
				def.Params[i] = p
				continue next
			}
		}
		def.Params = append(def.Params, p)
	}
	def.Constraints = append(def.Constraints, by.Constraints...)
	return search.NewSpace(def)
}

func has(def *search.Definition, name string) bool {
	for _, p := range def.Params {
		if p.Name == name || p.Pass == name {
			return true
		}
	}
	return false
}

// label is an item as the name of its branch: text as it is, else JSON.
func label(item any) string {
	if s, ok := item.(string); ok {
		return s
	}
	text, err := json.Marshal(item)
	if err != nil {
		return fmt.Sprint(item)
	}
	return string(text)
}
