package plan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// failed is a view with one trial whose newest attempt failed.
func failed(class trials.Class, edit func(*spec.Stage, *plan.Ended)) plan.View {
	v := opened(viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 1)}}), 0, 1,
		plan.Branch{Branch: trials.Branch{Proposed: 1, Budget: 1}, Running: 1})
	e := plan.Ended{
		Trial: &trials.Trial{No: 7, Number: 3, Attempts: 1, State: trials.Running}, Stage: v.Stages[0].Spec,
		Verdict: trials.VerdictFailed, Failure: &trials.Failure{Class: class, Message: "it broke"},
		Params: search.Point{"batch_size": int64(1024), "lr": 0.1, "decay": nil, "net.width": int64(8)},
		Same:   map[trials.Class]int{class: 1},
	}
	if edit != nil {
		edit(v.Stages[0].Spec, &e)
	}
	v.Ended = []plan.Ended{e}
	return v
}

func TestAFailureIsRetriedByItsClass(t *testing.T) {
	same(t, next(t, failed(trials.ClassError, nil)), "fail 3 after 1: it broke")
	twice := func(n int) func(*spec.Stage, *plan.Ended) {
		return func(st *spec.Stage, e *plan.Ended) {
			st.Retry = map[string]spec.RetryRule{"error": {Times: 2, Delay: time.Minute}}
			e.Same[trials.ClassError] = n
		}
	}
	same(t, next(t, failed(trials.ClassError, twice(2))), "retry 3 after 1: it broke (2 of 2 retries)")
	same(t, next(t, failed(trials.ClassError, twice(3))), "fail 3 after 1: it broke")
	same(t, next(t, failed(trials.ClassTimeout, twice(1))), "fail 3 after 1: it broke")

	as, err := plan.Next(failed(trials.ClassError, twice(2)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := as[0].(plan.Retry).NotBefore, noon.Add(2*time.Minute); !got.Equal(want) {
		t.Errorf("second retry not before %v, want the delay doubled: %v", got, want)
	}
}

func TestMemoryGoesDownTheLadder(t *testing.T) {
	rule := &spec.OnOOM{Set: map[string]string{"batch_size": "idiv(batch_size, 2)", "accumulate": "accumulate * 2", "decay": "decay * 2"}, While: "batch_size > 16", Times: 3}
	for name, c := range map[string]struct {
		batch, taken int
		want         string
	}{
		"a rung":               {1024, 0, "retry 3 after 1: out of memory: batch_size 1024 -> 512"},
		"while no longer":      {16, 0, "fail 3 after 1: it broke; on_oom goes on only while batch_size > 16"},
		"as often as it says":  {128, 3, "fail 3 after 1: it broke; on_oom was applied 3 times, its limit"},
		"once less than that":  {128, 2, "retry 3 after 1: out of memory: batch_size 128 -> 64"},
		"just above the limit": {17, 0, "retry 3 after 1: out of memory: batch_size 17 -> 8"},
	} {
		for _, class := range []trials.Class{trials.ClassOOMHost, trials.ClassOOMGPU} {
			v := failed(class, func(st *spec.Stage, e *plan.Ended) {
				st.OnOOM = rule
				e.Trial.OOMs = c.taken
				e.Params["batch_size"] = int64(c.batch)
			})
			if got := next(t, v); got != c.want {
				t.Errorf("%s, %s: %q, want %q", name, class, got, c.want)
			}
		}
	}
}

func TestTheLadderChangesOnlyWhatIsPassed(t *testing.T) {
	v := failed(trials.ClassOOMHost, func(st *spec.Stage, e *plan.Ended) {
		st.OnOOM = &spec.OnOOM{Set: map[string]string{"lr": "lr / 2", "decay": "1", "other": "2", "net.width": `p["net.width"] / 2`}, Times: 1}
	})
	as, err := plan.Next(v)
	if err != nil {
		t.Fatal(err)
	}
	r := as[0].(plan.Retry)
	want := search.Point{"batch_size": int64(1024), "lr": 0.05, "decay": nil, "net.width": int64(4)}
	if d := cmp.Diff(want, r.Effective); d != "" || !r.OOM {
		t.Errorf("effective parameters (-want +got):\n%s oom %v", d, r.OOM)
	}
	if v.Ended[0].Params["lr"] != 0.1 {
		t.Error("the ladder changed the parameters of the view")
	}
}

func TestALadderOverAnInactiveParameterEndsWithoutAnError(t *testing.T) {
	for _, while := range []string{"width > 2", ""} {
		v := failed(trials.ClassOOMHost, func(st *spec.Stage, e *plan.Ended) {
			st.OnOOM = &spec.OnOOM{Set: map[string]string{"batch_size": "width", "width": "2"}, While: while, Times: 1}
		})
		want := "fail 3 after 1: it broke; on_oom changes nothing that this trial is given"
		if while != "" {
			want = "fail 3 after 1: it broke; on_oom goes on only while width > 2"
		}
		same(t, next(t, v), want)
	}
}

func TestALadderThatCannotBeEvaluatedFailsTheTrial(t *testing.T) {
	v := failed(trials.ClassOOMHost, func(st *spec.Stage, _ *plan.Ended) {
		st.OnOOM = &spec.OnOOM{Set: map[string]string{"batch_size": "idiv(batch_size, 0)"}, Times: 1}
	})
	as, _ := plan.Next(v)
	if _, ok := as[0].(plan.Fail); !ok {
		t.Errorf("got %v, want Fail", as[0])
	}
}

func TestLostAttemptsGoBackUntilTheyKill(t *testing.T) {
	lost := func(losses, workers int) plan.View {
		return failed("", func(_ *spec.Stage, e *plan.Ended) {
			e.Verdict, e.Failure, e.LostOn, e.Trial.Losses = trials.Lost, nil, workers, losses
		})
	}
	same(t, next(t, lost(1, 1)), "retry 3 after 1: lost")
	same(t, next(t, lost(3, 3)), "fail 3 after 1: lost on 3 different workers: it kills its worker")
	same(t, next(t, lost(11, 2)), "fail 3 after 1: lost, and lost or preempted 10 times before")
}

func TestAPausedSweepGetsNothingNew(t *testing.T) {
	v := opened(viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 9), searching("b", 9)}}), 0, 9,
		plan.Branch{Branch: trials.Branch{Proposed: 1, Budget: 9}, Running: 1})
	v.Sweep.State = trials.SweepPaused
	retried := failed(trials.ClassError, func(st *spec.Stage, e *plan.Ended) {
		st.Retry = map[string]spec.RetryRule{"error": {Times: 1}}
	}).Ended
	v.Ended = retried
	v.Verdicts = []plan.Verdict{{Trial: 7, Number: 3, Attempt: 1, Verdict: search.Verdict{Trial: 3, Stop: true, Rule: "asha", Resource: 9, Rank: 80, Of: 197, Cut: 0.5, Loss: 0.75}}}
	same(t, next(t, v), "stop 3/1: stopped early at 9: rank 80 of 197, cut 0.5, has 0.75")
}

