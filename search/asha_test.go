package search_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

func asha(t testing.TB, o search.StopOptions) search.Stopper {
	t.Helper()
	s, err := search.NewASHA(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// stops lists the trials that are stopped by what was reported.
func stops(s search.Stopper) []int {
	var out []int
	for _, v := range s.Judge() {
		if v.Stop {
			out = append(out, v.Trial)
		}
	}
	return out
}

func TestUntilThereAreEtaOnlyTheBestSoFarGoesOn(t *testing.T) {
	s := asha(t, search.StopOptions{Eta: 3})
	for i, loss := range []float64{0.5, 0.6, 0.4, 0.3, 0.45, 0.35} {
		s.Report(i, 1, loss)
	}
	// 0.5 is first; 0.6 is worse than it; 0.4 and 0.3 are best of 3 and 4;
	// 0.45 is third of 5; 0.35 is second of 6, and two of six go on.
	if got, want := stops(s), []int{1, 4}; !slices.Equal(got, want) {
		t.Errorf("stopped %v, want %v", got, want)
	}
}

func TestVerdictSaysWhy(t *testing.T) {
	s := asha(t, search.StopOptions{Min: 2, Eta: 2, Grouped: true})
	for i, loss := range []float64{0.1, 0.2, 0.3} {
		s.Open(i, "svm")
		s.Report(i, 2, loss)
	}
	got := s.Judge()[2]
	want := search.Verdict{Trial: 2, Stop: true, Rule: "asha", Group: "svm", Rung: 0, Resource: 2, Loss: 0.3, Rank: 3, Of: 3, Cut: 0.1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRungsAreMinTimesEtaToTheI(t *testing.T) {
	for _, c := range []struct {
		o    search.StopOptions
		want []float64
	}{
		{search.StopOptions{Max: 27}, []float64{1, 3, 9}},
		{search.StopOptions{Max: 28}, []float64{1, 3, 9, 27}},
		{search.StopOptions{Min: 5, Eta: 2}, []float64{5, 10, 20, 40, 80, 160}},
		{search.StopOptions{Min: 0.1, Max: 1}, []float64{0.1, 0.3, 0.9}},
	} {
		if got := c.o.Rungs(6); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.o, got, c.want)
		}
	}
}

func TestReportBeforeARungIsNotJudged(t *testing.T) {
	s := asha(t, search.StopOptions{Min: 3, Max: 27})
	for _, c := range []struct {
		resource float64
		verdicts int
	}{{1, 0}, {2.9, 0}, {3, 1}, {8, 0}, {9, 1}, {26, 0}, {27, 0}, {1000, 0}} {
		s.Report(1, c.resource, 1)
		if got := len(s.Judge()); got != c.verdicts {
			t.Errorf("at %v: %d verdicts, want %d", c.resource, got, c.verdicts)
		}
	}
}

func TestAJumpIsJudgedAtEachRung(t *testing.T) {
	s := asha(t, search.StopOptions{Max: 81})
	s.Report(1, 10, 0.5)
	var rungs []int
	for _, v := range s.Judge() {
		rungs = append(rungs, v.Rung)
	}
	if want := []int{0, 1, 2}; !slices.Equal(rungs, want) {
		t.Errorf("judged at %v, want %v", rungs, want)
	}
	s.Report(2, 10, 0.6)
	if vs := s.Judge(); len(vs) != 1 || !vs[0].Stop || vs[0].Rung != 0 {
		t.Errorf("a trial that stops at rung 0 is not judged further up: %+v", vs)
	}
}

func TestAReportAgainReplacesItsLoss(t *testing.T) {
	s := asha(t, search.StopOptions{Eta: 2})
	s.Report(1, 1, 0.1)
	s.Report(1, 1, 0.9)
	s.Report(2, 1, 0.5)
	if got := stops(s); len(got) != 0 {
		t.Errorf("stopped %v by a loss that was replaced", got)
	}
}

func TestResetTakesATrialOffItsRungs(t *testing.T) {
	s := asha(t, search.StopOptions{})
	s.Report(1, 1, 0.1)
	s.Reset(1)
	s.Report(2, 1, 0.5)
	if vs := s.Judge(); vs[1].Of != 1 || vs[1].Stop {
		t.Errorf("got %+v", vs[1])
	}
}

func TestAGroupNamedLateTakesTheEntriesAlong(t *testing.T) {
	s := asha(t, search.StopOptions{Grouped: true})
	s.Report(1, 1, 0.1)
	s.Open(1, "a")
	s.Open(2, "a")
	s.Report(2, 1, 0.5)
	if got := stops(s); !slices.Equal(got, []int{2}) {
		t.Errorf("stopped %v, want 2, which is worse than 1 in a", got)
	}
}

func TestRanksAreThoseOfASortedList(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := asha(t, search.StopOptions{Eta: 3})
		var losses []float64
		for i := range rapid.IntRange(1, 80).Draw(rt, "n") {
			loss := float64(rapid.IntRange(0, 20).Draw(rt, "loss"))
			losses = append(losses, loss)
			slices.Sort(losses)
			s.Report(i, 1, loss)
			v := s.Judge()[0]
			rank := 1 + slices.Index(losses, loss)
			cut := losses[max(1, len(losses)/3)-1]
			if v.Rank != rank || v.Of != len(losses) || v.Cut != cut || v.Stop != (loss > cut) {
				rt.Fatalf("%+v in %v; want rank %d, cut %v", v, losses, rank, cut)
			}
		}
	})
}

func TestBadStopOptionsAreNamed(t *testing.T) {
	for _, o := range []search.StopOptions{{Min: -1}, {Eta: 1}, {Eta: 1.000001}, {Eta: math.NaN()}, {Max: -3}, {Min: 9, Max: 3}, {Min: math.Inf(1)}} {
		if _, err := search.NewASHA(o); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v, want invalid", o, err)
		}
	}
	if _, err := search.NewStopper("ahsa", search.StopOptions{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}

func ExampleNewASHA() {
	s, err := search.NewASHA(search.StopOptions{Min: 1, Max: 9, Eta: 3})
	if err != nil {
		panic(err)
	}
	s.Report(1, 1, 0.30)
	s.Report(2, 1, 0.20)
	s.Report(3, 1, 0.25)
	for _, v := range s.Judge() {
		fmt.Printf("trial %d: stop %v, rank %d of %d, cut %.2f\n", v.Trial, v.Stop, v.Rank, v.Of, v.Cut)
	}
	// Output:
	// trial 1: stop false, rank 1 of 1, cut 0.30
	// trial 2: stop false, rank 1 of 2, cut 0.20
	// trial 3: stop true, rank 2 of 3, cut 0.20
}

// BenchmarkASHA is one report with its verdict among n trials on a rung.
func BenchmarkASHA(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			s := asha(b, search.StopOptions{Max: 2})
			for i := range n {
				s.Report(i, 1, float64((i*7919)%n))
			}
			s.Judge()
			i := n
			for b.Loop() {
				s.Report(i, 1, float64((i*7919)%n))
				s.Judge()
				i++
			}
		})
	}
}
