package spec_test

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials/spec"
)

func parse(t testing.TB, source string, o spec.Options) *spec.Spec {
	t.Helper()
	s, _, err := spec.Parse([]byte(source), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t testing.TB, name string) string {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

func TestDigits(t *testing.T) {
	s := parse(t, read(t, "testdata/digits.yaml"), spec.Options{Dir: "/data/digits"})
	if s.Name != "digits" || s.Version != 1 || s.Budget.Trials != 200 || s.Budget.Parallel != 2 || len(s.Stages) != 3 {
		t.Fatalf("got %s v%d, budget %+v, %d stages", s.Name, s.Version, s.Budget, len(s.Stages))
	}
	explore, refine, blend := s.Stages[0], s.Stages[1], s.Stages[2]

	if f := explore.Space.Params[0]; f.Name != "family" || len(f.Values) != 6 {
		t.Errorf("family is %+v, want six values", f)
	}
	if got := len(explore.Space.Params); got != 17 {
		t.Errorf("%d parameters, want family and sixteen below it", got)
	}
	forest := explore.Space.Params[slices.IndexFunc(explore.Space.Params, func(p search.Param) bool { return p.Name == "family=random_forest/trees" })]
	if forest.Pass != "trees" || forest.Low != 50 || forest.High != 300 || forest.Equals != "random_forest" {
		t.Errorf("the alias gave %+v", forest)
	}
	if got, want := explore.Sampler, (spec.Sampler{Algorithm: "sobol", Seed: 7, Balance: "family"}); got != want {
		t.Errorf("sampler %+v, want %+v: the stage's keys over the top's", got, want)
	}
	if explore.Budget.Trials != 30 || explore.Budget.TrialTimeout != 2*time.Minute || explore.Resources.Memory != 1500<<20 {
		t.Errorf("budget %+v, resources %+v", explore.Budget, explore.Resources)
	}
	wantOOM := &spec.OnOOM{Set: map[string]string{"batch_size": "max(idiv(batch_size, 2), 16)"}, While: "batch_size > 16", Times: 10}
	if diff := cmp.Diff(wantOOM, explore.OnOOM); diff != "" {
		t.Error(diff)
	}

	if refine.ForEach.Expr != "top_values(stages.explore, 'family', 3)" || refine.Narrow.Stage != "explore" || refine.Narrow.Keep != 0.3 || refine.Narrow.Widen != 0.25 {
		t.Errorf("refine loops over %+v and narrows %+v", refine.ForEach, refine.Narrow)
	}
	wantStop := &spec.EarlyStop{Algorithm: "asha", Min: 1, Max: 27, Eta: 3, Resource: "reports", Group: "family"}
	if diff := cmp.Diff(wantStop, refine.EarlyStop); diff != "" {
		t.Error(diff)
	}
	if got := refine.EarlyStop.Rungs(); !slices.Equal(got, []float64{1, 3, 9}) {
		t.Errorf("rungs %v, want 1, 3 and 9: at 27 a trial is over", got)
	}
	if !slices.Equal(refine.After, []string{"explore"}) || !slices.Equal(blend.After, []string{"explore", "refine"}) {
		t.Errorf("refine waits for %v, blend for %v", refine.After, blend.After)
	}
	if blend.Kind != spec.EnsembleStage || blend.Ensemble.Size != 25 || blend.Ensemble.Targets["test"] != "y_test.npy" || blend.Workdir.Path != "/data/digits" {
		t.Errorf("blend is %+v in %+v", blend.Ensemble, blend.Workdir)
	}
}
