package scheduler_test

import (
	"path/filepath"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

func TestSubmissionOfNothingIsRefused(t *testing.T) {
	s := newScene(t)
	if _, err := s.sch.Submit(s.ctx, &trials.Sweep{}, ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want invalid", err)
	}
}

func TestTheSameKeyGivesTheSameSweep(t *testing.T) {
	s := newScene(t)
	text := points(3)
	sp, _, err := spec.Parse([]byte(text), spec.Options{Seed: func() uint64 { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	first, err := s.sch.Submit(s.ctx, &trials.Sweep{Name: "t", Source: text, Spec: sp}, "key")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.sch.Submit(s.ctx, &trials.Sweep{Name: "t", Source: text, Spec: sp}, "key")
	if err != nil {
		t.Fatal(err)
	}
	s.sweep = first
	rows, err := s.rows()
	if err != nil {
		t.Fatal(err)
	}
	if first.No != again.No || len(rows.Trials) != 3 {
		t.Errorf("sweeps %d and %d with %d trials, want one with 3", first.No, again.No, len(rows.Trials))
	}
}

// BenchmarkSubmit is one submission of 10,000 points until they can be queried.
func BenchmarkSubmit(b *testing.B) {
	text := points(10_000)
	for b.Loop() {
		b.StopTimer()
		db := openStore(b, filepath.Join(b.TempDir(), "sweepd.db"))
		sch := scheduler.New(db, scheduler.Options{})
		sp, _, err := spec.Parse([]byte(text), spec.Options{Seed: func() uint64 { return 1 }})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		sw, err := sch.Submit(b.Context(), &trials.Sweep{Name: "t", Source: text, Spec: sp}, "")
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		c, err := db.Changes(b.Context(), sw.No, 1<<40, 1)
		if err != nil || c.Sweep.Counts.Created != 10_000 {
			b.Fatalf("%v, %d trials", err, c.Sweep.Counts.Created)
		}
		b.StartTimer()
	}
}
