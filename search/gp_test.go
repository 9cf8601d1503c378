package search

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
)

// mixedSpace has two numbers and a category.
func mixedSpace(t *testing.T) *Space {
	t.Helper()
	s, err := NewSpace(Definition{Params: []Param{
		{Name: "x", Type: Float, High: 1}, {Name: "y", Type: Float, High: 1}, {Name: "c", Type: Choice, Values: []any{"a", "b", "d"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// data are n rows of features and targets of a smooth function.
func data(s *Space, n int, seed uint64) (f *features, x [][]float64, y []float64) {
	f = newFeatures(s)
	rng := rand.New(rand.NewPCG(seed, 1))
	for range n {
		u, _ := s.sample(rng, nil)
		row := f.of(u, make([]float64, s.Dims()))
		x = append(x, row)
		y = append(y, math.Sin(5*row[0])+row[1]*row[1]+0.5*row[2])
	}
	return f, x, standardise(y)
}

func TestGradientOfTheFit(t *testing.T) {
	s := mixedSpace(t)
	for _, n := range []int{1, 2, 15} {
		f, x, y := data(s, n, 3)
		g := &fit{f: f, x: x, y: y, prior: hyperpriors(s.Dims())}
		theta := []float64{0.3, -0.7, 1.1, 0.2, -4}
		want := fd.Gradient(nil, func(theta []float64) float64 { v, _ := g.loss(theta); return v }, theta, &fd.Settings{Formula: fd.Central})
		_, got := g.loss(theta)
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-4*(1+math.Abs(want[i])) {
				t.Errorf("%d rows: derivative %d is %v, by differences %v", n, i, got[i], want[i])
			}
		}
	}
}

func TestAGaussianProcessLearnsASmoothFunction(t *testing.T) {
	s := mixedSpace(t)
	f, x, y := data(s, 60, 4)
	g := newGaussian(f, x[:40], y[:40], fitGaussian(f, x[:40], y[:40], nil))
	for i, row := range x {
		mean, most := g.bound(row)
		sd := g.deviation()
		if off := math.Abs(mean - y[i]); off > 0.15 || off > 5*sd+0.02 {
			t.Errorf("row %d: %v ± %v, want %v", i, mean, sd, y[i])
		}
		if sd > most {
			t.Errorf("row %d: the deviation %v is above its bound %v", i, sd, most)
		}
	}
}

func TestAGaussianProcessOfNothing(t *testing.T) {
	s := mixedSpace(t)
	f := newFeatures(s)
	g := newGaussian(f, nil, nil, fitGaussian(f, nil, nil, nil))
	mean, sd := g.bound([]float64{0.5, 0.5, 1})
	if mean != 0 || sd != math.Sqrt(g.signal) || g.deviation() != sd {
		t.Errorf("%v ± %v, want 0 and the prior's deviation %v", mean, sd, math.Sqrt(g.signal))
	}
}

func TestEqualRowsAndEqualTargets(t *testing.T) {
	s := mixedSpace(t)
	f := newFeatures(s)
	row := []float64{0.5, 0.5, 1}
	for _, y := range [][]float64{{0, 0, 0}, {-1, 0, 1}} {
		x := [][]float64{row, row, row}
		g := newGaussian(f, x, y, fitGaussian(f, x, y, nil))
		if mean, _ := g.bound(row); math.Abs(mean) > 1e-6 || math.IsNaN(g.deviation()) {
			t.Errorf("targets %v: mean %v, deviation %v", y, mean, g.deviation())
		}
	}
}

// The values are those of numerical integration with 50 digits.
func TestLogOfTheExpectedImprovement(t *testing.T) {
	for _, c := range []struct{ z, want float64 }{
		{3, 1.0987396653},
		{0, -0.9189385332046727},
		{-1, -2.4851210257},
		{-5, -16.7443011627},
		{-40, -808.2985683566},
		{-1e5, -5e9 - 0.9189385 - 2*math.Log(1e5)},
	} {
		if got := logH(c.z); math.Abs(got-c.want) > 1e-6*math.Abs(c.want) {
			t.Errorf("at %v: %v, want %v", c.z, got, c.want)
		}
	}
	for z := -30.0; z < 5; z += 0.01 { // no step where the branches meet
		if a, b := logH(z), logH(z+0.01); !(b > a) || b-a > 0.011*(math.Abs(z)+2) {
			t.Fatalf("from %v to %v at %v", a, b, z)
		}
	}
}

func TestWarpKeepsOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		loss := make([]float64, 2+rng.IntN(40))
		for i := range loss {
			loss[i] = math.Exp(8 * rng.NormFloat64())
			if i > 0 && rng.IntN(4) == 0 {
				loss[i] = loss[i-1]
			}
		}
		y := warp(loss)
		for i := range loss {
			for j := range loss {
				if (loss[i] < loss[j] && y[i] > y[j]) || (loss[i] == loss[j] && y[i] != y[j]) || math.IsNaN(y[i]) || math.Abs(y[i]) > 10 {
					t.Fatalf("%v and %v became %v and %v", loss[i], loss[j], y[i], y[j])
				}
			}
		}
	}
	for _, loss := range [][]float64{nil, {3}, {2, 2, 2}} {
		for _, y := range warp(loss) {
			if y != 0 {
				t.Errorf("%v became %v", loss, warp(loss))
			}
		}
	}
}

func TestAForestTellsCategoriesApart(t *testing.T) {
	s := mixedSpace(t)
	f, x, _ := data(s, 80, 5)
	var y []float64
	for _, row := range x {
		y = append(y, map[float64]float64{0: 1, 1: -1, 2: 3}[row[2]])
	}
	m := newForest(f, x, y, 7)
	for c, want := range []float64{1, -1, 3} {
		if got, _ := m.bound([]float64{0.2, 0.8, float64(c)}); math.Abs(got-want) > 0.6 {
			t.Errorf("category %d: %v, want %v", c, got, want)
		}
	}
}

func TestFeasibilityFollowsFailures(t *testing.T) {
	s := mixedSpace(t)
	f, x, _ := data(s, 60, 6)
	var good, failed [][]float64
	for _, row := range x {
		if row[0] > 0.7 {
			failed = append(failed, row)
		} else {
			good = append(good, row)
		}
	}
	p := feasibility(f, good, failed)
	if in, out := math.Exp(p([]float64{0.95, 0.5, 1})), math.Exp(p([]float64{0.1, 0.5, 1})); in > 0.6*out || out > 1 {
		t.Errorf("%v where all fail, %v where none does", in, out)
	}
	if p := feasibility(f, good, nil)([]float64{0, 0, 0}); p != 0 {
		t.Errorf("without failures %v", p)
	}
}
