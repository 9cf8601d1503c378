package search

import (
	"math"
	"math/rand/v2"
)

// mixture is a density over the dimensions of a group: one kernel per trial and
// one prior, uniform or as the weights of the parameter say. Numeric kernels are Gaussians cut off at the ends of [0,1], as wide in
// a dimension as the larger gap to a neighbour there (the rule of optuna's
// parzen_estimator.py); categorical ones put most of their mass on the trial's
// value.
//
// Numbers are kept by column, one value per row (trial) side by side: sums over
// dimensions then run over independent rows, which is what a processor likes.
type mixture struct {
	numeric []mixtureDim
	choices []mixtureChoice

	rows   [][]float64 // the trials' places, shared with the records
	weight []float64
	total  float64 // of weight, prior included

	height []float64 // per row: log of weight and normalisers

	at, sums []float64 // scratch, per row: log kernel, sums of squares
}

// mixtureDim is a numeric dimension.
type mixtureDim struct {
	dim             int
	cell            float64   // mean width of a cell in the unit interval, 0 when continuous
	inverse, scaled []float64 // per row: 1/width, place/width
}

// mixtureChoice is a categorical dimension.
type mixtureChoice struct {
	dim    int
	domain *domain
	cat    []int32 // per row
	spread float64 // mass that a kernel spreads over all values
}

const priorWeight = 1

// newMixture is a density of some dimensions of a space.
func newMixture(s *Space, dims []int) *mixture {
	m := &mixture{}
	for _, dim := range dims {
		d := &s.params[s.dims[dim]].domain
		if d.categorical() {
			m.choices = append(m.choices, mixtureChoice{dim: dim, domain: d})
			continue
		}
		nd := mixtureDim{dim: dim}
		if d.cells > 0 {
			nd.cell = 1 / float64(d.cells)
		}
		m.numeric = append(m.numeric, nd)
	}
	return m
}

// reset empties the mixture.
func (m *mixture) reset() {
	m.rows, m.weight = m.rows[:0], m.weight[:0]
	m.total = priorWeight
}

// add puts a kernel at u.
func (m *mixture) add(u []float64, weight float64) {
	m.rows, m.weight = append(m.rows, u), append(m.weight, weight)
	m.total += weight
}

// finish fixes widths and normalisers, once every kernel is added.
// O(rows · dimensions).
func (m *mixture) finish() {
	n := len(m.rows)
	for _, s := range []*[]float64{&m.height, &m.at, &m.sums} {
		*s = resize(*s, n)
	}
	m.widths()
	clear(m.height)
	m.normalise()
	for i, w := range m.weight {
		m.height[i] += math.Log(w / m.total)
	}
	for j := range m.choices {
		c := &m.choices[j]
		k := float64(c.domain.cells) * priorWeight / float64(n+1)
		c.spread = min(k/(1+k), 0.5)
		c.cat = c.cat[:0]
		for _, u := range m.rows {
			c.cat = append(c.cat, int32(c.domain.cellOf(u[c.dim])))
		}
	}
}

// widths sets the widths of numeric kernels: at least half a cell, and
// 1/min(100, n+2) of the range, which keeps kernels from being spikes.
func (m *mixture) widths() {
	n := len(m.rows)
	var gaps gapFinder
	for j := range m.numeric {
		d := &m.numeric[j]
		d.inverse, d.scaled = resize(d.inverse, n), resize(d.scaled, n)
		place := d.scaled
		gaps.reset()
		for i, u := range m.rows {
			place[i] = u[d.dim]
			gaps.add(place[i])
		}
		gaps.link()
		least := max(1/float64(min(100, n+2)), d.cell/2)
		for i, x := range place {
			d.inverse[i] = 1 / max(gaps.at(x), least)
			d.scaled[i] = x * d.inverse[i]
		}
	}
}

