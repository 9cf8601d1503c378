package scheduler

import (
	"maps"
	"slices"
	"time"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
)

// view is the sweep as policy sees it. O(stages + branches + trials that wait
// for a decision).
func (b *board) view(now time.Time, slots func(*stage) int) plan.View {
	v := plan.View{Now: now, Sweep: b.sweep, Elapsed: b.clock.elapsed(b.sweep.Started, now), Trials: b.trialsOf, Open: b.openTrials}
	for _, st := range b.stages {
		v.Stages = append(v.Stages, b.viewStage(st, slots))
	}
	v.Verdicts = b.verdicts()
	for _, n := range slices.Sorted(maps.Keys(b.idle)) {
		v.Ended = append(v.Ended, b.idle[n].ended())
	}
	c := b.sweep.Counts
	if c.Completed+c.Stopped == 0 {
		v.Alike = b.first.most()
	}
	if c.Completed+c.Stopped == 0 && c.Readings == 0 {
		v.Silent = b.first.silent
	}
	return v
}

func (b *board) viewStage(st *stage, slots func(*stage) int) plan.Stage {
	out := plan.Stage{
		Stage: st.Stage, Spec: st.spec, Building: st.building,
		All:   st.spec.Points != nil || st.spec.Sampler.Algorithm == "grid",
		Deals: st.spec.Sampler.Algorithm != "random" && st.spec.Sampler.Algorithm != "sobol",
	}
	if st.State == trials.StageOpen {
		out.Slots = slots(st)
	}
	for _, br := range st.branches {
		out.Branches = append(out.Branches, plan.Branch{Branch: br.Branch, Running: br.running, Asking: br.asking, Best: br.best})
	}
	return out
}

// verdicts are those not stored yet: promotions as they fell, then stops by
// trial. A stop waits until there is a live attempt to ask.
func (b *board) verdicts() []plan.Verdict {
	var out []plan.Verdict
	for _, r := range b.records {
		if t := b.numbers[r.Number]; t != nil && !t.State.Ended() {
			out = append(out, r)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(b.stops)) {
		t := b.stops[n]
		if t.stop != nil && !t.attempt.StopAsked && len(t.curve.values) > 0 {
			out = append(out, plan.Verdict{Trial: t.No, Number: t.Number, Attempt: t.Attempts, Verdict: *t.stop})
		}
	}
	return out
}

func (t *trial) ended() plan.Ended {
	e := plan.Ended{
		Trial: &t.Trial, Stage: t.stage.spec, Verdict: t.attempt.Verdict, Params: t.attempt.Effective,
		Same: t.same, LostOn: len(t.lostOn),
	}
	if t.attempt.Verdict == trials.VerdictFailed {
		e.Failure = t.attempt.Failure
		if e.Failure == nil {
			e.Failure = &trials.Failure{Class: trials.ClassError, Message: "it failed"}
		}
	}
	if e.Params == nil {
		e.Params = t.Point
	}
	return e
}

func (b *board) trialsOf(name string) []*trials.Trial {
	for _, st := range b.stages {
		if st.Name != name {
			continue
		}
		out := make([]*trials.Trial, len(st.trials))
		for i, t := range st.trials {
			out[i] = &t.Trial
		}
		return out
	}
	return nil
}

func (b *board) openTrials() []plan.Live {
	var out []plan.Live
	for _, n := range slices.Sorted(maps.Keys(b.open)) {
		t := b.open[n]
		if t.attempt.Number != t.Attempts {
			continue
		}
		out = append(out, plan.Live{Trial: &t.Trial, State: t.attempt.State, Asked: t.attempt.StopAsked})
	}
	return out
}
