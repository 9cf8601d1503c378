package scheduler

import (
	"math"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// curve is what an attempt reported of the objective, by ordinal from 1.
type curve struct {
	values []float64
	open   bool // the stopper knows the trial's group
}

// set puts a reading in its place; one at a known ordinal replaces.
func (c *curve) set(ordinal int, value float64) {
	for len(c.values) < ordinal {
		c.values = append(c.values, math.NaN())
	}
	c.values[ordinal-1] = value
}

// reduced is the trial's loss over its readings up to an ordinal: the best so
// far, the last, or the mean of the last k. NaN readings are passed over by
// best alone. O(readings) for best, which replaced readings make necessary.
func (c *curve) reduced(o spec.Objective, ordinal int) float64 {
	vs := c.values[:ordinal]
	switch o.Reduce {
	case "last":
		return o.Goal.Loss(vs[len(vs)-1])
	case "best":
	default:
		return mean(o, vs)
	}
	best := math.NaN()
	for _, v := range vs {
		if l := o.Goal.Loss(v); math.IsNaN(best) || l < best {
			best = l
		}
	}
	return best
}

func mean(o spec.Objective, vs []float64) float64 {
	if k := max(o.LastK, 1); len(vs) > k {
		vs = vs[len(vs)-k:]
	}
	sum := 0.0
	for _, v := range vs {
		sum += o.Goal.Loss(v)
	}
	return sum / float64(len(vs))
}

// foldReading takes in a reading of a trial's newest attempt; those of earlier
// ones are void.
func (b *board) foldReading(r *trials.Reading) {
	t := b.trials[r.Trial]
	if t == nil || r.Attempt < t.Attempts || r.Ordinal < 1 {
		return
	}
	t.curve.set(r.Ordinal, r.Value)
	es := t.stage.spec.EarlyStop
	resource := float64(r.Ordinal)
	if es != nil {
		resource = resourceOf(es, t, r)
	}
	loss := t.curve.reduced(t.stage.spec.Objective, r.Ordinal)
	t.branch.tell(search.Observation{Trial: t.Number, K: t.K, Event: search.Reading, Resource: resource, Loss: loss, Degraded: t.Effective != nil})
	if t.branch.stopper == nil || resource <= 0 {
		return
	}
	if !t.curve.open {
		group, ok := t.branch.groups.of(t.Params())
		if !ok {
			return
		}
		t.branch.stopper.Open(t.Number, group)
		t.curve.open = true
	}
	t.branch.stopper.Report(t.Number, resource, loss)
}

// reached is the resource of the trial's last reading, as early stopping counts.
func (t *trial) reached() float64 {
	if es := t.stage.spec.EarlyStop; es != nil {
		switch es.Resource {
		case "step":
			return float64(t.LastStep)
		case "seconds":
			return t.Seconds
		}
		return max(float64(t.Resource-es.Skip), 0)
	}
	return float64(t.Resource)
}

// resourceOf is what early stopping counts, at a reading; 0: not ranked yet.
func resourceOf(es *spec.EarlyStop, t *trial, r *trials.Reading) float64 {
	switch es.Resource {
	case "step":
		return float64(r.Step)
	case "seconds":
		if t.attempt.Started.IsZero() {
			return r.At.Sub(t.attempt.Claimed).Seconds()
		}
		return r.At.Sub(t.attempt.Started).Seconds()
	}
	return float64(r.Ordinal - es.Skip)
}
