package search

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// How many trials the regression models see: of those that finished the best half
// and an even sample of the others.
const (
	regressionRows = 256 // that have ended
	stoppedRows    = 96  // of these at most that were stopped, the newest
	failedRows     = 256 // the newest
	pendingRows    = 64  // open trials, the newest
	fitRows        = 128 // that hyperparameters are fitted to
)

// noiseThatMatters is a variance of the noise, that of the losses being 1.
const noiseThatMatters = 0.05

// regression is a model of what is known, ready to be searched.
type regression struct {
	model
	best     float64                   // the least loss it expects at a trial that has ended
	near     [][]float64               // places of the best trials
	feasible func(x []float64) float64 // log of the probability that a trial there does not fail
	noisy    bool                      // losses have noise that matters
}

// regression fits an engine to what is known; nil while too little is.
func (a *auto) regression(e engine) *regression {
	finished, stopped, failed, open := a.known()
	if len(finished) < 3 {
		return nil
	}
	stopped = stopped[max(0, len(stopped)-stoppedRows):]
	rows := a.someOf(finished, regressionRows-len(stopped))
	x, y := a.rows(rows), warp(losses(rows))
	out := &regression{feasible: feasibility(a.f, x, a.rows(failed[max(0, len(failed)-failedRows):]))}
	for _, r := range rows[:min(acquireBest, len(rows))] {
		out.near = append(out.near, r.u)
	}
	x, y = a.withStopped(x, y, stopped)
	build := a.builder(e, finished)
	m := build(x, y)
	out.best = math.Inf(1)
	for _, row := range x {
		mean, _ := m.bound(row)
		out.best = min(out.best, mean)
	}
	if len(open) > 0 {
		for _, row := range a.rows(open[max(0, len(open)-pendingRows):]) {
			mean, _ := m.bound(row)
			x, y = append(x, row), append(y, mean) // where it is, and what is expected of it
		}
		m = build(x, y)
	}
	if g, ok := m.(*gaussian); ok {
		out.noisy = g.noise > noiseThatMatters
	}
	out.model = m
	return out
}

// builder makes an engine's models of rows.
func (a *auto) builder(e engine, finished []*record) func(x [][]float64, y []float64) model {
	if e == forestEngine {
		return func(x [][]float64, y []float64) model { return newForest(a.f, x, y, a.seed) }
	}
	theta := a.hyperparameters(finished)
	if theta == nil {
		theta = fitGaussian(a.f, nil, nil, nil)
	}
	return func(x [][]float64, y []float64) model { return newGaussian(a.f, x, y, theta) }
}

// known are the live trials that lie in the space, by number; the proposals of
// the Ask under way are the last open ones.
func (a *auto) known() (finished, stopped, failed, open []*record) {
	for _, r := range a.records {
		switch {
		case !r.live() || r.u == nil:
		case r.finished:
			finished = append(finished, r)
		case r.failed:
			failed = append(failed, r)
		case r.stopped:
			stopped = append(stopped, r)
		default:
			open = append(open, r)
		}
	}
	for _, rs := range [][]*record{finished, stopped, failed, open} {
		slices.SortFunc(rs, func(x, y *record) int { return cmp.Compare(x.trial, y.trial) })
	}
	return finished, stopped, failed, append(open, a.mine...)
}

func (a *auto) rows(rs []*record) [][]float64 {
	out := make([][]float64, len(rs))
	for i, r := range rs {
		out[i] = a.f.of(r.u, make([]float64, a.space.Dims()))
	}
	return out
}

func losses(rs []*record) []float64 {
	out := make([]float64, len(rs))
	for i, r := range rs {
		out[i] = r.final
	}
	return out
}

// someOf is at most n of the finished trials, best first: the best half of n, and
// of the others those that a lot falls on, the same ones at every size.
func (a *auto) someOf(finished []*record, n int) []*record {
	rs := slices.Clone(finished)
	slices.SortFunc(rs, byRank)
	if len(rs) <= n {
		return rs
	}
	best, rest := rs[:n/2], rs[n/2:]
	slices.SortFunc(rest, func(x, y *record) int {
		return cmp.Or(cmp.Compare(mix(a.seed, uint64(x.trial)), mix(a.seed, uint64(y.trial))), x.trial-y.trial)
	})
	return append(best, rest[:n-n/2]...)
}

// withStopped adds trials that were stopped early. What they would have reached is
// not known; they were not among the best of a rung, so that they count as the
// mean of the worse half of those that finished, and never as the worst.
func (a *auto) withStopped(x [][]float64, y []float64, stopped []*record) ([][]float64, []float64) {
	if len(stopped) == 0 {
		return x, y
	}
	worse := slices.Sorted(slices.Values(y))[len(y)/2:]
	mean := 0.0
	for _, v := range worse {
		mean += v / float64(len(worse))
	}
	for _, row := range a.rows(stopped) {
		x, y = append(x, row), append(y, mean)
	}
	return x, y
}

// hyper are hyperparameters, by what they were fitted to.
type hyper struct {
	key   uint64
	theta []float64
}

// hyperparameters are fitted to the trials up to a number that moves in steps of
// a sixteenth to a thirty-second of itself, and lags behind by as many as run at
// once: few asks wait for a fit, and which one an ask needs is said by the trials.
// A fit begins where the one at steps eight times as wide has ended.
func (a *auto) hyperparameters(finished []*record) []float64 {
	last := max(finished[len(finished)-1].trial, 1)
	last -= min(a.lag, last/2)
	step := 1 << max(0, bits.Len(uint(last))-5)
	from := a.fitted(&a.coarse, finished, last-last%(8*step), nil)
	return a.fitted(&a.fine, finished, last-last%step, from)
}

// fitted are hyperparameters for the trials up to a number, from a start; those in
// the cache when they were fitted to the same; nil without trials.
func (a *auto) fitted(cache *hyper, finished []*record, last int, from []float64) []float64 {
	rs := slices.DeleteFunc(slices.Clone(finished), func(r *record) bool { return r.trial > last })
	if len(rs) < 3 {
		return from
	}
	key := a.seed
	for _, r := range rs {
		key = mix(mix(key, uint64(r.trial)), math.Float64bits(r.final))
	}
	for _, t := range from {
		key = mix(key, math.Float64bits(t))
	}
	if cache.theta == nil || cache.key != key {
		some := a.someOf(rs, fitRows)
		*cache = hyper{key, fitGaussian(a.f, a.rows(some), warp(losses(some)), from)}
	}
	return cache.theta
}
