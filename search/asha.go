package search

import (
	"cmp"
	"math"
	"slices"
)

// asha is asynchronous successive halving in its stopping form (Li et al.
// 2020, A System for Massively Parallel Hyperparameter Tuning,
// arXiv:1810.05934): nothing waits, nothing is paused. The first report of a
// trial at or beyond the resource of a rung puts its loss on that rung, and it
// is judged against the losses that stand there at that moment, its own
// included: of n losses the best max(1, floor(n/Eta)) go on, and whoever ties
// with the last of them. So the first trial on a rung always goes on, and until
// there are Eta of them only a trial that is the best so far does.
//
// A report that jumps over rungs is put on each of them and judged from the
// lowest up, until one stops it. A NaN or infinite loss counts as the largest
// number. Reports of a trial after it was stopped still stand on the rungs.
//
// With Await a rung judges nobody until some trial of its group has reported
// beyond it; who came to it before then is judged at that moment, in the order
// of coming. So where every trial ends at a rung (a model that is fitted in one
// go), none is stopped after the work is done.
type asha struct {
	o      StopOptions
	trials map[int]*ashaTrial
	rungs  map[rungKey]*ranked[rungEntry]
	deep   map[string]*ranked[rungEntry] // by group: how far trials have come, the farthest first
	wait   map[rungKey][]int             // trials not judged yet, in the order of coming
	fresh  []Verdict                     // not yet given
}

type rungKey struct {
	group string
	rung  int
}

type rungEntry struct {
	loss  float64
	trial int
}

type ashaTrial struct {
	group   string
	far     float64      // the largest resource reported
	entries []ashaEntry  // on rungs 0, 1, ...
	judged  map[int]bool // rungs that have a verdict, given or recorded
	stopped bool
}

// ashaEntry is what a trial has on one rung.
type ashaEntry struct {
	loss     float64
	resource float64 // of the report that put it there
}

// NewASHA makes an ASHA stopper; options out of range are fault.Invalid.
func NewASHA(o StopOptions) (Stopper, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	return &asha{
		o: o, trials: map[int]*ashaTrial{}, rungs: map[rungKey]*ranked[rungEntry]{},
		deep: map[string]*ranked[rungEntry]{}, wait: map[rungKey][]int{},
	}, nil
}

func (a *asha) trial(n int) *ashaTrial {
	t := a.trials[n]
	if t == nil {
		t = &ashaTrial{judged: map[int]bool{}}
		a.trials[n] = t
	}
	return t
}

func (a *asha) rung(group string, i int) *ranked[rungEntry] {
	key := rungKey{group, i}
	r := a.rungs[key]
	if r == nil {
		r = newRanked(lowest)
		a.rungs[key] = r
	}
	return r
}

// lowest orders entries by loss, then by trial.
func lowest(x, y rungEntry) int { return cmp.Or(cmp.Compare(x.loss, y.loss), x.trial-y.trial) }

// Open names a trial's group. What the trial has on rungs moves with it.
func (a *asha) Open(trial int, group string) {
	if !a.o.Grouped {
		group = ""
	}
	t := a.trial(trial)
	if t.group == group {
		return
	}
	for i, e := range t.entries {
		a.rung(t.group, i).remove(rungEntry{e.loss, trial})
		a.rung(group, i).insert(rungEntry{e.loss, trial})
	}
	far := t.far
	a.reach(trial, t, 0)
	t.group = group
	a.reach(trial, t, far)
}

// reach notes how far a trial has come; 0 forgets it.
func (a *asha) reach(trial int, t *ashaTrial, far float64) {
	if t.far == far {
		return
	}
	d := a.deep[t.group]
	if d == nil {
		d = newRanked(lowest)
		a.deep[t.group] = d
	}
	if t.far > 0 {
		d.remove(rungEntry{-t.far, trial})
	}
	if t.far = far; far > 0 {
		d.insert(rungEntry{-far, trial})
	}
}

// beyond tells whether some trial of a group has reported more than a resource.
func (a *asha) beyond(group string, resource float64) bool {
	d := a.deep[group]
	return d != nil && d.len() > 0 && -d.at(0).loss > resource
}

