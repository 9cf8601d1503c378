package scheduler

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// fold brings the board up to date. What one page holds is taken in an order
// that does not depend on how changes were cut into pages: nouns, attempts,
// stored verdicts, readings by (seq, trial, ordinal), ends; then the stoppers
// judge. O(rows in c).
func (b *board) fold(c *Changes) error {
	b.seq = c.Seq
	b.sweep = c.Sweep
	b.timed.Store(c.Sweep.Spec.Budget.Wall > 0)
	b.folded += int64(len(c.Branches) + len(c.Trials) + len(c.Attempts) + len(c.Readings) + len(c.Decisions))
	b.foldStages(c.Stages)
	for _, r := range c.Branches {
		if err := b.foldBranch(r); err != nil {
			return err
		}
	}
	slices.SortFunc(c.Trials, func(x, y trials.Trial) int { return cmp.Compare(x.Number, y.Number) })
	touched := make([]*trial, 0, len(c.Trials))
	for i := range c.Trials {
		touched = append(touched, b.foldTrial(&c.Trials[i]))
	}
	slices.SortFunc(c.Attempts, func(x, y trials.Attempt) int {
		return cmp.Or(cmp.Compare(x.TrialNo, y.TrialNo), cmp.Compare(x.Number, y.Number))
	})
	for i := range c.Decisions {
		b.foldDecision(&c.Decisions[i])
	}
	for i := range c.Attempts {
		b.foldAttempt(&c.Attempts[i])
	}
	slices.SortStableFunc(c.Readings, func(x, y trials.Reading) int {
		return cmp.Or(cmp.Compare(x.Seq, y.Seq), cmp.Compare(x.Number, y.Number), cmp.Compare(x.Ordinal, y.Ordinal))
	})
	for i := range c.Readings {
		b.foldReading(&c.Readings[i])
	}
	for _, t := range touched {
		b.foldEnd(t)
	}
	for i := range c.Attempts {
		if t := b.trials[c.Attempts[i].Trial]; t != nil {
			b.place(t)
		}
	}
	b.judge()
	return nil
}

func (b *board) foldStages(rows []trials.Stage) {
	for _, r := range rows {
		i := slices.IndexFunc(b.stages, func(s *stage) bool { return s.No == r.No })
		if i < 0 {
			b.stages = append(b.stages, &stage{spec: &b.sweep.Spec.Stages[r.Index]})
			i = len(b.stages) - 1
		}
		st := b.stages[i]
		st.Stage, st.spec = r, &b.sweep.Spec.Stages[r.Index]
	}
	slices.SortFunc(b.stages, func(x, y *stage) int { return cmp.Compare(x.Index, y.Index) })
}

func (b *board) foldBranch(r trials.Branch) error {
	br := b.branches[r.No]
	if br == nil {
		i := slices.IndexFunc(b.stages, func(s *stage) bool { return s.No == r.Stage })
		br = &branch{stage: b.stages[i]}
		var err error
		if br.stopper, br.groups, err = newStopper(br.stage.spec.EarlyStop); err != nil {
			return fmt.Errorf("stage %s: %w", r.StageName, err)
		}
		b.branches[r.No] = br
		st := br.stage
		st.branches = append(st.branches, br)
		slices.SortFunc(st.branches, func(x, y *branch) int { return cmp.Compare(x.Index, y.Index) })
	}
	br.Branch = r
	return nil
}

// foldTrial takes in a trial's row, all but its end.
func (b *board) foldTrial(r *trials.Trial) *trial {
	t := b.trials[r.No]
	if t == nil {
		br := b.branches[r.Branch]
		t = &trial{branch: br, stage: br.stage, told: trials.Queued}
		t.Attempts = r.Attempts
		b.trials[r.No], b.numbers[r.Number] = t, t
		br.stage.trials = append(br.stage.trials, t)
		if n := len(br.stage.trials); n > 1 && br.stage.trials[n-2].Number > r.Number {
			slices.SortFunc(br.stage.trials, func(x, y *trial) int { return cmp.Compare(x.Number, y.Number) })
		}
		br.tell(search.Observation{Trial: r.Number, K: r.K, Event: search.Opened, Point: r.Point})
		br.running++
		b.open[r.Number] = t
	}
	again := r.Attempts > t.Attempts
	reopened := t.told.Ended() && !r.State.Ended()
	t.Trial = *r
	if again {
		t.begin()
	}
	if reopened {
		t.branch.running++
		b.open[t.Number] = t
		t.told = trials.Queued
		t.branch.tell(search.Observation{Trial: t.Number, K: t.K, Event: search.Opened, Point: t.Point})
	}
	return t
}