func TestEqualFirstFailuresPause(t *testing.T) {
	v := failed(trials.ClassError, nil)
	v.Sweep.Spec.Failures.PauseAfterFirst = 3
	v.Alike = plan.Alike{Fingerprint: "x", Message: "No module named torch", Count: 2, Trial: 1}
	same(t, next(t, v), "fail 3 after 1: it broke")
	v.Alike.Count = 3
	same(t, next(t, v), "fail 3 after 1: it broke\npause: the first 3 failures are alike and nothing has succeeded yet: No module named torch (see trial 1)")
	v.Sweep.Spec.Failures.PauseAfterFirst = 0
	same(t, next(t, v), "fail 3 after 1: it broke")
}

func TestASilentObjectivePausesAndNamesTheNearest(t *testing.T) {
	v := failed(trials.ClassNoObjective, nil)
	v.Silent = &plan.Silent{Trial: 3, Seen: []string{"accuracy", "val_los"}}
	v.Sweep.Spec.Objective.Metric = "val_loss"
	same(t, next(t, v), "fail 3 after 1: it broke\npause: trial 3 finished without reporting val_loss; it reported val_los, accuracy (set objective.metric to val_los, or let the script log val_loss)")
	v.Silent.Seen = nil
	same(t, next(t, v), "fail 3 after 1: it broke\npause: trial 3 finished without reporting val_loss, or any other metric")
}

func TestTimeIsUp(t *testing.T) {
	live := plan.Live{Trial: &trials.Trial{No: 1, Number: 1, Attempts: 1, Resource: 4}, State: trials.AttemptLive}
	asked := plan.Live{Trial: &trials.Trial{No: 2, Number: 2, Attempts: 1}, State: trials.AttemptLive, Asked: true}
	held := plan.Live{Trial: &trials.Trial{No: 3, Number: 3, Attempts: 2}, State: trials.AttemptHeld}
	view := func(atEnd string, elapsed time.Duration, running int) plan.View {
		v := opened(viewOf(spec.Spec{Stages: []spec.Stage{searching("a", 9), searching("b", 9)}, Budget: spec.Budget{Wall: time.Hour, AtEnd: atEnd}}), 0, 9,
			plan.Branch{Branch: trials.Branch{Proposed: 3, Budget: 9}, Running: running})
		v.Elapsed = elapsed
		v.Open = func() []plan.Live { return []plan.Live{live, asked, held}[:running] }
		return v
	}
	same(t, next(t, view("stop", time.Hour-1, 3)), "ask a for 1")
	same(t, next(t, view("stop", time.Hour, 3)), "stop 1/1: stopped early: the time of the sweep is up\ncancel 3: the time of the sweep is up")
	same(t, next(t, view("finish", time.Hour, 3)), "cancel 3: the time of the sweep is up")
	same(t, next(t, view("stop", time.Hour, 0)), "finish stage a: finished")
}
