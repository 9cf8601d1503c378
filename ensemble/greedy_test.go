package ensemble_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sweepd/sweepd/ensemble"
	"github.com/sweepd/sweepd/internal/fault"
)

// values is a regression truth of one column.
func values(y ...float64) ensemble.Truth { return ensemble.Truth{Y: y, Cols: 1} }

func model(key string, p ...float64) ensemble.Candidate { return ensemble.Candidate{Key: key, P: p} }

func selected(t testing.TB, l ensemble.Loss, truth ensemble.Truth, size int, cs ...ensemble.Candidate) *ensemble.Ensemble {
	t.Helper()
	e, err := ensemble.Select(t.Context(), l, truth, cs, size)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestErrorsThatCancelAreMixed(t *testing.T) {
	e := selected(t, ensemble.RMSE, values(0, 0), 4, model("high", 1, 1), model("low", -1, -1), model("far", 5, 5))
	if want := []ensemble.Member{{Key: "high", Weight: 0.5}, {Key: "low", Weight: 0.5}}; !slices.Equal(e.Members, want) {
		t.Errorf("members %v, want %v", e.Members, want)
	}
	if e.Loss != 0 || e.BestSingle != 1 || e.BestSingleKey != "high" || e.Kept != 2 || len(e.Path) != 4 {
		t.Errorf("got %+v", e)
	}
}

func TestWeightsAreShares(t *testing.T) {
	// 2/3 of 3 and 1/3 of -6 is the truth.
	e := selected(t, ensemble.MAE, values(0), 3, model("b", -6), model("a", 3))
	if want := []ensemble.Member{{Key: "a", Weight: 2.0 / 3}, {Key: "b", Weight: 1.0 / 3}}; !slices.Equal(e.Members, want) {
		t.Errorf("members %v, want %v", e.Members, want)
	}
}

func TestOneModelIsTheEnsemble(t *testing.T) {
	e := selected(t, ensemble.RMSE, values(1, 2), 0, model("only", 1, 4))
	if len(e.Path) != ensemble.DefaultSize || e.Kept != 1 || !slices.Equal(e.Members, []ensemble.Member{{Key: "only", Weight: 1}}) {
		t.Errorf("got %+v", e)
	}
	if e.Loss != e.BestSingle || e.Loss != math.Sqrt2 {
		t.Errorf("loss %v, best single %v", e.Loss, e.BestSingle)
	}
}

func TestEqualModelsGoToTheFirst(t *testing.T) {
	e := selected(t, ensemble.RMSE, values(1, 2), 5, model("x", 0, 1), model("y", 0, 1), model("z", 0, 1))
	if want := []ensemble.Member{{Key: "x", Weight: 1}}; !slices.Equal(e.Members, want) {
		t.Errorf("members %v, want %v", e.Members, want)
	}
	for _, s := range e.Path {
		if s.Key != "x" {
			t.Errorf("a copy joined: %v", e.Path)
		}
	}
}

// Once a is in, adding a or its copy b gives the same loss.
func TestTiesPreferMembersOverCopies(t *testing.T) {
	e := selected(t, ensemble.MAE, values(0), 6, model("up", 3), model("down", -3.1), model("a", 2), model("b", 2))
	for _, s := range e.Path {
		if s.Key == "b" {
			t.Errorf("the copy of a member joined: %v", e.Path)
		}
	}
}

// After first, adding low (a lower index) or first again is equally good.
func TestTiesPreferMembersOverLowerIndices(t *testing.T) {
	truth := ensemble.Truth{Y: []float64{0, 1}, Cols: 2}
	low, first := model("low", 0.4, 0.6, 0.6, 0.4), model("first", 1, 0, 0.9, 0.1)
	e := selected(t, ensemble.Accuracy, truth, 2, low, first)
	if e.Kept != 1 || e.Path[1].Key != "first" {
		t.Errorf("got %+v", e)
	}
}

func TestAPerfectModelEndsIt(t *testing.T) {
	e := selected(t, ensemble.RMSE, values(1, 2), 3, model("near", 1, 2.1), model("perfect", 1, 2))
	if e.Loss != 0 || e.Kept != 1 || e.Members[0].Key != "perfect" {
		t.Errorf("got %+v", e)
	}
}

func TestSelectRefuses(t *testing.T) {
	good := model("good", 0.5)
	for _, c := range []struct {
		name string
		cs   []ensemble.Candidate
		size int
		want string
	}{
		{"no models", nil, 1, "no model"},
		{"a negative size", []ensemble.Candidate{good}, -1, "size"},
		{"the same key twice", []ensemble.Candidate{good, good}, 1, `"good" is there twice`},
		{"NaN", []ensemble.Candidate{good, model("trial 7", math.NaN())}, 1, "predictions of trial 7, row 0: the prediction is NaN"},
		{"infinity", []ensemble.Candidate{model("trial 8", math.Inf(1)), good}, 1, "predictions of trial 8"},
		{"another shape", []ensemble.Candidate{good, model("trial 9", 1, 2)}, 1, "predictions of trial 9: 2 predictions for 1 rows"},
	} {
		_, err := ensemble.Select(t.Context(), ensemble.RMSE, values(1), c.cs, c.size)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %q", c.name, err, c.want)
		}
	}
}

func TestSelectEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := ensemble.Select(ctx, ensemble.RMSE, values(1), []ensemble.Candidate{model("a", 1)}, 0)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// Whatever the models: the ensemble is at least as good as the best of them, is
// what its weights say, and every step was the best one to take.
func TestSelectionKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loss := rapid.SampledFrom(ensemble.Losses()).Draw(t, "loss")
		rows, cols := rapid.IntRange(1, 6).Draw(t, "rows"), 1
		if loss.Classifies() {
			cols = rapid.IntRange(1, 4).Draw(t, "cols")
		}
		models, size := rapid.IntRange(1, 5).Draw(t, "models"), rapid.IntRange(1, 8).Draw(t, "size")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		truth, cs := problem(r, loss, models, rows, cols)

		e, err := ensemble.Select(context.Background(), loss, truth, cs, size)
		if err != nil {
			t.Fatal(err)
		}
		if e.Loss > e.BestSingle {
			t.Errorf("ensemble %v is worse than %s alone, %v", e.Loss, e.BestSingleKey, e.BestSingle)
		}
		of := matrices(cs)
		if got, err := ensemble.Score(loss, truth, e.Members, of); err != nil || math.Abs(got-e.Loss) > 1e-9*(1+e.Loss) {
			t.Errorf("the members score %v (%v), the ensemble says %v", got, err, e.Loss)
		}
		for n := range e.Path {
			for _, c := range cs {
				other := append(slices.Clone(e.Path[:n]), ensemble.Step{Key: c.Key})
				got, err := ensemble.Score(loss, truth, shares(other), of)
				if err != nil || got < e.Path[n].Loss-1e-8*(1+got) {
					t.Errorf("step %d took %v, %s would have given %v (%v)", n, e.Path[n], c.Key, got, err)
				}
			}
		}
	})
}

func shares(steps []ensemble.Step) []ensemble.Member {
	var ms []ensemble.Member
	for _, s := range steps {
		ms = append(ms, ensemble.Member{Key: s.Key, Weight: 1 / float64(len(steps))})
	}
	return ms
}

func matrices(cs []ensemble.Candidate) func(string) ([]float64, error) {
	return func(key string) ([]float64, error) {
		for _, c := range cs {
			if c.Key == key {
				return c.P, nil
			}
		}
		return nil, fault.NotFoundf("predictions of %s", key)
	}
}

// problem draws a truth and models of different skill.
func problem(r *rand.Rand, l ensemble.Loss, models, rows, cols int) (ensemble.Truth, []ensemble.Candidate) {
	truth := ensemble.Truth{Y: make([]float64, rows), Cols: cols}
	for i := range truth.Y {
		truth.Y[i] = r.NormFloat64()
		if l.Classifies() {
			truth.Y[i] = float64(r.IntN(max(cols, 2)))
		}
	}
	cs := make([]ensemble.Candidate, models)
	for m := range cs {
		p := make([]float64, rows*cols)
		for i, y := range truth.Y {
			sum := 0.0
			for c := range cols {
				v := r.NormFloat64()
				if l.Classifies() {
					v = r.ExpFloat64()
					if c == int(y) {
						v += 3 * r.Float64()
					}
					if cols == 1 {
						v = r.Float64()
					}
				}
				p[i*cols+c] = v
				sum += v
			}
			if cols > 1 {
				for c := range cols {
					p[i*cols+c] /= sum
				}
			}
		}
		cs[m] = ensemble.Candidate{Key: fmt.Sprintf("trial %d", m), P: p}
	}
	return truth, cs
}

// 200 models of digits' size: 337 rows, 10 classes, 25 steps.
func BenchmarkSelect(b *testing.B) {
	for _, l := range []ensemble.Loss{ensemble.LogLoss, ensemble.RMSE} {
		cols := 1
		if l.Classifies() {
			cols = 10
		}
		truth, cs := problem(rand.New(rand.NewPCG(1, 2)), l, 200, 337, cols)
		b.Run(string(l), func(b *testing.B) {
			for b.Loop() {
				selected(b, l, truth, 25, cs...)
			}
		})
	}
}
