package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/sweepd/sweepd/api/wire"
)

// The demo in small: three stages, of which the second is not known before the
// first has ended, a trial that runs out of memory, and an ensemble.
func TestDigitsInSmall(t *testing.T) {
	py := python(t)
	onBoth(t, func(t *testing.T, db string) {
		data := t.TempDir()
		args := []string{
			"run", "../examples/digits/sweep.yaml", "--dir", data, "--slots", "2", "-o", "json",
			"--set", "budget.trials=30", "--set", "stages.explore.budget.trials=12", "--set", "stages.refine.budget.trials=18",
		}
		if db != "" {
			args = append(args, "--db", db)
		}
		t.Setenv("PATH", filepath.Dir(py)+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, code := sweepd(t, args...)
		if code != 0 {
			t.Fatalf("exit %d\n%s", code, out)
		}
		var o wire.Overview
		if err := json.Unmarshal([]byte(out), &o); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		c := o.Sweep.Counts
		if c.Created != 30 || c.Completed+c.Stopped != 30 {
			t.Errorf("%+v, want 30 trials that completed or were stopped early", c)
		}
		if c.Attempts != 31 {
			t.Errorf("%d attempts, want one more than trials: the one that ran out of memory", c.Attempts)
		}
		for _, st := range o.Sweep.Stages {
			if st.State != wire.StageStateFinished {
				t.Errorf("stage %s is %s: %s", st.Name, st.State, st.Why)
			}
			if st.Name == "refine" && (len(st.Branches) != 3 || st.Proposed != 18) {
				t.Errorf("refine has %d branches and %d trials", len(st.Branches), st.Proposed)
			}
		}
		if len(o.Ensembles) != 1 {
			t.Fatalf("%d ensembles, want 1", len(o.Ensembles))
		}
		e := o.Ensembles[0]
		if e.Considered < 28 || len(e.Members) == 0 || e.Scores["val"] > e.BestSingle.Scores["val"] || e.Scores["test"] <= 0 {
			t.Errorf("ensemble %+v", e)
		}
	})
}
