package tracking

import (
	"cmp"
	"math"
)

// Metric is one point of a run's metric. Two points with the same key, value,
// step and time are one point: the second is dropped, which makes a repeated
// request free. NaN equals NaN in this comparison.
type Metric struct {
	Key     string  // at most MaxKey characters
	Value   float64 // NaN and infinities are values and come back as they were given
	Step    int64   // any integer, negative ones included
	Time    int64   // milliseconds since 1970, never negative
	Attempt int     // the attempt that wrote it, 0 outside a trial; not part of the point's identity
}

// After tells whether m is later than o among points of one key: the greater
// step, then time, then value, where NaN counts as 0. The latest point of a key
// is the one that no other is After, in whatever order they came.
func (m Metric) After(o Metric) bool {
	return cmp.Or(cmp.Compare(m.Step, o.Step), cmp.Compare(m.Time, o.Time), cmp.Compare(m.rank(), o.rank())) > 0
}

// Same tells whether m and o are one point.
func (m Metric) Same(o Metric) bool {
	return m.Key == o.Key && m.Step == o.Step && m.Time == o.Time &&
		(m.Value == o.Value || math.IsNaN(m.Value) && math.IsNaN(o.Value))
}

func (m Metric) rank() float64 {
	if math.IsNaN(m.Value) {
		return 0
	}
	return m.Value
}

// RunMetric is a point together with the run it belongs to.
type RunMetric struct {
	Run string
	Metric
}

// Batch is what one request logs. A store takes it whole or not at all. Within
// Tags the last value of a key wins; a param key occurs once.
type Batch struct {
	Metrics []Metric
	Params  []Param
	Tags    []Tag
	Models  []ModelMetric // those of Metrics that measure a model
}
