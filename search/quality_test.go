package search_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/sweepd/sweepd/search"
)

func sphere(d int) (search.Definition, func(search.Point) float64) {
	return cube(d), func(p search.Point) float64 {
		s := 0.0
		for _, v := range p {
			x := v.(float64) - 0.3
			s += x * x
		}
		return math.Log10(s + 1e-9)
	}
}

func branin() (search.Definition, func(search.Point) float64) {
	return search.Definition{Params: []search.Param{
			{Name: "x", Type: search.Float, Low: -5, High: 10}, {Name: "y", Type: search.Float, Low: 0, High: 15},
		}}, func(p search.Point) float64 {
			x, y := p["x"].(float64), p["y"].(float64)
			a := y - 5.1/(4*math.Pi*math.Pi)*x*x + 5/math.Pi*x - 6
			return math.Log10(a*a + 10*(1-1/(8*math.Pi))*math.Cos(x) + 10 - 0.397887 + 1e-9)
		}
}

func hartmann6() (search.Definition, func(search.Point) float64) {
	a := [4][6]float64{{10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}}
	c := [4]float64{1, 1.2, 3, 3.2}
	q := [4][6]float64{{1312, 1696, 5569, 124, 8283, 5886}, {2329, 4135, 8307, 3736, 1004, 9991}, {2348, 1451, 3522, 2883, 3047, 6650}, {4047, 8828, 8732, 5743, 1091, 381}}
	return cube(6), func(p search.Point) float64 {
		s := 0.0
		for i := range 4 {
			e := 0.0
			for j := range 6 {
				d := p[fmt.Sprintf("x%d", j)].(float64) - q[i][j]*1e-4
				e += a[i][j] * d * d
			}
			s -= c[i] * math.Exp(-e)
		}
		return math.Log10(s + 3.32237 + 1e-9)
	}
}

func mixedTable() (search.Definition, func(search.Point) float64) {
	d := search.Definition{Params: []search.Param{
		{Name: "opt", Type: search.Choice, Values: []any{"a", "b", "c", "d"}},
		{Name: "act", Type: search.Choice, Values: []any{"r", "s", "t"}},
		{Name: "w", Type: search.Ordinal, Values: []any{16, 32, 64, 128, 256, 512}},
		{Name: "lr", Type: search.Float, Low: 1e-5, High: 1, Scale: search.Log},
		{Name: "n", Type: search.Int, Low: 1, High: 8},
		{Name: "opt=a/m", Pass: "m", Type: search.Float, Low: 0, High: 1, Parent: "opt", Equals: "a"},
		{Name: "opt=b/m", Pass: "m", Type: search.Float, Low: 0, High: 1, Parent: "opt", Equals: "b"},
	}}
	return d, func(p search.Point) float64 {
		l := map[any]float64{"a": 0.1, "b": 0, "c": 0.5, "d": 1}[p["opt"]] + map[any]float64{"r": 0.3, "s": 0, "t": 0.1}[p["act"]]
		l += math.Pow(math.Log10(p["lr"].(float64))+2.5, 2) * 0.3
		l += 0.1 * math.Pow(math.Log2(float64(p["w"].(int64)))-7, 2)
		l += 0.05 * math.Pow(float64(p["n"].(int64))-3, 2)
		if m, ok := p["m"].(float64); ok {
			l += math.Pow(m-0.8, 2)
		} else {
			l += 0.3
		}
		return math.Log10(l + 1e-4)
	}
}

func TestZZQuality(t *testing.T) {
	if os.Getenv("Q") == "" {
		return
	}
	type pb struct {
		d search.Definition
		f func(search.Point) float64
	}
	mk := func(d search.Definition, f func(search.Point) float64) pb { return pb{d, f} }
	for name, p := range map[string]pb{"sphere2": mk(sphere(2)), "sphere10": mk(sphere(10)), "branin": mk(branin()), "hart6": mk(hartmann6()), "mixed": mk(mixedTable())} {
		for _, sn := range []string{"random", "sobol", "tpe"} {
			var at [4]float64
			const seeds = 20
			for seed := range uint64(seeds) {
				c := minimise(t, sampler(t, sn, space(t, p.d), search.Options{Seed: seed, Budget: 200}), 200, p.f)
				for i, n := range []int{25, 50, 100, 200} {
					at[i] += c[n-1] / seeds
				}
			}
			fmt.Printf("%-9s %-7s %.3f\n", name, sn, at)
		}
	}
	_ = context.Background
}
