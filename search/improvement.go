package search

import "math"

// logEI is the logarithm of the expected improvement below best of a normal
// value, up to its own precision far in the tail too, where the improvement
// itself is no number any more (Ament et al. 2023, arXiv:2310.20708).
func logEI(mean, sd, best float64) float64 {
	z := (best - mean) / sd
	return math.Log(sd) + logH(z)
}

// logH is ln(φ(z) + z·Φ(z)).
func logH(z float64) float64 {
	const half = 0.9189385332046727 // ln(2π)/2
	if z > -1 {
		return math.Log(math.Exp(-z*z/2-half) + z*0.5*math.Erfc(-z/math.Sqrt2))
	}
	if z < -1e4 {
		return -z*z/2 - half - 2*math.Log(-z)
	}
	// φ(z)·(1 - |z|·m(z)), where m is Mills' ratio Φ(z)/φ(z).
	return -z*z/2 - half + math.Log1p(z*mills(-z))
}

// mills is (1-Φ(x))/φ(x) for x >= 1, by its continued fraction.
func mills(x float64) float64 {
	if x < 5 {
		return math.Erfc(x/math.Sqrt2) / 2 * math.Exp(x*x/2) * math.Sqrt(2*math.Pi)
	}
	t := x
	for k := 60; k >= 1; k-- {
		t = x + float64(k)/t
	}
	return 1 / t
}
