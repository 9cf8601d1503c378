package api

import (
	"strings"
	"testing"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// said is a headline as the page reads.
func said(sw trials.Sweep, es ...wire.Ensemble) string {
	s := sentence(&sw, es)
	head := strings.TrimSpace(strings.TrimSpace(s.Lead+" "+s.Value) + " " + s.Tail)
	return head + " - " + s.Rest
}

func TestTheHeadline(t *testing.T) {
	sp := &spec.Spec{Objective: spec.Objective{Metric: "loss"}}
	job := &spec.Spec{Budget: spec.Budget{Trials: 12}}
	best := &trials.Best{Trial: 7, Value: 0.08621}
	blend := wire.Ensemble{
		Metric: "log_loss", Split: "val", Members: make([]wire.EnsembleMember, 9), Scores: map[string]float64{"val": 0.05, "test": 0.06},
		BestSingle: wire.EnsembleSingle{Trial: 7, Scores: map[string]float64{"val": 0.08, "test": 0.09}},
	}
	alone := wire.Ensemble{Metric: "accuracy", Split: "val", Members: []wire.EnsembleMember{{Trial: 7, Weight: 1}}, Scores: map[string]float64{"val": 0.02}}
	running, paused, done := trials.SweepRunning, trials.SweepPaused, trials.SweepFinished
	for want, got := range map[string]string{
		"No result yet - The first trials are being chosen.":                          said(trials.Sweep{Spec: sp, State: running}),
		"No result yet - 1 trial waits for a worker.":                                 said(trials.Sweep{Spec: sp, State: running, Counts: trials.Counts{Created: 1, Queued: 1}}),
		"No result yet - 1 trial runs.":                                               said(trials.Sweep{Spec: sp, State: running, Counts: trials.Counts{Created: 1, Running: 1}}),
		"No result yet - 2 trials run, 1 has ended.":                                  said(trials.Sweep{Spec: sp, State: running, Counts: trials.Counts{Created: 3, Running: 2, Failed: 1}}),
		"Best 0.0862 loss, trial 7 - 1 trial runs, 8 have ended.":                     said(trials.Sweep{Spec: sp, State: running, Best: best, Counts: trials.Counts{Created: 9, Running: 1, Completed: 8}}),
		"Best 0.0862 loss, trial 7 - 2 trials wait for a worker, 1 has ended.":        said(trials.Sweep{Spec: sp, State: running, Best: best, Counts: trials.Counts{Created: 3, Queued: 2, Completed: 1}}),
		"Best 0.0862 loss, trial 7 - 8 trials have ended, the next are being chosen.": said(trials.Sweep{Spec: sp, State: running, Best: best, Counts: trials.Counts{Created: 8, Completed: 8}}),
		"Best 0.0862 loss, trial 7 - Paused: lunch.":                                  said(trials.Sweep{Spec: sp, State: paused, Why: "lunch.", Best: best}, blend),
		"No result yet - Paused.":                                                     said(trials.Sweep{Spec: sp, State: paused}),
		"No result - The sweep failed: stage refine: no trial completed.":             said(trials.Sweep{Spec: sp, State: trials.SweepFailed, Why: "stage refine: no trial completed"}),
		"Best 0.0862 loss, trial 7 - The sweep was cancelled.":                        said(trials.Sweep{Spec: sp, State: trials.SweepCancelled, Best: best}),
		"Best 0.0862 loss, trial 7 - All done: 1\u2009200 trials, of which 30 stopped early, 1 failed.": said(trials.Sweep{
			Spec: sp, State: done, Best: best, Counts: trials.Counts{Created: 1200, Completed: 1169, Stopped: 30, Failed: 1},
		}),
		"Best 0.0862 loss, trial 7 - All done: 1 trial.":    said(trials.Sweep{Spec: sp, State: done, Best: best, Counts: trials.Counts{Created: 1, Completed: 1}}),
		"No result - Finished without a trial.":             said(trials.Sweep{Spec: sp, State: done}),
		"3 of 12 trials done - 2 trials run, 3 have ended.": said(trials.Sweep{Spec: job, State: running, Counts: trials.Counts{Created: 5, Running: 2, Completed: 3}}),
		"Best 0.0862 loss, trial 7 - 9 trials together reach log_loss 0.0600 on test, 33 % better than the best single model's 0.0900.": said(trials.Sweep{Spec: sp, State: done, Best: best}, blend),
		"Best 0.0862 loss, trial 7 - No ensemble beats trial 7 alone: an error rate of 0.0200 on val.":                                  said(trials.Sweep{Spec: sp, State: done, Best: best}, alone),
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestOneLossAgainstAnother(t *testing.T) {
	for _, c := range []struct {
		mine, other float64
		want        string
	}{
		{0.5, 0.5, "as good as"}, {0.49999, 0.5, "about as good as"}, {0.48, 0.5, "4.0 % better than"}, {0.6, 0.5, "20 % worse than"}, {1, 0, "against"}, {-2, -1, "100 % better than"},
	} {
		if got := against(c.mine, c.other); got != c.want {
			t.Errorf("%v against %v: %q, want %q", c.mine, c.other, got, c.want)
		}
	}
}

func TestFactsLeaveOutWhatIsNothing(t *testing.T) {
	sw := trials.Sweep{Spec: &spec.Spec{Budget: spec.Budget{Trials: 200}}, State: trials.SweepRunning, Counts: trials.Counts{Created: 30, Running: 2, Completed: 27, Stopped: 1, Seconds: 90}}
	var got []string
	for _, f := range facts(&sw, wire.Saved{Resource: 26, Of: 270, Unit: "reports"}) {
		got = append(got, strings.TrimSpace(f.Value+" "+f.Label))
	}
	want := "running|28 of 200 trials|2 running|27 completed|1 stopped early|26 of 270 reports saved by early stopping|1.5 min of trial time"
	if text := strings.Join(got, "|"); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
