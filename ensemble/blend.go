package ensemble

import (
	"gonum.org/v1/gonum/floats"

	"github.com/sweepd/sweepd/internal/fault"
)

// Blend is the weighted mean of the members' matrices. of gives the matrix of a
// key; it is asked once per member, in order, and what it gave is not kept, so
// that only one matrix beside the mean need be in memory. A matrix of another
// length than rows x cols is an invalid fault that names the member, and an
// error of of is passed on.
func Blend(members []Member, rows, cols int, of func(key string) ([]float64, error)) ([]float64, error) {
	if len(members) == 0 {
		return nil, fault.Invalidf("an ensemble without members predicts nothing").Coded("no_candidates")
	}
	mean := make([]float64, rows*cols)
	for _, m := range members {
		p, err := of(m.Key)
		if err != nil {
			return nil, err
		}
		if len(p) != len(mean) {
			return nil, fault.Invalidf("%d predictions for %d rows of %d columns", len(p), rows, cols).
				At("predictions of " + m.Key).Coded("shape")
		}
		floats.AddScaled(mean, m.Weight, p)
	}
	return mean, nil
}

// Score is the loss of an ensemble on rows it was not selected with. of is as
// in Blend.
func Score(l Loss, t Truth, members []Member, of func(key string) ([]float64, error)) (float64, error) {
	if err := l.checkTruth(t); err != nil {
		return 0, err
	}
	mean, err := Blend(members, len(t.Y), t.Cols, of)
	if err != nil {
		return 0, err
	}
	return l.Of(mean, t)
}
