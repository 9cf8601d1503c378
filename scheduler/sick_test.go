package scheduler_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

const adaptive = "name: t\ncommand: [python, train.py]\nobjective: {metric: loss}\nsampler: tpe\nspace: {x: {uniform: [0, 1]}}\nbudget: {trials: 5}\n"

func TestASamplerThatCannotBeMadePausesItsSweep(t *testing.T) {
	running(t, func(h *house) {
		sp, _, err := spec.Parse([]byte(adaptive), spec.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sp.Stages[0].Sampler.Algorithm = "tpf"
		sw, err := h.sch.Submit(h.ctx, &trials.Sweep{Name: sp.Name, Source: adaptive, Spec: sp}, "")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if got := h.state(sw.No); got.State != trials.SweepPaused || !strings.Contains(got.Why, "tpe") {
			t.Errorf("%s: %q, want paused with the nearest name", got.State, got.Why)
		}
	})
}

// unwell refuses to create trials a few times.
type unwell struct {
	scheduler.Store
	times int
}

func (u *unwell) CreateTrials(ctx context.Context, c scheduler.Create) (int, error) {
	if u.times > 0 {
		u.times--
		return 0, fault.Unavailablef("the database is busy")
	}
	return u.Store.CreateTrials(ctx, c)
}

func TestWhatTheStoreCannotDoNowIsTriedAgain(t *testing.T) {
	running(t, func(h *house) {
		h.sch = scheduler.New(&unwell{Store: h.store.DB, times: 3}, scheduler.Options{ServerID: "two"})
		done := make(chan error)
		ctx, stop := context.WithCancel(h.ctx)
		go func() { done <- h.sch.Run(ctx) }()
		h.store.broken.Store(1) // the other server is no help
		sw := h.submit(adaptive)
		time.Sleep(10 * time.Second)
		if c := h.state(sw.No).Counts; c.Created == 0 {
			t.Errorf("no trial after ten seconds: %+v", h.state(sw.No))
		}
		stop()
		<-done
	})
}

func TestAnAttemptThatCannotBeRunFails(t *testing.T) {
	running(t, func(h *house) {
		sp, _, err := spec.Parse([]byte(points(1)), spec.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sp.Stages[0].Command = []string{"python", "${x"}
		sw, err := h.sch.Submit(h.ctx, &trials.Sweep{Name: sp.Name, Source: points(1), Spec: sp}, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := h.claim("a", 1, 0); len(got.Leases) != 0 {
			t.Fatalf("got %v, want no lease", got.Leases)
		}
		time.Sleep(time.Second)
		got := h.state(sw.No)
		if got.Counts.Failed != 1 || got.State != trials.SweepFinished {
			t.Errorf("%s %+v, want one failed trial", got.State, got.Counts)
		}
	})
}