// begin forgets what the attempts before the newest reported: it does not go on
// from a checkpoint.
func (t *trial) begin() {
	t.curve = curve{}
	if t.branch.stopper != nil {
		t.branch.stopper.Reset(t.Number)
	}
	t.branch.tell(search.Observation{Trial: t.Number, K: t.K, Event: search.Reset})
}

func (b *board) foldAttempt(a *trials.Attempt) {
	t := b.trials[a.Trial]
	if t == nil {
		return
	}
	if a.Number >= t.attempt.Number {
		t.attempt = *a
	}
	if a.State != trials.AttemptEnded || a.Number <= t.counted {
		return
	}
	t.counted = a.Number
	switch {
	case a.Verdict == trials.Lost && !slices.Contains(t.lostOn, a.Worker):
		t.lostOn = append(t.lostOn, a.Worker)
	case a.Failure != nil && a.Verdict == trials.VerdictFailed:
		if t.same == nil {
			t.same = map[trials.Class]int{}
		}
		t.same[a.Failure.Class]++
		b.first.failed(t, a)
	}
}

// foldEnd takes in how a trial ended, after its last readings.
func (b *board) foldEnd(t *trial) {
	if t.State.Ended() && !t.told.Ended() {
		t.told = t.State
		t.branch.running--
		delete(b.open, t.Number)
		t.curve = curve{}
		b.tellEnd(t)
	}
	b.place(t)
}

func (b *board) tellEnd(t *trial) {
	o := search.Observation{Trial: t.Number, K: t.K, Resource: t.reached(), Degraded: t.Effective != nil}
	goal := t.stage.spec.Objective.Goal
	switch t.State {
	case trials.Completed:
		o.Event, o.Loss = search.Finished, math.NaN()
		if t.Value != nil {
			o.Loss = goal.Loss(*t.Value)
			if !math.IsNaN(o.Loss) && (t.branch.best == nil || o.Loss < *t.branch.best) {
				t.branch.best = &o.Loss
			}
		}
	case trials.Stopped:
		o.Event, o.Loss = search.Stopped, math.NaN()
		if t.Best != nil {
			o.Loss = goal.Loss(*t.Best)
		}
	case trials.Failed:
		o.Event = search.Failed
	case trials.Cancelled:
		o.Event = search.Dropped
	}
	t.branch.tell(o)
}

// place puts a trial into the sets that plans read.
func (b *board) place(t *trial) {
	delete(b.idle, t.Number)
	delete(b.stops, t.Number)
	if t.State.Ended() || t.attempt.Number != t.Attempts {
		return
	}
	switch t.attempt.State {
	case trials.AttemptEnded:
		if t.State == trials.Running && t.attempt.Verdict != trials.Succeeded && t.attempt.Verdict != trials.VerdictStopped {
			b.idle[t.Number] = t
		}
	case trials.AttemptLive:
		if t.stop != nil || t.attempt.StopAsked {
			b.stops[t.Number] = t
		}
	}
}

// foldDecision takes in stored verdicts and pauses.
func (b *board) foldDecision(d *trials.Decision) {
	switch d.Kind {
	case "pause", "resume":
		b.clock.fold(*d, b.sweep.Started)
		if d.Kind == "resume" {
			b.first.resumed(d.Seq)
		}
	case "stop", "promote":
		t := b.numbers[d.Trial]
		var v search.Verdict
		if t == nil || len(d.Payload) == 0 || json.Unmarshal(d.Payload, &v) != nil || v.Rule == plan.Wall {
			return
		}
		v.Trial = d.Trial
		b.recorded[rung{d.Trial, v.Rung}] = true
		b.records = slices.DeleteFunc(b.records, func(r plan.Verdict) bool { return r.Number == d.Trial && r.Rung == v.Rung })
		if v.Stop {
			t.stop = &v
		}
		if t.branch.stopper != nil {
			t.branch.stopper.Recorded(v)
		}
	}
}

// judge lets the stoppers speak. A trial that has ended meanwhile needs no
// verdict; a stop holds until the trial ends, whichever attempt it meets.
func (b *board) judge() {
	for _, no := range slices.Sorted(maps.Keys(b.branches)) {
		br := b.branches[no]
		if br.stopper == nil {
			continue
		}
		for _, v := range br.stopper.Judge() {
			t := b.numbers[v.Trial]
			if t == nil || t.State.Ended() || b.recorded[rung{v.Trial, v.Rung}] {
				continue
			}
			if v.Stop {
				t.stop = &v
				b.place(t)
				continue
			}
			b.records = append(b.records, plan.Verdict{Trial: t.No, Number: t.Number, Attempt: t.Attempts, Verdict: v})
		}
	}
}
