package api

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

var began = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

// results are n trials that ended one a second, in the order of their numbers.
func results(n int, seed uint64) []trials.Trial {
	r := rand.New(rand.NewPCG(seed, 1))
	ts := make([]trials.Trial, n)
	for i := range ts {
		v := r.Float64()
		ts[i] = trials.Trial{
			Number: i + 1, State: trials.Completed, StageName: "s", Value: &v, Best: &v, Resource: 1 + r.IntN(9), Ended: began.Add(time.Duration(i) * time.Second),
		}
		switch r.IntN(4) {
		case 0:
			ts[i].State, ts[i].Value = trials.Stopped, nil
		case 1:
			ts[i].State, ts[i].Value, ts[i].Ended = trials.Running, nil, time.Time{}
		}
	}
	return ts
}

func summaryOf(ts []trials.Trial, goal spec.Goal) *summary {
	sm := newSummary()
	sm.last = &scheduler.Changes{Sweep: trials.Sweep{Started: began}}
	sm.fold(goal, ts, nil)
	return sm
}

// However trials come - in their order, as they change, twice, or all at once
// after a restart - the summary is the same.
func TestASummaryDependsOnTheTrialsAlone(t *testing.T) {
	for _, goal := range []spec.Goal{spec.Minimize, spec.Maximize} {
		ts := results(9000, 7)
		whole := summaryOf(ts, goal)

		r := rand.New(rand.NewPCG(3, 3))
		parts := summaryOf(nil, goal)
		shuffled := slices.Clone(ts)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, one := range shuffled {
			early := one
			early.State, early.Value, early.Ended = trials.Queued, nil, time.Time{}
			parts.fold(goal, []trials.Trial{early}, nil)
			parts.fold(goal, []trials.Trial{one, one}, nil)
		}
		sp := &spec.Spec{Stages: []spec.Stage{{Name: "s", EarlyStop: &spec.EarlyStop{}}}}
		if d := cmp.Diff(whole.wireCorners(), parts.wireCorners()); d != "" {
			t.Error("corners", d)
		}
		if d := cmp.Diff(whole.wireDots(), parts.wireDots()); d != "" {
			t.Error("dots", d)
		}
		if d := cmp.Diff(whole.saved(sp), parts.saved(sp)); d != "" {
			t.Error("saved", d)
		}
		if n := len(whole.dots); n > maxDots || n < maxDots/2 {
			t.Errorf("%d dots", n)
		}
	}
}

func TestTheBestSoFarIsThatOfEachMoment(t *testing.T) {
	ts := results(500, 5)
	best, want := math.Inf(1), []int{}
	for _, one := range ts {
		if one.Value != nil && *one.Value < best {
			best, want = *one.Value, append(want, one.Number)
		}
	}
	var got []int
	for _, c := range summaryOf(ts, spec.Minimize).corners {
		got = append(got, c.trial)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAResultTakenBackLeavesTheCurve(t *testing.T) {
	ts := results(50, 5)
	sm := summaryOf(ts, spec.Minimize)
	gone := ts[sm.corners[len(sm.corners)-1].trial-1]
	gone.State, gone.Value, gone.Ended = trials.Queued, nil, time.Time{}
	ts[gone.Number-1] = gone
	sm.fold(spec.Minimize, []trials.Trial{gone}, nil)
	want := summaryOf(ts, spec.Minimize)
	if d := cmp.Diff(want.wireCorners(), sm.wireCorners()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want.wireDots(), sm.wireDots()); d != "" {
		t.Error(d)
	}
}

func TestWhatIsNoNumberIsNeverTheBest(t *testing.T) {
	nan, inf, one := math.NaN(), math.Inf(1), 1.0
	ts := []trials.Trial{
		{Number: 1, State: trials.Completed, Value: &nan, Ended: began},
		{Number: 2, State: trials.Completed, Value: &inf, Ended: began.Add(time.Second)},
		{Number: 3, State: trials.Completed, Value: &one, Ended: began.Add(2 * time.Second)},
	}
	got := summaryOf(ts, spec.Minimize).corners
	if len(got) != 2 || got[0].trial != 2 || got[1].trial != 3 {
		t.Errorf("%+v", got)
	}
}

// Stopped trials would have run to the rule's max, else as far as the longest
// completed one of their stage: here 9, so the trials stopped at 1 and 3 saved
// 8 + 6 of 9 + 9 + 9.
func TestWhatEarlyStoppingSaved(t *testing.T) {
	ts := []trials.Trial{
		{Number: 1, State: trials.Completed, StageName: "s", Resource: 9},
		{Number: 2, State: trials.Stopped, StageName: "s", Resource: 1},
		{Number: 3, State: trials.Stopped, StageName: "s", Resource: 3},
		{Number: 4, State: trials.Stopped, StageName: "other", Resource: 3},
		{Number: 5, State: trials.Running, StageName: "s", Resource: 5},
	}
	sm := summaryOf(ts, spec.Minimize)
	for full, want := range map[float64][2]float64{0: {14, 27}, 27: {50, 63}, 2: {1, 14}} {
		sp := &spec.Spec{Stages: []spec.Stage{{Name: "s", EarlyStop: &spec.EarlyStop{Max: full}}, {Name: "other"}}}
		if got := sm.saved(sp); got.Resource != want[0] || got.Of != want[1] || got.Unit != "reports" {
			t.Errorf("max %v: %+v, want %v", full, got, want)
		}
	}
}

func TestTheSummaryNotAskedForIsForgotten(t *testing.T) {
	var ss summaries
	first := ss.get(1)
	for n := int64(2); n <= keptSummaries; n++ {
		ss.get(n)
	}
	if ss.get(1) != first {
		t.Error("one of as many as are kept was forgotten")
	}
	second := ss.get(2)
	ss.get(keptSummaries + 1) // 3 was not asked for the longest
	if ss.get(1) != first || ss.get(2) != second || len(ss.of) != keptSummaries || ss.of[3] != nil {
		t.Errorf("%d are kept", len(ss.of))
	}
}