// normalise takes from height the logarithms of the integrals over [0,1] of each
// row's numeric kernels.
func (m *mixture) normalise() {
	dims, product := m.numeric, m.sums               // sums are free until a density is asked for
	for first := 0; first < len(dims); first += 16 { // 16 factors do not underflow
		for i := range product {
			product[i] = 1
		}
		for _, d := range dims[first:min(first+16, len(dims))] {
			for i, inverse := range d.inverse {
				low := d.scaled[i]
				product[i] *= math.Sqrt2 * math.SqrtPi / inverse * (upTo(inverse-low) + upTo(low) - 1)
			}
		}
		for i, p := range product {
			m.height[i] -= math.Log(p)
		}
	}
}

func resize(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n, 2*n)
	}
	return s[:n]
}

// share is the prior mass of category c.
func (d *domain) share(c int) float64 {
	if c == 0 {
		return d.cum[0]
	}
	return d.cum[c] - d.cum[c-1]
}

// addNumeric adds the log kernels of numeric dimensions, normalisers apart.
func (m *mixture) addNumeric(logs, u []float64) {
	if len(m.numeric) == 0 {
		return
	}
	sums := m.sums
	clear(sums)
	for k := range m.numeric {
		d := &m.numeric[k]
		x := u[d.dim]
		inverse, scaled := d.inverse[:len(sums)], d.scaled[:len(sums)]
		for i := range sums {
			z := x*inverse[i] - scaled[i]
			sums[i] += z * z
		}
	}
	for i, s := range sums {
		logs[i] -= s / 2
	}
}

// addTo adds the log kernels of a categorical dimension.
func (c *mixtureChoice) addTo(logs, u []float64) {
	v := c.domain.cellOf(u[c.dim])
	spread := c.spread * c.domain.share(v)
	same, other := math.Log(1-c.spread+spread), math.Log(spread)
	for i, cat := range c.cat {
		if int(cat) == v {
			logs[i] += same
		} else {
			logs[i] += other
		}
	}
}

// log is the log density at u. O(kernels · dimensions).
func (m *mixture) log(u []float64) float64 {
	copy(m.at, m.height)
	m.addNumeric(m.at, u)
	for j := range m.choices {
		m.choices[j].addTo(m.at, u)
	}
	return logSum(m.at, m.floor(u))
}

// floor is the part of the prior in the density that log tells: never more than
// that. Numeric dimensions add nothing to it. O(categorical dimensions).
func (m *mixture) floor(u []float64) float64 {
	prior := 0.0
	for j := range m.choices {
		c := &m.choices[j]
		prior += math.Log(c.domain.share(c.domain.cellOf(u[c.dim])))
	}
	return math.Log(priorWeight/m.total) + prior
}

// draw fills the dimensions of the group in u.
func (m *mixture) draw(u []float64, rng *rand.Rand) {
	i := m.pick(rng)
	for j := range m.numeric {
		d := &m.numeric[j]
		u[d.dim] = rng.Float64()
		if i >= 0 {
			u[d.dim] = cutNormal(m.rows[i][d.dim], 1/d.inverse[i], rng)
		}
	}
	for j := range m.choices {
		c := &m.choices[j]
		u[c.dim] = rng.Float64()
		if i >= 0 && rng.Float64() >= c.spread {
			u[c.dim] = m.rows[i][c.dim]
		}
	}
}

// pick chooses a kernel by its weight; -1 is the prior.
func (m *mixture) pick(rng *rand.Rand) int {
	left := rng.Float64()*m.total - priorWeight
	for i := 0; left >= 0 && i < len(m.weight); i++ {
		if left -= m.weight[i]; left < 0 {
			return i
		}
	}
	return -1
}

// logSum is log(exp(last) + sum of exp(logs)).
func logSum(logs []float64, last float64) float64 {
	top := last
	for _, l := range logs {
		top = max(top, l)
	}
	sum := math.Exp(last - top)
	for _, l := range logs {
		if d := l - top; d > -40 {
			sum += math.Exp(d)
		}
	}
	return top + math.Log(sum)
}

// cutNormal draws from a Gaussian cut off at 0 and 1.
func cutNormal(mean, width float64, rng *rand.Rand) float64 {
	for range 64 {
		if x := mean + width*rng.NormFloat64(); x >= 0 && x < 1 {
			return x
		}
	}
	return mean
}
