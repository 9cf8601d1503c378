package plan

import (
	"fmt"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

const (
	maxLosses = 10 // attempts of one trial that may be lost or preempted; Hatchet's internal retries
	poison    = 3  // losses on as many different workers: the trial kills its worker
	maxDelay  = time.Hour
)

// afterFailures decides what becomes of trials whose attempt ended badly: down
// the ladder of memory, again, or given up. Giving up needs no permission;
// trying again waits while the sweep is paused or its time is up.
func afterFailures(v *View) []Action {
	var as []Action
	for i := range v.Ended {
		a := decide(v, &v.Ended[i])
		if _, again := a.(Retry); again && v.paused() {
			continue
		}
		as = append(as, a)
	}
	return as
}

func decide(v *View, e *Ended) Action {
	fail := func(format string, args ...any) Action {
		return Fail{Trial: e.Trial.No, Number: e.Trial.Number, Attempts: e.Trial.Attempts, Why: fmt.Sprintf(format, args...)}
	}
	again := Retry{Trial: e.Trial.No, Number: e.Trial.Number, Attempts: e.Trial.Attempts}
	if e.Failure == nil {
		switch {
		case v.over():
			return fail("%s, and the time of the sweep is up", e.Verdict)
		case e.LostOn >= poison:
			return fail("lost on %d different workers: it kills its worker", e.LostOn)
		case e.Trial.Losses > losses(e):
			return fail("%s, and lost or preempted %d times before", e.Verdict, e.Trial.Losses-1)
		}
		again.Effective, again.Why = e.Trial.Effective, string(e.Verdict)
		return again
	}
	f := e.Failure
	if v.over() {
		return fail("%s; the time of the sweep is up", f.Message)
	}
	if f.Class.OOM() && e.Stage.OnOOM != nil {
		params, why, err := rung(e.Stage.OnOOM, e.Params, e.Trial.OOMs)
		switch {
		case err != nil:
			return fail("%s; on_oom: %v", f.Message, err)
		case params != nil:
			again.Effective, again.OOM, again.Why = params, true, why
			return again
		}
		if !retryable(e) {
			return fail("%s; %s", f.Message, why)
		}
	}
	if !retryable(e) {
		return fail("%s", f.Message)
	}
	rule := e.Stage.Retry[string(f.Class)]
	again.Effective = e.Trial.Effective
	again.Why = fmt.Sprintf("%s (%d of %d retries)", f.Message, e.Same[f.Class], rule.Times)
	if rule.Delay > 0 {
		again.NotBefore = v.Now.Add(backoff(rule.Delay, e.Same[f.Class]))
	}
	return again
}

// losses is how often the trial may be lost or preempted.
func losses(e *Ended) int {
	if rule, ok := e.Stage.Retry[string(e.Verdict)]; ok {
		return rule.Times
	}
	return maxLosses
}

// retryable tells whether the class of the failure has a retry left.
func retryable(e *Ended) bool {
	rule, ok := e.Stage.Retry[string(e.Failure.Class)]
	return ok && e.Same[e.Failure.Class] <= rule.Times
}

// backoff doubles the delay with each failure, up to an hour.
func backoff(d time.Duration, failures int) time.Duration {
	for i := 1; i < failures && d < maxDelay; i++ {
		d *= 2
	}
	return min(d, max(maxDelay, 0))
}

// pauses stops a sweep that goes wrong as a whole before it costs a night: the
// objective is never reported, or the first trials all fail alike.
func pauses(v *View) []Action {
	if v.Sweep.State != trials.SweepRunning {
		return nil
	}
	if s := v.Silent; s != nil && v.Sweep.Spec.Objective.Metric != "" {
		return []Action{Pause{Code: "objective_never_reported", Why: silence(v.Sweep.Spec.Objective.Metric, s)}}
	}
	if n := v.Sweep.Spec.Failures.PauseAfterFirst; n > 0 && v.Alike.Count >= n {
		return []Action{Pause{
			Code: "early_failures",
			Why:  fmt.Sprintf("the first %d failures are alike and nothing has succeeded yet: %s (see trial %d)", v.Alike.Count, v.Alike.Message, v.Alike.Trial),
		}}
	}
	return nil
}

// silence says that a metric never came, and what came instead.
func silence(metric string, s *Silent) string {
	if len(s.Seen) == 0 {
		return fmt.Sprintf("trial %d finished without reporting %s, or any other metric", s.Trial, metric)
	}
	seen := s.Seen
	near := fault.Nearest(metric, seen)
	text := fmt.Sprintf("trial %d finished without reporting %s; it reported ", s.Trial, metric)
	const most = 8
	first := true
	add := func(name string) {
		if !first {
			text += ", "
		}
		text, first = text+name, false
	}
	if near != "" {
		add(near)
	}
	n := 0
	for _, name := range seen {
		if name == near {
			continue
		}
		if n++; n > most {
			text += fmt.Sprintf(" and %d more", len(seen)-most)
			break
		}
		add(name)
	}
	if near != "" {
		text += fmt.Sprintf(" (set objective.metric to %s, or let the script log %s)", near, metric)
	}
	return text
}
