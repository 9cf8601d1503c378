package ensemble

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/sweepd/sweepd/internal/fault"
)

// Loss names a function of predictions and truth that is minimised.
type Loss string

// The losses.
const (
	// LogLoss is the mean of -log(probability of the true class). Probabilities
	// are clipped to [1e-6, 1] and each row is divided by its sum again, so that
	// one confident mistake costs at most 13.8 plus the renormalisation.
	LogLoss Loss = "log_loss"
	// Brier is the mean squared distance between probabilities and the one-hot
	// truth: 0..1 for two classes, 0..2 for more, as scikit-learn's
	// brier_score_loss (1.9, scale_by_half="auto") has it.
	Brier Loss = "brier"
	// Accuracy is selected by its complement, the share of rows whose most
	// probable class (the lowest of equals) is wrong.
	Accuracy Loss = "accuracy"
	// RMSE is the root of the mean squared error.
	RMSE Loss = "rmse"
	// MAE is the mean absolute error.
	MAE Loss = "mae"
)

// clip is the least probability that log-loss believes.
const clip = 1e-6

// Losses gives every loss, in a fixed order.
func Losses() []Loss { return []Loss{LogLoss, Brier, Accuracy, RMSE, MAE} }

// ParseLoss gives the loss of that name, or an invalid fault that names the
// nearest one.
func ParseLoss(name string) (Loss, error) {
	names := make([]string, 0, len(Losses()))
	for _, l := range Losses() {
		if string(l) == name {
			return l, nil
		}
		names = append(names, string(l))
	}
	e := fault.Invalidf("no ensemble metric is called %q", name).Coded("ensemble_metric")
	e.Hint = fault.DidYouMean(name, names)
	return "", e
}

// Classifies tells whether l is about probabilities of classes.
func (l Loss) Classifies() bool { return l == LogLoss || l == Brier || l == Accuracy }

// Of scores a matrix against the truth. O(rows x cols). The error says which
// row of p or truth is not what the loss can score.
func (l Loss) Of(p []float64, t Truth) (float64, error) {
	if err := l.checkTruth(t); err != nil {
		return 0, err
	}
	if err := checkMatrix(p, t); err != nil {
		return 0, err
	}
	loss := l.blend(nil, p, 1, t, make([]float64, t.Cols))
	if err := l.checkFinite(loss); err != nil {
		return 0, err
	}
	return loss, nil
}

// blend is the loss of (sum + p) * scale; sum may be nil for zero. row is
// scratch of t.Cols.
func (l Loss) blend(sum, p []float64, scale float64, t Truth, row []float64) float64 {
	score, total := l.row(), 0.0
	for i, y := range t.Y {
		at := i * t.Cols
		if sum == nil {
			floats.ScaleTo(row, scale, p[at:at+t.Cols])
		} else {
			for c := range row {
				row[c] = (sum[at+c] + p[at+c]) * scale
			}
		}
		total += score(row, y)
	}
	mean := total / float64(len(t.Y))
	if l == RMSE {
		return math.Sqrt(mean)
	}
	return mean
}

// row is what one row adds to the mean.
func (l Loss) row() func(p []float64, y float64) float64 {
	switch l {
	case LogLoss:
		return logLossRow
	case Brier:
		return brierRow
	case Accuracy:
		return wrongRow
	case RMSE:
		return func(p []float64, y float64) float64 { return (p[0] - y) * (p[0] - y) }
	case MAE:
		return func(p []float64, y float64) float64 { return math.Abs(p[0] - y) }
	}
	panic(fmt.Sprintf("ensemble: no loss %q", string(l)))
}

func logLossRow(p []float64, y float64) float64 {
	if len(p) == 1 {
		one, zero := clipped(p[0]), clipped(1-p[0])
		if y == 0 {
			return -math.Log(zero / (one + zero))
		}
		return -math.Log(one / (one + zero))
	}
	sum := 0.0
	for _, v := range p {
		sum += clipped(v)
	}
	return -math.Log(clipped(p[int(y)]) / sum)
}

func clipped(p float64) float64 { return min(max(p, clip), 1) }

func brierRow(p []float64, y float64) float64 {
	if len(p) == 1 {
		return (p[0] - y) * (p[0] - y)
	}
	sum := 0.0
	for c, v := range p {
		if c == int(y) {
			v--
		}
		sum += v * v
	}
	if len(p) == 2 {
		return sum / 2
	}
	return sum
}

func wrongRow(p []float64, y float64) float64 {
	class := 0
	if len(p) == 1 {
		if p[0] > 0.5 {
			class = 1
		}
	} else {
		class = floats.MaxIdx(p)
	}
	if class == int(y) {
		return 0
	}
	return 1
}