// Report tells a loss at a resource. The same resource again replaces what it
// put on rungs, without judging again. Resources that are not above 0 are
// ignored. O(log trials) per rung reached.
func (a *asha) Report(trial int, resource, loss float64) {
	if !(resource > 0) || math.IsInf(resource, 0) {
		return
	}
	loss = judgeable(loss)
	t := a.trial(trial)
	for i := range t.entries {
		if e := &t.entries[i]; e.resource == resource && e.loss != loss {
			r := a.rung(t.group, i)
			r.remove(rungEntry{e.loss, trial})
			e.loss = loss
			r.insert(rungEntry{loss, trial})
		}
	}
	a.reach(trial, t, max(t.far, resource))
	for i := 0; ; i++ {
		at := a.o.rung(i)
		if at > resource || (a.o.Max > 0 && at >= a.o.Max) {
			return
		}
		a.settleRung(t.group, i, at)
		if i < len(t.entries) {
			continue
		}
		t.entries = append(t.entries, ashaEntry{loss, resource})
		a.rung(t.group, i).insert(rungEntry{loss, trial})
		if a.o.Await && !a.beyond(t.group, at) {
			key := rungKey{t.group, i}
			a.wait[key] = append(a.wait[key], trial)
			continue
		}
		a.judge(trial, t, i, at)
	}
}

// settleRung judges those who wait on a rung, once there is somebody beyond it.
func (a *asha) settleRung(group string, i int, at float64) {
	key := rungKey{group, i}
	if len(a.wait[key]) == 0 || !a.beyond(group, at) {
		return
	}
	waiting := a.wait[key]
	delete(a.wait, key)
	for _, n := range waiting {
		if t := a.trials[n]; t.group == group && i < len(t.entries) {
			a.judge(n, t, i, at)
		}
	}
}

// judgeable makes every loss a finite number, so that NaN and infinities rank
// and can be written down.
func judgeable(loss float64) float64 {
	if math.IsNaN(loss) {
		return math.MaxFloat64
	}
	return min(max(loss, -math.MaxFloat64), math.MaxFloat64)
}

// judge decides about a trial that has just come to rung i.
func (a *asha) judge(trial int, t *ashaTrial, i int, resource float64) {
	if t.stopped || t.judged[i] {
		return
	}
	t.judged[i] = true
	r, loss := a.rung(t.group, i), t.entries[i].loss
	n := r.len()
	cut := r.at(max(1, int(float64(n)/a.o.Eta)) - 1).loss
	v := Verdict{
		Trial: trial, Stop: loss > cut, Rule: "asha", Group: t.group,
		Rung: i, Resource: resource, Loss: loss, Of: n, Cut: cut,
		Rank: 1 + r.below(func(e rungEntry) bool { return e.loss < loss }),
	}
	t.stopped = v.Stop
	a.fresh = append(a.fresh, v)
}

// Reset forgets a trial's reports and rung entries. Rungs that were judged are
// not judged again, and a trial that was stopped is not judged any more.
func (a *asha) Reset(trial int) {
	t := a.trial(trial)
	for i, e := range t.entries {
		key := rungKey{t.group, i}
		a.rung(t.group, i).remove(rungEntry{e.loss, trial})
		a.wait[key] = slices.DeleteFunc(a.wait[key], func(n int) bool { return n == trial })
	}
	t.entries = nil
	a.reach(trial, t, 0)
}

// Recorded tells a verdict that was stored earlier; it is not given again, and a
// trial that it stopped is not judged any more.
func (a *asha) Recorded(v Verdict) {
	t := a.trial(v.Trial)
	t.judged[v.Rung] = true
	t.stopped = t.stopped || v.Stop
	kept := a.fresh[:0]
	for _, f := range a.fresh {
		if f.Trial != v.Trial || f.Rung != v.Rung {
			kept = append(kept, f)
		}
	}
	a.fresh = kept
}

// Judge gives the verdicts that fell since the last call, in that order.
func (a *asha) Judge() []Verdict {
	out := a.fresh
	a.fresh = nil
	return out
}
