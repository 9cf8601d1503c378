package searchtest

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/sweepd/sweepd/search"
)

// NewStopper makes the stopper under test.
type NewStopper func(search.StopOptions) (search.Stopper, error)

// reasoned checks that a verdict says why, in numbers that can be written down.
func reasoned(t fataler, v search.Verdict) {
	t.Helper()
	for _, x := range []float64{v.Resource, v.Loss, v.Cut} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Fatalf("verdict %+v holds %v", v, x)
		}
	}
	if v.Rule == "" || v.Of < 1 || v.Rank < 1 || v.Rank > v.Of || v.Resource <= 0 || v.Stop != (v.Loss > v.Cut) {
		t.Fatalf("verdict %+v gives no reason", v)
	}
}

// RunStopper checks a stopper against the contract of search.Stopper.
func RunStopper(t *testing.T, fresh NewStopper) {
	options := search.StopOptions{Min: 1, Max: 27, Eta: 3, Grouped: true}
	begin := func(t *testing.T, o search.StopOptions) search.Stopper {
		s, err := fresh(o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	t.Run("losers stop and winners do not", func(t *testing.T) {
		s := begin(t, options)
		stopped := map[int]bool{}
		for r := 1; r <= 26; r++ {
			for trial := range 27 { // trial 0 is best throughout
				s.Report(trial, float64(r), float64(trial))
			}
			for _, v := range s.Judge() {
				reasoned(t, v)
				stopped[v.Trial] = stopped[v.Trial] || v.Stop
			}
		}
		if stopped[0] || len(stopped) < 27 || !stopped[26] {
			t.Errorf("stopped %v", stopped)
		}
	})
	for name, loss := range map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)} {
		t.Run("losses are all "+name, func(t *testing.T) {
			s := begin(t, options)
			for trial := range 9 {
				s.Report(trial, 1, loss)
			}
			for _, v := range s.Judge() {
				reasoned(t, v)
				if v.Stop {
					t.Errorf("%+v: nobody is worse than the others", v)
				}
			}
		})
	}
	t.Run("NaN is worst", func(t *testing.T) {
		s := begin(t, options)
		for trial := range 8 {
			s.Report(trial, 1, float64(trial))
		}
		s.Judge()
		s.Report(8, 1, math.NaN())
		vs := s.Judge()
		if len(vs) != 1 || !vs[0].Stop || vs[0].Rank != vs[0].Of {
			t.Errorf("got %+v", vs)
		}
	})
	t.Run("nobody is stopped at the end", func(t *testing.T) {
		s := begin(t, options)
		for trial := range 9 {
			s.Report(trial, 1, 0)
			s.Judge()
			s.Report(trial, 27, float64(trial))
			for _, v := range s.Judge() {
				if v.Resource >= 27 {
					t.Errorf("%+v is a verdict about a complete trial", v)
				}
			}
		}
	})
	t.Run("a verdict is given once", func(t *testing.T) {
		s := begin(t, options)
		s.Report(1, 1, 0.5)
		if len(s.Judge()) == 0 {
			t.Error("no verdict on the first report at a rung")
		}
		s.Report(1, 1, 0.5)
		s.Report(1, 1, 0.6)
		if vs := s.Judge(); len(vs) != 0 {
			t.Errorf("again: %+v", vs)
		}
		s.Reset(1)
		s.Report(1, 1, 0.7)
		if vs := s.Judge(); len(vs) != 0 {
			t.Errorf("after a reset: %+v", vs)
		}
	})
	t.Run("groups are apart", func(t *testing.T) {
		for _, grouped := range []bool{true, false} {
			o := options
			o.Grouped = grouped
			s := begin(t, o)
			for trial := range 12 {
				s.Open(trial, fmt.Sprint(trial%2))
				s.Report(trial, 1, float64(100*(trial%2))) // group 1 is worse throughout
			}
			stops := 0
			for _, v := range s.Judge() {
				reasoned(t, v)
				if v.Stop {
					stops++
				}
			}
			if (stops == 0) != grouped {
				t.Errorf("grouped %v: %d stops", grouped, stops)
			}
		}
	})
	t.Run("foolish resources", func(t *testing.T) {
		s := begin(t, search.StopOptions{})
		for _, r := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e300} {
			s.Report(1, r, 1)
		}
		for _, v := range s.Judge() {
			reasoned(t, v)
		}
	})
	t.Run("a rung where every trial ends stops nobody", func(t *testing.T) {
		o := options
		o.Await = true
		s := begin(t, o)
		for trial := range 9 {
			s.Open(trial, "fitted in one go")
			s.Report(trial, 1, float64(trial))
			s.Open(10+trial, "in epochs")
			s.Report(10+trial, 1, float64(trial))
		}
		if vs := s.Judge(); len(vs) != 0 {
			t.Errorf("judged before anybody went on: %+v", vs)
		}
		s.Report(10, 2, 0)
		stops := 0
		for _, v := range s.Judge() {
			reasoned(t, v)
			if v.Group != "in epochs" {
				t.Errorf("%+v: nobody of that group goes on", v)
			}
			if v.Stop {
				stops++
			}
		}
		if stops != 6 {
			t.Errorf("%d of 9 were stopped, want the worst 6", stops)
		}
	})
	t.Run("live equals rebuilt", func(t *testing.T) { stopperRebuilt(t, options, fresh) })
	t.Run("live equals rebuilt, awaiting", func(t *testing.T) {
		o := options
		o.Await = true
		stopperRebuilt(t, o, fresh)
	})
}

