package ensemble

import (
	"math"
	"strconv"

	"github.com/sweepd/sweepd/internal/fault"
)

// classes is how many classes a matrix of so many columns speaks of.
func classes(cols int) int { return max(cols, 2) }

// checkTruth refuses a truth that l cannot be computed with.
func (l Loss) checkTruth(t Truth) error {
	if _, err := ParseLoss(string(l)); err != nil {
		return err
	}
	if len(t.Y) == 0 {
		return fault.Invalidf("there are no rows to score").Coded("no_rows")
	}
	if t.Cols < 1 || !l.Classifies() && t.Cols != 1 {
		return fault.Invalidf("%s needs predictions of one column, these have %d", l, t.Cols).Coded("shape")
	}
	for i, y := range t.Y {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return fault.Invalidf("the target is %v", y).At(row(i)).Coded("nan")
		}
		if l.Classifies() && (y != math.Trunc(y) || y < 0 || y >= float64(classes(t.Cols))) {
			return fault.Invalidf("the target %v is no class of 0..%d", y, classes(t.Cols)-1).At(row(i)).Coded("class").
				Fix("%s wants class indices in the order of the columns", l)
		}
	}
	return nil
}

// checkMatrix refuses a matrix of another shape than the truth, or with a value
// that is not finite.
func checkMatrix(p []float64, t Truth) error {
	if len(p) != len(t.Y)*t.Cols {
		return fault.Invalidf("%d predictions for %d rows of %d columns", len(p), len(t.Y), t.Cols).Coded("shape")
	}
	for i, v := range p {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fault.Invalidf("the prediction is %v", v).At(row(i / t.Cols)).Coded("nan")
		}
	}
	return nil
}

// checkFinite refuses a loss that overflowed: it can be neither compared nor
// written down.
func (l Loss) checkFinite(loss float64) error {
	if !math.IsInf(loss, 0) && !math.IsNaN(loss) {
		return nil
	}
	return fault.Invalidf("%s of these predictions is %v", l, loss).Coded("nan").Fix("a model that diverged leaves no predictions")
}

func row(i int) string { return "row " + strconv.Itoa(i) }
