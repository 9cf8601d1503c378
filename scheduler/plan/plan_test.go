package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// noon is when every view of these tests is taken.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// space is one float and one choice.
func space() *search.Definition {
	return &search.Definition{Params: []search.Param{
		{Name: "lr", Type: search.Float, Low: 1e-4, High: 1, Scale: search.Log},
		{Name: "family", Type: search.Choice, Values: []any{"knn", "mlp", "svm"}},
	}}
}

// searching is a search stage of n trials.
func searching(name string, n int) spec.Stage {
	return spec.Stage{
		Name: name, Kind: spec.SearchStage, Space: space(), Budget: spec.Budget{Trials: n},
		Sampler: spec.Sampler{Algorithm: "tpe", Seed: 7}, Objective: spec.Objective{Metric: "loss", Goal: spec.Minimize, Reduce: "best"},
	}
}

// viewOf is a running sweep whose stages wait.
func viewOf(sp spec.Spec) plan.View {
	sp.Objective = spec.Objective{Metric: "loss", Goal: spec.Minimize, Reduce: "best"}
	v := plan.View{
		Now: noon, Sweep: trials.Sweep{No: 1, State: trials.SweepRunning, Spec: &sp},
		Trials: func(string) []*trials.Trial { return nil },
		Open:   func() []plan.Live { return nil },
	}
	for i := range sp.Stages {
		v.Stages = append(v.Stages, plan.Stage{
			Stage: trials.Stage{No: int64(10 + i), Index: i, Name: sp.Stages[i].Name, State: trials.StageWaiting},
			Spec:  &sp.Stages[i], Slots: 2, Deals: true,
		})
	}
	return v
}

// opened is v with stage i open on branches of these names.
func opened(v plan.View, i, budget int, branches ...plan.Branch) plan.View {
	v.Stages[i].State, v.Stages[i].Budget, v.Stages[i].Branches = trials.StageOpen, budget, branches
	v.Stages[i].Proposed = 0
	for j := range branches {
		b := &v.Stages[i].Branches[j]
		b.No, b.Branch.Open = int64(100+j), !b.Exhausted
		v.Stages[i].Proposed += b.Proposed
		v.Sweep.Counts.Running += b.Running
	}
	v.Sweep.Counts.Created += v.Stages[i].Proposed
	return v
}

func branch(name string, proposed, budget int) plan.Branch {
	return plan.Branch{Branch: trials.Branch{Name: name, Proposed: proposed, Budget: budget, Shared: true}}
}

// next is the plan as text, and checks that it is the same twice.
func next(t *testing.T, v plan.View) string {
	t.Helper()
	text := func() string {
		as, err := plan.Next(v)
		var lines []string
		for _, a := range as {
			lines = append(lines, a.String())
		}
		if err != nil {
			lines = append(lines, "error: "+err.Error())
		}
		return strings.Join(lines, "\n")
	}
	got := text()
	if again := text(); again != got {
		t.Errorf("the same view gives\n%s\nthen\n%s", got, again)
	}
	return got
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if d := cmp.Diff(strings.TrimSpace(want), got); d != "" {
		t.Errorf("plan (-want +got):\n%s", d)
	}
}

func TestFirstStageOpensAndTheOthersWait(t *testing.T) {
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("explore", 30), searching("refine", 70)}, Budget: spec.Budget{Trials: 100}})
	same(t, next(t, v), "open stage explore: 1 branches, budget 30")
	v.Stages[0].State = trials.StageFinished
	same(t, next(t, v), "open stage refine: 1 branches, budget 70")
}

func TestAStageThatWaitsForNobodyNamedWaitsForTheOneAbove(t *testing.T) {
	blend := spec.Stage{Name: "blend", Kind: spec.EnsembleStage, Ensemble: &spec.Ensemble{From: []string{"a"}}}
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 1), searching("b", 1), blend}})
	v.Stages[0].State = trials.StageFinished
	same(t, next(t, v), "open stage b: 1 branches, budget 1\nopen stage blend: 0 branches, budget 0")
}

func TestBudgetOfTheSweepCapsAStage(t *testing.T) {
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 30)}, Budget: spec.Budget{Trials: 100}})
	v.Sweep.Counts.Created = 90
	same(t, next(t, v), "open stage a: 1 branches, budget 10")
	v.Sweep.Counts.Created = 100
	same(t, next(t, v), "skip stage a: the sweep's budget of 100 trials is spent")
}

