package search

import (
	"math"
	"sync"
)

// gapFinder gives, for each of a set of numbers in [0,1), the larger of the gaps
// to its neighbours; gaps below 1/gapBuckets count as 0, which is finer than any
// kernel is wide. The lowest number has no gap below it and the highest none
// above; a single number has the ends of the interval as neighbours. It does
// not sort: O(numbers + buckets).
type gapFinder struct {
	n           int
	least, most [gapBuckets]float64 // per bucket; NaN when it is empty
	down, up    [gapBuckets]float64 // nearest number in lower and higher buckets; NaN for none
}

const gapBuckets = 256

func (g *gapFinder) reset() {
	g.n = 0
	for b := range g.least {
		g.least[b], g.most[b] = math.NaN(), math.NaN()
	}
}

func bucketOf(x float64) int { return clampInt(int(x*gapBuckets), 0, gapBuckets-1) }

func (g *gapFinder) add(x float64) {
	g.n++
	b := bucketOf(x)
	if !(g.least[b] <= x) {
		g.least[b] = x
	}
	if !(g.most[b] >= x) {
		g.most[b] = x
	}
}

// link finds the neighbours of each bucket, once every number is added.
func (g *gapFinder) link() {
	last := math.NaN()
	for b := range g.down {
		g.down[b] = last
		if g.most[b] >= 0 {
			last = g.most[b]
		}
	}
	last = math.NaN()
	for b := gapBuckets - 1; b >= 0; b-- {
		g.up[b] = last
		if g.least[b] >= 0 {
			last = g.least[b]
		}
	}
}

// at is the larger gap of a number that was added.
func (g *gapFinder) at(x float64) float64 {
	if g.n == 1 {
		return max(x, 1-x)
	}
	b := bucketOf(x)
	gap := 0.0
	if x == g.least[b] && g.down[b] >= 0 {
		gap = x - g.down[b]
	}
	if x == g.most[b] && g.up[b] >= 0 {
		gap = max(gap, g.up[b]-x)
	}
	return gap
}

// cumulative is the standard normal distribution function at 0, 1/128, ... 6.
var cumulative = sync.OnceValue(func() []float64 {
	table := make([]float64, 6*128+2)
	for i := range table {
		table[i] = (1 + math.Erf(float64(i)/128/math.Sqrt2)) / 2
	}
	return table
})

// upTo is the standard normal distribution function at z >= 0, to 1e-5.
func upTo(z float64) float64 {
	if z >= 6 {
		return 1
	}
	i := int(z * 128)
	table := cumulative()
	return table[i] + (z*128-float64(i))*(table[i+1]-table[i])
}
