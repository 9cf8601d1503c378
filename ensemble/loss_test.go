package ensemble_test

import (
	"math"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/ensemble"
	"github.com/sweepd/sweepd/internal/fault"
)

// Values from scikit-learn 1.9.1: log_loss(y, clip(p, 1e-6, 1) / row sums),
// brier_score_loss, 1 - accuracy_score, root_mean_squared_error,
// mean_absolute_error.
func TestLossesAgreeWithScikitLearn(t *testing.T) {
	three := []float64{0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0.5, 0.5, 0}
	two := []float64{0.9, 0.1, 0.35, 0.65, 0.8, 0.2}
	one := []float64{0.1, 0.65, 0.2}
	for _, c := range []struct {
		name string
		loss ensemble.Loss
		p, y []float64
		cols int
		want float64
	}{
		{"log loss, a probability of zero clipped", ensemble.LogLoss, three, []float64{0, 1, 2, 2}, 3, 3.8279051962727175},
		{"log loss, two columns", ensemble.LogLoss, two, []float64{0, 1, 1}, 2, 0.7151937813947935},
		{"log loss, one column", ensemble.LogLoss, one, []float64{0, 1, 1}, 1, 0.7151937813947935},
		{"brier, three classes", ensemble.Brier, three, []float64{0, 1, 2, 2}, 3, 0.56},
		{"brier, two classes", ensemble.Brier, two, []float64{0, 1, 1}, 2, 0.2575},
		{"brier, one column", ensemble.Brier, one, []float64{0, 1, 1}, 1, 0.2575},
		{"accuracy, ties go to the lowest class", ensemble.Accuracy, three, []float64{0, 1, 2, 1}, 3, 0.25},
		{"accuracy, one column", ensemble.Accuracy, one, []float64{0, 1, 1}, 1, 1.0 / 3},
		{"rmse", ensemble.RMSE, []float64{2.5, 0, 2, 8}, []float64{3, -0.5, 2, 7}, 1, 0.6123724356957945},
		{"mae", ensemble.MAE, []float64{2.5, 0, 2, 8}, []float64{3, -0.5, 2, 7}, 1, 0.5},
	} {
		got, err := c.loss.Of(c.p, ensemble.Truth{Y: c.y, Cols: c.cols})
		if err != nil || math.Abs(got-c.want) > 1e-14 {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

func TestParseLossNamesTheNearest(t *testing.T) {
	for _, l := range ensemble.Losses() {
		if got, err := ensemble.ParseLoss(string(l)); err != nil || got != l {
			t.Errorf("%s: %v, %v", l, got, err)
		}
	}
	_, err := ensemble.ParseLoss("logloss")
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "log_loss") {
		t.Errorf("got %v", err)
	}
}

func TestWhatCannotBeScoredIsRefused(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name  string
		loss  ensemble.Loss
		p     []float64
		truth ensemble.Truth
		want  string
	}{
		{"no rows", ensemble.RMSE, nil, ensemble.Truth{Cols: 1}, "no rows"},
		{"unknown loss", "auc", []float64{1}, ensemble.Truth{Y: []float64{1}, Cols: 1}, "auc"},
		{"shape", ensemble.LogLoss, []float64{1, 0, 1}, ensemble.Truth{Y: []float64{0, 0}, Cols: 2}, "3 predictions for 2 rows of 2 columns"},
		{"columns of a regression", ensemble.MAE, []float64{1, 0}, ensemble.Truth{Y: []float64{0}, Cols: 2}, "one column"},
		{"NaN prediction", ensemble.RMSE, []float64{1, nan}, ensemble.Truth{Y: []float64{0, 0}, Cols: 1}, "row 1: the prediction is NaN"},
		{"infinite prediction", ensemble.RMSE, []float64{math.Inf(-1), 1}, ensemble.Truth{Y: []float64{0, 0}, Cols: 1}, "row 0"},
		{"NaN target", ensemble.MAE, []float64{1, 1}, ensemble.Truth{Y: []float64{0, nan}, Cols: 1}, "row 1: the target is NaN"},
		{"no such class", ensemble.LogLoss, []float64{1, 0}, ensemble.Truth{Y: []float64{2}, Cols: 2}, "no class of 0..1"},
		{"half a class", ensemble.Brier, []float64{1}, ensemble.Truth{Y: []float64{0.5}, Cols: 1}, "no class of 0..1"},
		{"negative class", ensemble.Accuracy, []float64{1, 0}, ensemble.Truth{Y: []float64{-1}, Cols: 2}, "no class"},
	} {
		_, err := c.loss.Of(c.p, c.truth)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %q", c.name, err, c.want)
		}
	}
}

func TestALossThatOverflowsIsRefused(t *testing.T) {
	truth := values(0, 0)
	huge, fine := model("huge", 1e200, 1), model("fine", 3, 3)
	if _, err := ensemble.RMSE.Of(huge.P, truth); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v, want invalid", err)
	}
	if _, err := ensemble.Select(t.Context(), ensemble.RMSE, truth, []ensemble.Candidate{huge}, 3); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "predictions of huge") {
		t.Errorf("alone: %v, want invalid and the model named", err)
	}
	if e := selected(t, ensemble.RMSE, truth, 3, huge, fine); len(e.Members) != 1 || e.Members[0].Key != "fine" || e.Loss != 3 {
		t.Errorf("beside another it is passed over: %+v", e)
	}
}
