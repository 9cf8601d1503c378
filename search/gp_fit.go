package search

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// Priors of the hyperparameters, normal in their logarithms. The length scale
// grows with the root of the number of dimensions, as distances do (Hvarfner et
// al. 2024, arXiv:2402.02229).
const (
	lengthAtOne  = 0.5 // median length scale in one dimension
	lengthSpread = 1.0
	signalSpread = 1.0
	noiseMedian  = 3e-3 // of a variance of 1
	noiseSpread  = 2.0
	noiseMuch    = 0.2 // where the second start begins: noise and short lengths explain each other
	noiseLeast   = 1e-6
	noiseRows    = 20 // rows from which noise can be told from the rest
	fitSteps     = 30
	refitSteps   = 8 // from hyperparameters of nearly the same rows
)

// fitGaussian finds the hyperparameters of largest posterior density for rows x
// and targets y by L-BFGS: from a start in few steps, or, when it is nil, from the
// middle of the prior and from where noise is as likely. A function of the rows, in
// their order, and of the start. O(n³) for each of some 10 or 40 steps.
func fitGaussian(f *features, x [][]float64, y, start []float64) []float64 {
	g := &fit{f: f, x: x, y: y}
	d := len(f.space.dims)
	g.prior = hyperpriors(d)
	middle := make([]float64, d+2)
	for i, p := range g.prior {
		middle[i] = p.centre
	}
	switch {
	case len(x) < 3:
		return middle
	case start != nil:
		return g.climb(refitSteps, start)
	case len(x) < noiseRows:
		return g.climb(fitSteps, middle)
	}
	noisy := slices.Clone(middle)
	noisy[d+1] = math.Log(noiseMuch)
	return g.climb(fitSteps, middle, noisy)
}

// climb is the best that L-BFGS finds from some starts, which are the least.
func (g *fit) climb(steps int, starts ...[]float64) []float64 {
	problem := optimize.Problem{
		Func: func(theta []float64) float64 { v, _ := g.at(theta); return v },
		Grad: func(grad, theta []float64) { _, got := g.at(theta); copy(grad, got) },
	}
	settings := &optimize.Settings{MajorIterations: steps, FuncEvaluations: 2 * steps, GradientThreshold: 1e-2}
	best, least := starts[0], math.Inf(1)
	for _, start := range starts {
		result, _ := optimize.Minimize(problem, start, settings, &optimize.LBFGS{}) // what stopped it does not matter
		if result != nil && result.F < least && finite(result.X) {
			best, least = result.X, result.F
		}
	}
	return best
}

// fit is the search for hyperparameters; the last point is kept, since it is
// asked for its value and then for its gradient.
type fit struct {
	f     *features
	x     [][]float64
	y     []float64
	prior []logNormal

	last     []float64
	value    float64
	gradient []float64
}

func (g *fit) at(theta []float64) (float64, []float64) {
	if !slices.Equal(theta, g.last) {
		g.last = slices.Clone(theta)
		g.value, g.gradient = g.loss(theta)
	}
	return g.value, g.gradient
}

func finite(xs []float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

type logNormal struct{ centre, spread float64 }

func hyperpriors(d int) []logNormal {
	out := make([]logNormal, d+2)
	length := math.Log(lengthAtOne) + 0.5*math.Log(float64(max(d, 1)))
	for k := range d {
		out[k] = logNormal{-2 * length, 2 * lengthSpread} // of 1/length²
	}
	out[d] = logNormal{0, signalSpread}
	out[d+1] = logNormal{math.Log(noiseMedian), noiseSpread}
	return out
}

// loss is minus the log posterior density of the hyperparameters, and its
// gradient. With W = αα' - K⁻¹ it is dL/dθ = ½ Σ W∘dK/dθ; one pass over the pairs
// of rows adds up all dimensions. O(n³ + n²·d).
func (g *fit) loss(theta []float64) (float64, []float64) {
	n, d, prior := len(g.x), len(theta)-2, g.prior
	bad := func() (float64, []float64) { return math.Inf(1), make([]float64, d+2) }
	for i, t := range theta {
		if math.IsNaN(t) || math.Abs(t-prior[i].centre) > 8*prior[i].spread {
			return bad()
		}
	}
	h := &gaussian{f: g.f, x: g.x}
	h.set(theta)
	h.noise = max(h.noise, noiseLeast)
	sym, slopes := mat.NewSymDense(n, nil), make([]float64, n*(n-1)/2)
	at := 0
	for i := range n {
		for j := range i {
			c, slope := matern(h.distance(h.x[i], h.x[j]))
			sym.SetSym(j, i, h.signal*c)
			slopes[at] = slope
			at++
		}
		sym.SetSym(i, i, h.signal*(1+1e-10)+h.noise)
	}
	var chol mat.Cholesky
	if !chol.Factorize(sym) {
		return bad()
	}
	alpha := mat.NewVecDense(n, nil)
	_ = chol.SolveVecTo(alpha, mat.NewVecDense(n, g.y)) // a Condition is a warning
	out := 0.5*mat.Dot(alpha, mat.NewVecDense(n, g.y)) + 0.5*chol.LogDet()
	for i, p := range prior {
		z := (theta[i] - p.centre) / p.spread
		out += 0.5 * z * z
	}
	grad := make([]float64, d+2)
	var inverse mat.SymDense
	_ = chol.InverseTo(&inverse)
	trace, quadratic, dot := 0.0, 0.0, 0.0 // of noise and of signal
	at = 0
	for i := range n {
		ai := alpha.AtVec(i)
		trace += inverse.At(i, i)
		quadratic += ai * ai
		for j := range i {
			w := (ai*alpha.AtVec(j) - inverse.At(i, j)) * h.signal * (5.0 / 3.0) * 0.5 * slopes[at]
			at++
			a, b := h.x[i], h.x[j]
			for _, k := range h.f.numeric {
				diff := a[k] - b[k]
				grad[k] += w * h.rho[k] * diff * diff
			}
			for _, k := range h.f.choice {
				if a[k] != b[k] {
					grad[k] += w * h.rho[k]
				}
			}
		}
		dot += ai * g.y[i]
	}
	// dK/d ln s = K - noise·I, dK/d ln noise = noise·I.
	grad[d] = -0.5 * ((dot - h.noise*quadratic) - (float64(n) - h.noise*trace))
	grad[d+1] = -0.5 * h.noise * (quadratic - trace)
	for i, p := range prior {
		grad[i] += (theta[i] - p.centre) / (p.spread * p.spread)
	}
	return out, grad
}
