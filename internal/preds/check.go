package preds

import (
	"fmt"
	"math"

	"github.com/sweepd/sweepd/internal/fault"
)

// sumTolerance is how far a row of probabilities may be from one: what half
// precision loses over ten classes is 0.0025.
const sumTolerance = 5e-3

// checkFinite refuses NaN and infinities.
func (s *Set) checkFinite() error {
	var bad examples
	for i, v := range s.P {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			bad.add("%v in %s, column %d", v, s.row(i/s.Cols), i%s.Cols)
		}
	}
	if bad.n == 0 {
		return nil
	}
	return fault.Invalidf("%d predictions are not finite: %s", bad.n, &bad).At(s.Name).Coded("nan").
		Fix("a model that diverged leaves no predictions; rows never predicted are left out together with their ids")
}

// CheckProbabilities refuses a set that does not hold a probability for each
// class: values within 0..1, rows that sum to one within 0.005; with one column
// it is the probability of class 1.
func (s *Set) CheckProbabilities() error {
	var outside, sums examples
	for r := range s.Rows {
		sum := 0.0
		for c, v := range s.P[r*s.Cols : (r+1)*s.Cols] {
			sum += v
			if v < -sumTolerance || v > 1+sumTolerance {
				outside.add("%.6g in %s, column %d", v, s.row(r), c)
			}
		}
		if s.Cols > 1 && math.Abs(sum-1) > sumTolerance {
			sums.add("%s sums to %.6g", s.row(r), sum)
		}
	}
	switch {
	case outside.n > 0:
		return fault.Invalidf("%d values are no probabilities: %s", outside.n, &outside).At(s.Name).Coded("probabilities").
			Fix("write what predict_proba gives, or the softmax of the scores")
	case sums.n > 0:
		return fault.Invalidf("%d of %d rows do not sum to one: %s", sums.n, s.Rows, &sums).At(s.Name).Coded("probabilities").
			Fix("write a column for every class, and the softmax of scores instead of independent sigmoids")
	}
	return nil
}

// row names a row for people, from 0 as numpy counts, with its id when it has
// one.
func (s *Set) row(r int) string {
	if s.IDs == nil {
		return fmt.Sprintf("row %d", r)
	}
	return fmt.Sprintf("row %d (id %q)", r, s.IDs[r])
}