// done is a completed trial.
func done(n int, value float64, params search.Point) *trials.Trial {
	return &trials.Trial{No: int64(1000 + n), Number: n, State: trials.Completed, Value: &value, Point: params}
}

func TestForEachMakesABranchPerItem(t *testing.T) {
	refine := searching("refine", 170)
	refine.Space, refine.Narrow = nil, &spec.Narrow{Stage: "explore"}
	refine.ForEach = &spec.ForEach{Name: "family", Expr: "top_values(stages.explore, 'family', 2)"}
	refine.Budget.Split = "shared"
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("explore", 3), refine}})
	v.Stages[0].State = trials.StageFinished
	v.Trials = func(string) []*trials.Trial {
		return []*trials.Trial{
			done(1, 0.3, search.Point{"lr": 0.1, "family": "svm"}),
			done(2, 0.1, search.Point{"lr": 0.2, "family": "mlp"}),
			done(3, 0.2, search.Point{"lr": 0.3, "family": "mlp"}),
			done(4, 0.4, search.Point{"lr": 0.3, "family": "knn"}),
		}
	}
	as, err := plan.Next(v)
	if err != nil {
		t.Fatal(err)
	}
	open := as[0].(plan.OpenStage)
	var got []string
	for _, b := range open.Branches {
		var family any
		for _, p := range b.Space.Params {
			if p.Name == "family" {
				family = p.Values
			}
		}
		got = append(got, fmt.Sprint(b.Name, " ", b.Each, " ", family, " least ", b.Budget, " ", b.Shared))
	}
	want := []string{"mlp map[family:mlp] [mlp] least 26 true", "svm map[family:svm] [svm] least 26 true"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("branches (-want +got):\n%s", d)
	}
	if a, b := open.Branches[0].Seed, open.Branches[1].Seed; a == b || a != plan.Seed(7, "refine", "mlp") {
		t.Errorf("seeds %d and %d, want different ones of (sampler seed, stage, branch)", a, b)
	}
}

func TestForEachWithoutItemsSkips(t *testing.T) {
	refine := searching("refine", 10)
	refine.ForEach = &spec.ForEach{Name: "family", Expr: "top_values(stages.explore, 'family', 2)"}
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("explore", 3), refine}})
	v.Stages[0].State = trials.StageFinished
	same(t, next(t, v), "skip stage refine: for_each gives no item")
}

func TestIndexingABestThatIsNotThereNamesTheStage(t *testing.T) {
	refine := searching("refine", 10)
	refine.Line, refine.When = 12, "stages.explore.best.value < 1"
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("explore", 3), refine}})
	v.Stages[0].State = trials.StageFinished
	got := next(t, v)
	if !strings.HasPrefix(got, "error: stage refine: line 12: when: ") {
		t.Errorf("got %q, want an error that names stage and line", got)
	}
}

func TestWhenFalseSkips(t *testing.T) {
	refine := searching("refine", 10)
	refine.When = "stages.explore.failed < 1 and stages.explore.done > 5"
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("explore", 3), refine}})
	v.Stages[0].State = trials.StageFinished
	same(t, next(t, v), "skip stage refine: when is false: stages.explore.failed < 1 and stages.explore.done > 5")
}

func TestEqualSplitGivesTheRemainderToEarlierItems(t *testing.T) {
	for split, want := range map[string][]int{"equal": {4, 3, 3}, "": {4, 3, 3}, "shared": {2, 2, 2}, "list": {5, 4, 1}} {
		st := searching("a", 10)
		st.ForEach = &spec.ForEach{Name: "family", Items: []any{"knn", "mlp", "svm"}}
		st.Budget.Split, st.Budget.Shares = split, []int{5, 4, 3}
		as, err := plan.Next(viewOf(spec.Spec{Stages: []spec.Stage{st}}))
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, b := range as[0].(plan.OpenStage).Branches {
			got = append(got, b.Budget)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("split %q (-want +got):\n%s", split, d)
		}
	}
}

