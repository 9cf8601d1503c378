package search

import (
	"math"
	"math/rand/v2"
)

// Numbers of the forest.
const (
	forestTrees = 48
	forestLeaf  = 2 // rows that a leaf keeps at least
)

// forest is a set of extremely randomised regression trees (Geurts et al. 2006,
// Machine Learning 63): at each node a few features are tried, each at one random
// cut, or for a category at one random subset of its values, and the cut that
// lowers the variance most is taken. Trees see all rows. Good where values have
// no order or parameters are conditional, and blind to smoothness.
type forest struct {
	f     *features
	trees [][]node
	sd    float64 // of the last prediction
}

// node is a split, or a leaf when feature is -1.
type node struct {
	feature     int
	cut         float64 // left: below
	left        uint64  // of a category: values by bit that go left, -1 being bit 63
	category    bool
	yes, no     int
	mean, sigma float64 // of the targets in a leaf
}

// newForest grows a forest: a function of the rows and the seed.
// O(trees · n · log n · features tried).
func newForest(f *features, x [][]float64, y []float64, seed uint64) *forest {
	out := &forest{f: f}
	rows := make([]int, len(x))
	for t := range forestTrees {
		for i := range rows {
			rows[i] = i
		}
		g := &grower{f: f, x: x, y: y, rng: rand.New(rand.NewPCG(seed, mix(seed, uint64(t))))}
		g.grow(rows)
		out.trees = append(out.trees, g.nodes)
	}
	return out
}

// bound is the mean at x, and the standard deviation among and within the
// leaves that x falls into. O(trees · depth).
func (f *forest) bound(x []float64) (mean, sd float64) {
	square, within := 0.0, 0.0
	for _, tree := range f.trees {
		i := 0
		for tree[i].feature >= 0 {
			if tree[i].goesLeft(x) {
				i = tree[i].yes
			} else {
				i = tree[i].no
			}
		}
		mean += tree[i].mean
		square += tree[i].mean * tree[i].mean
		within += tree[i].sigma * tree[i].sigma
	}
	n := float64(len(f.trees))
	mean /= n
	f.sd = math.Sqrt(max(square/n-mean*mean, 0) + within/n + 1e-6)
	return mean, f.sd
}

// deviation is the standard deviation at the x that bound was asked for last.
func (f *forest) deviation() float64 { return f.sd }

func (d *node) goesLeft(x []float64) bool {
	if d.category {
		return d.left>>bit(x[d.feature])&1 == 1
	}
	return x[d.feature] < d.cut
}

// bit is where a category stands in a mask; beyond 62 values several share one.
func bit(c float64) uint {
	if c < 0 {
		return 63
	}
	return uint(c) % 63
}

type grower struct {
	f     *features
	x     [][]float64
	y     []float64
	rng   *rand.Rand
	nodes []node
}

// grow adds the tree over some rows, which it reorders, and gives its index.
func (g *grower) grow(rows []int) int {
	at := len(g.nodes)
	g.nodes = append(g.nodes, node{feature: -1})
	mean, sum := g.spread(rows)
	n := float64(len(rows))
	g.nodes[at].mean, g.nodes[at].sigma = mean, math.Sqrt(sum/n)
	if len(rows) < 2*forestLeaf || sum <= 1e-12 {
		return at
	}
	best, gain := node{feature: -1}, 0.0
	d := len(g.f.space.dims)
	tries := max(1, (d+1)/2)
	for _, k := range g.rng.Perm(d) {
		c, ok := g.split(k, rows)
		if !ok {
			continue
		}
		if won := g.gain(c, rows, sum); won > gain {
			best, gain = c, won
		}
		if tries--; tries == 0 {
			break
		}
	}
	if best.feature < 0 {
		return at
	}
	i := 0
	for j := range rows {
		if best.goesLeft(g.x[rows[j]]) {
			rows[i], rows[j] = rows[j], rows[i]
			i++
		}
	}
	best.yes = g.grow(rows[:i])
	best.no = g.grow(rows[i:])
	g.nodes[at] = best
	return at
}

// split draws a cut of feature k that has rows on both sides.
func (g *grower) split(k int, rows []int) (node, bool) {
	if g.f.domain(k).categorical() {
		var seen uint64
		for _, r := range rows {
			seen |= 1 << bit(g.x[r][k])
		}
		left := g.rng.Uint64() & seen
		return node{feature: k, category: true, left: left}, left != 0 && left != seen
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range rows {
		low, high = min(low, g.x[r][k]), max(high, g.x[r][k])
	}
	return node{feature: k, cut: low + (high-low)*(1-g.rng.Float64())}, high > low
}

// gain is how much a split lowers the sum of squares; 0 when a side is too small.
func (g *grower) gain(c node, rows []int, sum float64) float64 {
	var n [2]float64
	var s, q [2]float64
	for _, r := range rows {
		side := 0
		if c.goesLeft(g.x[r]) {
			side = 1
		}
		n[side]++
		s[side] += g.y[r]
		q[side] += g.y[r] * g.y[r]
	}
	if n[0] < 1 || n[1] < 1 {
		return 0
	}
	return sum - (q[0] - s[0]*s[0]/n[0]) - (q[1] - s[1]*s[1]/n[1]) + 1e-300
}

func (g *grower) spread(rows []int) (mean, sum float64) {
	for _, r := range rows {
		mean += g.y[r] / float64(len(rows))
	}
	for _, r := range rows {
		sum += (g.y[r] - mean) * (g.y[r] - mean)
	}
	return mean, sum
}
