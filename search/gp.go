package search

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// gaussian is a Gaussian process over features with a Matérn-5/2 kernel, a
// length scale for each dimension, and noise (Rasmussen and Williams 2006,
// chapters 2, 4 and 5):
//
//	k(x, z) = s·(1 + q + q²/3)·exp(-q),  q² = 5·Σ ρ_k·δ_k²
//
// where δ is the difference of numeric features and 0 or 1 for categories. The
// hyperparameters are those of maximal posterior density. Targets have mean 0
// and variance 1.
type gaussian struct {
	f     *features
	x     [][]float64 // rows of features
	y     []float64
	theta []float64 // ln ρ by dimension, ln s, ln noise

	rho           []float64
	signal, noise float64
	lower         [][]float64 // Cholesky factor of the kernel matrix, by row
	alpha         []float64   // kernel matrix⁻¹ · y
	k, v          []float64   // scratch
}

// newGaussian is the process with hyperparameters theta given rows x and targets
// y. O(n³).
func newGaussian(f *features, x [][]float64, y, theta []float64) *gaussian {
	g := &gaussian{f: f, x: x, y: y}
	g.set(theta)
	g.factor()
	return g
}

func (g *gaussian) set(theta []float64) {
	d := len(theta) - 2
	g.theta = theta
	g.rho = make([]float64, d)
	for k := range g.rho {
		g.rho[k] = math.Exp(theta[k])
	}
	g.signal, g.noise = math.Exp(theta[d]), math.Exp(theta[d+1])
}

// distance is Σ ρ_k·δ_k².
func (g *gaussian) distance(a, b []float64) float64 {
	sum := 0.0
	for _, k := range g.f.numeric {
		d := a[k] - b[k]
		sum += g.rho[k] * d * d
	}
	for _, k := range g.f.choice {
		if a[k] != b[k] {
			sum += g.rho[k]
		}
	}
	return sum
}

// matern is the correlation at a distance, and (1+q)·exp(-q), which its
// derivatives are made of.
func matern(distance float64) (c, slope float64) {
	q := math.Sqrt(5 * distance)
	e := math.Exp(-q)
	slope = (1 + q) * e
	return slope + q*q/3*e, slope
}

// factor makes the factor and alpha; the diagonal is raised until it works.
func (g *gaussian) factor() bool {
	n := len(g.x)
	sym := mat.NewSymDense(max(n, 1), nil)
	for i := range n {
		for j := range i {
			c, _ := matern(g.distance(g.x[i], g.x[j]))
			sym.SetSym(j, i, g.signal*c)
		}
	}
	var chol mat.Cholesky
	for jitter := 1e-10; ; jitter *= 100 {
		for i := range n {
			sym.SetSym(i, i, g.signal*(1+jitter)+g.noise)
		}
		if n == 0 || chol.Factorize(sym) {
			break
		}
		if jitter > 1 {
			return false
		}
	}
	g.alpha, g.lower = make([]float64, n), make([][]float64, n)
	g.k, g.v = make([]float64, n), make([]float64, n)
	if n == 0 {
		return true
	}
	var tri mat.TriDense
	chol.LTo(&tri)
	raw := tri.RawTriangular()
	for i := range g.lower {
		g.lower[i] = raw.Data[i*raw.Stride : i*raw.Stride+i+1]
	}
	if err := chol.SolveVecTo(mat.NewVecDense(n, g.alpha), mat.NewVecDense(n, g.y)); err != nil {
		if _, conditioned := err.(mat.Condition); !conditioned {
			return false
		}
	}
	return true
}

// bound is the posterior mean at x and more than the standard deviation there:
// what the row that is most like x leaves of it. O(n·d).
func (g *gaussian) bound(x []float64) (mean, sd float64) {
	most := 0.0
	for i, row := range g.x {
		c, _ := matern(g.distance(x, row))
		g.k[i] = g.signal * c
		most = max(most, g.k[i])
	}
	if len(g.k) > 0 {
		mean = floats.Dot(g.k, g.alpha)
	}
	return mean, math.Sqrt(max(g.signal-most*most/(g.signal+g.noise), 1e-12))
}

// deviation is the posterior standard deviation of the function at the x that
// bound was asked for last. O(n²).
func (g *gaussian) deviation() float64 {
	variance := g.signal
	for i, row := range g.lower {
		v := (g.k[i] - floats.Dot(row[:i], g.v[:i])) / row[i]
		g.v[i] = v
		variance -= v * v
	}
	return math.Sqrt(max(variance, 1e-12))
}
