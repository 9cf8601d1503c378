package search_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// Every run of 2^m points that begins at a multiple of 2^m has one point in
// each of 2^m equal slices of every dimension; a wrong direction number breaks
// it.
func TestSobolIsStratifiedInEveryDimension(t *testing.T) {
	const d, n = 512, 256
	for _, seed := range []uint64{0, 7} {
		var seen [d][n]bool
		for i := range uint32(n) {
			for dim, x := range search.SobolPoint(d, seed, 3*n+i) {
				seen[dim][int(x*n)] = true
			}
		}
		for dim := range seen {
			for slice := range seen[dim] {
				if !seen[dim][slice] {
					t.Fatalf("seed %d, dimension %d: no point in slice %d of %d", seed, dim, slice, n)
				}
			}
		}
	}
}

// The first two dimensions are a (0,2)-sequence: one point in every elementary
// rectangle, whatever its shape.
func TestSobolPlaneHasOnePointPerRectangle(t *testing.T) {
	const m = 8
	for a := range m + 1 {
		rows, columns := 1<<a, 1<<(m-a)
		seen := map[[2]int]bool{}
		for i := range uint32(1 << m) {
			u := search.SobolPoint(2, 5, i)
			seen[[2]int{int(u[0] * float64(rows)), int(u[1] * float64(columns))}] = true
		}
		if len(seen) != 1<<m {
			t.Errorf("%d x %d: %d rectangles hold a point, want %d", rows, columns, len(seen), 1<<m)
		}
	}
}

// The mean of a smooth function over 1,024 points is nearer to its integral
// than that of random points, whose error is 0.02.
func TestSobolIntegratesBetterThanRandom(t *testing.T) {
	sum := 0.0
	for i := range uint32(1024) {
		f := 1.0
		for _, x := range search.SobolPoint(8, 3, i) {
			f *= 1 + 0.5*(x-0.5)
		}
		sum += f
	}
	if got := sum / 1024; math.Abs(got-1) > 2e-3 {
		t.Errorf("got %v, want 1", got)
	}
}

// shares counts the proposals per value of a parameter.
func shares(t *testing.T, sm search.Sampler, n int, name string) map[any]int {
	t.Helper()
	got := map[any]int{}
	for k := range n {
		ps, err := sm.Ask(context.Background(), k, 1)
		if err != nil {
			t.Fatal(err)
		}
		got[ps[0].Point[name]]++
		sm.Tell(search.Observation{Trial: k + 1, K: k, Event: search.Opened, Point: ps[0].Point})
	}
	return got
}

func sixFamilies() search.Definition {
	d := search.Definition{Params: []search.Param{{Name: "family", Type: search.Choice, Values: []any{"a", "b", "c", "d", "e", "f"}, Weights: []float64{9, 1, 1, 1, 1, 1}}}}
	for _, v := range d.Params[0].Values {
		d.Params = append(d.Params, search.Param{Name: fmt.Sprintf("family=%s/x", v), Pass: "x", Type: search.Float, Low: 0, High: 1, Parent: "family", Equals: v})
	}
	return d
}

func TestBalanceGivesEqualShares(t *testing.T) {
	for _, name := range []string{"sobol", "random", "tpe"} {
		s := space(t, sixFamilies())
		o := search.Options{Seed: 1, Balance: "family", Start: []search.Point{{"family": "c", "x": 0.5}, {"family": "c", "x": 0.6}}}
		for v, n := range shares(t, sampler(t, name, s, o), 30, "family") {
			if n != 5 {
				t.Errorf("%s: %d trials of family %v, want 5", name, n, v)
			}
		}
	}
}

func TestBalancedSobolCoversEachShareEvenly(t *testing.T) {
	s := space(t, sixFamilies())
	sm := sampler(t, "sobol", s, search.Options{Seed: 1, Balance: "family"})
	eighths := map[string]map[int]bool{}
	for k := range 48 {
		ps, err := sm.Ask(context.Background(), k, 1)
		if err != nil {
			t.Fatal(err)
		}
		f := ps[0].Point["family"].(string)
		if eighths[f] == nil {
			eighths[f] = map[int]bool{}
		}
		eighths[f][int(ps[0].Point["x"].(float64)*8)] = true
	}
	for f, seen := range eighths {
		if len(seen) != 8 {
			t.Errorf("family %s: 8 points fall into %d of 8 slices", f, len(seen))
		}
	}
}

func TestAnExhaustedShareGoesToTheOthers(t *testing.T) {
	d := search.Definition{Params: []search.Param{
		{Name: "s", Type: search.Choice, Values: []any{"none", "some"}},
		{Name: "x", Type: search.Float, Low: 0, High: 1, Parent: "s", Equals: "some"},
	}}
	got := shares(t, sampler(t, "sobol", space(t, d), search.Options{Balance: "s"}), 10, "s")
	if got["none"] != 1 || got["some"] != 9 {
		t.Errorf("got %v, want none once and some nine times", got)
	}
}

func TestBalanceNeedsARootWithValues(t *testing.T) {
	d := sixFamilies()
	d.Params = append(d.Params, search.Param{Name: "n", Type: search.Int, Low: 1, High: 3})
	s := space(t, d)
	for _, name := range []string{"n", "family=a/x", "famly", "x"} {
		if _, err := search.NewSobol(s, search.Options{Balance: name}); !fault.Is(err, fault.Invalid) {
			t.Errorf("balance %s: %v, want invalid", name, err)
		}
	}
	pinned, err := s.Pin("family", "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := search.NewSobol(pinned, search.Options{Balance: "family"}); err != nil {
		t.Errorf("one value has it all: %v", err)
	}
}