type report struct {
	trial          int
	resource, loss float64
}

// stopperRebuilt drives a stopper through a random history, rebuilds another
// from what rows would hold, and feeds both the same future.
func stopperRebuilt(t *testing.T, o search.StopOptions, fresh NewStopper) {
	rapid.Check(t, func(t *rapid.T) {
		begin := func() search.Stopper {
			s, err := fresh(o)
			if err != nil {
				t.Fatalf("%v", err)
			}
			for trial := range 12 {
				s.Open(trial, fmt.Sprint(trial%2))
			}
			return s
		}
		live := begin()
		var rows []report
		var verdicts []search.Verdict
		at := [12]float64{}
		next := func() report {
			trial := rapid.IntRange(0, 11).Draw(t, "trial")
			at[trial] += float64(rapid.IntRange(1, 4).Draw(t, "step"))
			return report{trial, at[trial], float64(rapid.IntRange(0, 9).Draw(t, "loss"))}
		}
		for range rapid.IntRange(0, 60).Draw(t, "history") {
			if rapid.IntRange(0, 19).Draw(t, "reset") == 0 {
				trial := rapid.IntRange(0, 11).Draw(t, "trial")
				live.Reset(trial)
				at[trial] = 0
				kept := rows[:0]
				for _, r := range rows {
					if r.trial != trial {
						kept = append(kept, r)
					}
				}
				rows = kept
				continue
			}
			r := next()
			live.Report(r.trial, r.resource, r.loss)
			rows = append(rows, r)
			if rapid.Bool().Draw(t, "judge") {
				given := live.Judge()
				verdicts = append(verdicts, given...)
				if rapid.Bool().Draw(t, "stored") {
					record(live, given)
				}
			}
		}
		verdicts = append(verdicts, live.Judge()...)
		again := begin()
		record(again, verdicts) // a rebuild tells what was stored before it replays
		for _, r := range rows {
			again.Report(r.trial, r.resource, r.loss)
		}
		if vs := again.Judge(); len(vs) != 0 {
			t.Fatalf("verdicts that were recorded are given again: %+v", vs)
		}
		for range 20 {
			r := next()
			live.Report(r.trial, r.resource, r.loss)
			again.Report(r.trial, r.resource, r.loss)
			if diff := cmp.Diff(live.Judge(), again.Judge()); diff != "" {
				t.Fatalf("live and rebuilt differ: %s", diff)
			}
		}
	})
}

func record(s search.Stopper, vs []search.Verdict) {
	for _, v := range vs {
		s.Recorded(v)
	}
}
