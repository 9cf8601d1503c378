package search

import (
	"math"
	"math/rand/v2"
)

// mixture is a density over the dimensions of a group and of those above it:
// one kernel per trial and one prior, uniform or as the weights of the
// parameter say. log and draw are about the group's own dimensions given the
// others. Numeric kernels are Gaussians cut off at the ends of [0,1] with one
// width per dimension; categorical ones put most of their mass on the trial's
// value.
type mixture struct {
	all, own []int // dimensions; own is the tail of all
	numeric  []mixtureDim
	choices  []mixtureChoice

	rows   [][]float64 // the trials' places, shared with the records
	weight []float64
	total  float64 // of weight, prior included

	scaled    []float64 // rows x numeric: place / width
	above     []float64 // per row: log of weight and of the normalisers above
	normal    []float64 // per row: log of the normalisers of own
	given, at []float64 // scratch: log kernel of the dimensions above, and of all
}

// mixtureDim is a numeric dimension; those above come first.
type mixtureDim struct {
	dim   int
	own   bool
	cell  float64 // mean width of a cell in the unit interval, 0 when continuous
	width float64
}

// mixtureChoice is a categorical dimension.
type mixtureChoice struct {
	dim    int
	own    bool
	domain *domain
	cat    []int32 // per row
	spread float64 // mass that a kernel spreads over all values
}

const priorWeight = 1

func newMixture(s *Space, all []int, own int) *mixture {
	m := &mixture{all: all, own: all[len(all)-own:]}
	for i, dim := range all {
		d, mine := &s.params[s.dims[dim]].domain, i >= len(all)-own
		if d.categorical() {
			m.choices = append(m.choices, mixtureChoice{dim: dim, own: mine, domain: d})
			continue
		}
		nd := mixtureDim{dim: dim, own: mine}
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

// finish fixes widths and normalisers. The width is that of optuna's
// multivariate estimator, 0.2 n^(-1/(d+4)), but at least 1/min(100, n+2) and
// half a cell.
func (m *mixture) finish() {
	n := len(m.rows)
	base := 0.2 * math.Pow(float64(max(n, 1)), -1/float64(len(m.all)+4))
	m.above, m.normal = resize(m.above, n), resize(m.normal, n)
	m.given, m.at = resize(m.given, n), resize(m.at, n)
	m.scaled = resize(m.scaled, n*len(m.numeric))
	for i, w := range m.weight {
		m.above[i], m.normal[i] = math.Log(w/m.total), 0
	}
	var norm cutGaussian
	for j := range m.numeric {
		d := &m.numeric[j]
		d.width = max(base, 1/float64(min(100, n+2)), d.cell/2)
		norm.setWidth(d.width)
		for i, u := range m.rows {
			x := u[d.dim]
			m.scaled[i*len(m.numeric)+j] = x / d.width
			if d.own {
				m.normal[i] -= norm.log(x)
			} else {
				m.above[i] -= norm.log(x)
			}
		}
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

// prior is the log density of the prior at u in the categorical dimensions
// above and in all; numeric ones add nothing.
func (m *mixture) prior(u []float64) (given, all float64) {
	for j := range m.choices {
		c := &m.choices[j]
		l := math.Log(c.domain.share(c.domain.cellOf(u[c.dim])))
		all += l
		if !c.own {
			given += l
		}
	}
	return given, all
}

// kernels fills m.given, the log of weight and kernel in the dimensions above.
func (m *mixture) kernels(u []float64) {
	copy(m.given, m.above)
	width := len(m.numeric)
	up := 0
	for up < width && !m.numeric[up].own {
		up++
	}
	for i := range m.given {
		row, s := m.scaled[i*width:i*width+up], 0.0
		for j, x := range row {
			z := u[m.numeric[j].dim]/m.numeric[j].width - x
			s += z * z
		}
		m.given[i] -= s / 2
	}
	for j := range m.choices {
		if !m.choices[j].own {
			m.choices[j].addTo(m.given, u)
		}
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

// log is the log density of own at u, given the dimensions above.
// O(kernels · dimensions).
func (m *mixture) log(u []float64) float64 {
	m.kernels(u)
	width := len(m.numeric)
	up := 0
	for up < width && !m.numeric[up].own {
		up++
	}
	z := make([]float64, width-up)
	for j := range z {
		z[j] = u[m.numeric[up+j].dim] / m.numeric[up+j].width
	}
	for i := range m.at {
		row, s := m.scaled[i*width+up:(i+1)*width], 0.0
		for j, x := range row {
			d := z[j] - x
			s += d * d
		}
		m.at[i] = m.given[i] + m.normal[i] - s/2
	}
	for j := range m.choices {
		if m.choices[j].own {
			m.choices[j].addTo(m.at, u)
		}
	}
	lp := math.Log(priorWeight / m.total)
	given, all := m.prior(u)
	return logSum(m.at, lp+all) - logSum(m.given, lp+given)
}

// draw fills own in u, given the dimensions above.
func (m *mixture) draw(u []float64, rng *rand.Rand) {
	i := m.pick(u, rng)
	for j := range m.numeric {
		d := &m.numeric[j]
		if !d.own {
			continue
		}
		u[d.dim] = rng.Float64()
		if i >= 0 {
			u[d.dim] = cutNormal(m.rows[i][d.dim], d.width, rng)
		}
	}
	for j := range m.choices {
		c := &m.choices[j]
		if !c.own {
			continue
		}
		u[c.dim] = rng.Float64()
		if i >= 0 && rng.Float64() >= c.spread {
			u[c.dim] = m.rows[i][c.dim]
		}
	}
}

// pick chooses a kernel by its weight given the dimensions above; -1 is the
// prior.
func (m *mixture) pick(u []float64, rng *rand.Rand) int {
	m.kernels(u)
	given, _ := m.prior(u)
	p := math.Log(priorWeight/m.total) + given
	total := logSum(m.given, p)
	left := rng.Float64() - math.Exp(p-total)
	for i := 0; left >= 0 && i < len(m.given); i++ {
		if left -= math.Exp(m.given[i] - total); left < 0 {
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

// cutGaussian is the log normaliser of a Gaussian cut off at 0 and 1, from a
// table over its mean.
type cutGaussian struct {
	width float64
	table [cutCells + 1]float64
}

const cutCells = 512

func (c *cutGaussian) setWidth(w float64) {
	if w == c.width {
		return
	}
	c.width = w
	for i := range c.table {
		mean := float64(i) / cutCells
		mass := (math.Erf((1-mean)/(w*math.Sqrt2)) + math.Erf(mean/(w*math.Sqrt2))) / 2
		c.table[i] = math.Log(w * math.Sqrt(2*math.Pi) * mass)
	}
}

func (c *cutGaussian) log(mean float64) float64 {
	x := mean * cutCells
	i := min(int(x), cutCells-1)
	return c.table[i] + (x-float64(i))*(c.table[i+1]-c.table[i])
}
