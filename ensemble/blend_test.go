package ensemble_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/ensemble"
	"github.com/sweepd/sweepd/internal/fault"
)

func TestBlendIsTheWeightedMean(t *testing.T) {
	of := matrices([]ensemble.Candidate{model("a", 1, 2), model("b", 3, 6)})
	members := []ensemble.Member{{Key: "a", Weight: 0.75}, {Key: "b", Weight: 0.25}}
	got, err := ensemble.Blend(members, 2, 1, of)
	if want := []float64{1.5, 3}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	loss, err := ensemble.Score(ensemble.MAE, values(1, 1), members, of)
	if err != nil || loss != 1.25 {
		t.Errorf("got %v, %v; want 1.25", loss, err)
	}
}

func TestBlendRefuses(t *testing.T) {
	of := matrices([]ensemble.Candidate{model("a", 1, 2), model("short", 3)})
	for _, c := range []struct {
		name    string
		members []ensemble.Member
		want    string
	}{
		{"no members", nil, "without members"},
		{"another shape", []ensemble.Member{{Key: "a", Weight: 0.5}, {Key: "short", Weight: 0.5}}, "predictions of short: 1 predictions for 2 rows"},
		{"no predictions", []ensemble.Member{{Key: "gone", Weight: 1}}, "predictions of gone"},
	} {
		if _, err := ensemble.Blend(c.members, 2, 1, of); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want it to say %q", c.name, err, c.want)
		}
		_, err := ensemble.Score(ensemble.RMSE, values(1, 1), c.members, of)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: score says %v", c.name, err)
		}
	}
	torn := errors.New("disk")
	if _, err := ensemble.Blend([]ensemble.Member{{Key: "a", Weight: 1}}, 1, 1, func(string) ([]float64, error) { return nil, torn }); !errors.Is(err, torn) {
		t.Errorf("got %v", err)
	}
	if _, err := ensemble.Score(ensemble.RMSE, ensemble.Truth{}, nil, of); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
}