func TestJustEnoughIsCreatedAhead(t *testing.T) {
	sp := spec.Spec{Stages: []spec.Stage{searching("a", 100)}}
	for name, c := range map[string]struct {
		slots, parallel, running, asking, proposed int
		deals                                      bool
		want                                       string
	}{
		"no worker yet":              {0, 0, 0, 0, 0, true, "ask a for 3"},
		"two slots":                  {2, 0, 0, 0, 0, true, "ask a for 4"},
		"one slot is free":           {2, 0, 3, 0, 3, true, "ask a for 1"},
		"enough":                     {2, 0, 4, 0, 4, true, ""},
		"parallel bounds the slots":  {8, 3, 0, 0, 0, true, "ask a for 5"},
		"a quarter of many slots":    {64, 0, 0, 0, 0, true, "ask a for 80"},
		"one ask at a time":          {2, 0, 0, 1, 0, true, ""},
		"budget ends":                {8, 0, 1, 0, 98, true, "ask a for 2"},
		"independent draws, a batch": {2, 0, 0, 0, 0, false, "ask a for 18"},
		"batch is half used":         {2, 0, 11, 0, 40, false, ""},
	} {
		sp.Budget.Parallel = c.parallel
		v := opened(viewOf(sp), 0, 100, plan.Branch{Branch: trials.Branch{Proposed: c.proposed, Budget: 100}, Running: c.running, Asking: c.asking})
		v.Stages[0].Slots, v.Stages[0].Deals = c.slots, c.deals
		if got := next(t, v); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestGridsAndPointsAreCreatedAtOnce(t *testing.T) {
	st := searching("a", 0)
	st.Points = make([]spec.PointSpec, 10_000)
	v := viewOf(spec.Spec{Stages: []spec.Stage{st}})
	same(t, next(t, v), "open stage a: 1 branches, budget 10000")
	v = opened(v, 0, 10_000, plan.Branch{Branch: trials.Branch{Proposed: 500, Budget: 10_000}})
	v.Stages[0].All = true
	same(t, next(t, v), "ask a for 9500")
}

func TestSharedBudgetFollowsTheBest(t *testing.T) {
	loss := func(x float64) *float64 { return &x }
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 100)}})
	v.Stages[0].Slots = 32
	best, worst, none := branch("best", 15, 15), branch("worst", 15, 15), branch("none", 3, 15)
	best.Best, worst.Best = loss(0.1), loss(0.9)
	v = opened(v, 0, 100, best, worst, none)
	same(t, next(t, v), "ask a/best for 24\nask a/worst for 4\nask a/none for 12")
}

func TestLeastSharesOfOthersAreKept(t *testing.T) {
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 100)}})
	v.Stages[0].Slots = 50
	greedy, slow := branch("greedy", 80, 15), branch("slow", 0, 15)
	slow.Asking = 4
	v = opened(v, 0, 100, greedy, slow)
	same(t, next(t, v), "ask a/greedy for 5")
}

func TestAnExhaustedBranchReturnsItsRest(t *testing.T) {
	v := viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 10)}})
	v.Stages[0].Slots = 50
	over, other := branch("over", 2, 5), branch("other", 5, 5)
	over.Exhausted = true
	v = opened(v, 0, 10, over, other)
	same(t, next(t, v), "ask a/other for 3")
	v.Stages[0].Branches[1].Exhausted, v.Stages[0].Branches[1].Branch.Open = true, false
	same(t, next(t, v), "finish stage a: exhausted")
}

func TestAStageEndsWhenNothingIsOpenOrOwed(t *testing.T) {
	one := func(running, asking int) plan.View {
		return opened(viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 5)}}), 0, 5,
			plan.Branch{Branch: trials.Branch{Proposed: 5 - asking, Budget: 5}, Running: running, Asking: asking})
	}
	same(t, next(t, one(1, 0)), "")
	same(t, next(t, one(0, 1)), "")
	same(t, next(t, one(0, 0)), "finish stage a: finished")
	v := one(0, 0)
	v.Stages[0].State = trials.StageFinished
	same(t, next(t, v), "finish sweep: finished")
	v.Sweep.State = trials.SweepFinished
	same(t, next(t, v), "")
}

func TestAnEnsembleIsBuiltOnce(t *testing.T) {
	blend := spec.Stage{Name: "blend", Kind: spec.EnsembleStage, Ensemble: &spec.Ensemble{From: []string{"a"}}}
	v := viewOf(spec.Spec{Stages: []spec.Stage{blend}})
	v.Stages[0].State = trials.StageOpen
	same(t, next(t, v), "build ensemble blend")
	v.Stages[0].Building = true
	same(t, next(t, v), "")
}
