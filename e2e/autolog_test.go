package e2e_test

import (
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// autolog is what MLflow logs by itself: parameters, scores and, pickled, a model
// of each fit.
const autolog = `
import argparse
import mlflow
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
p = argparse.ArgumentParser()
p.add_argument("--C", type=float)
mlflow.sklearn.autolog(serialization_format="cloudpickle")
x, y = load_digits(return_X_y=True)
LogisticRegression(C=p.parse_args().C, max_iter=30).fit(x[:300], y[:300])
`

func TestDefaultAutologIsEnoughForASweep(t *testing.T) {
	py := python(t)
	s := serve(t, "", "--slots", "2")
	dir := t.TempDir()
	write(t, dir, "train.py", autolog)
	sw := s.submit(t, dir, `
command: [`+py+`, train.py]
objective: {metric: training_log_loss, goal: minimize}
space: {C: {log: [1e-2, 1e1]}}
sampler: {algorithm: random, seed: 2}
budget: {trials: 2, parallel: 2}
`)
	sw = s.ended(t, sw.ID, 3*time.Minute)
	if sw.State != wire.SweepStateFinished || sw.Counts.Completed != 2 {
		log, _ := s.Log(t.Context(), sw.ID, 1, 0, -4000, 0)
		t.Fatalf("state %s, %+v: %s\n%s", sw.State, sw.Counts, sw.Why, log.Bytes)
	}
	for _, r := range s.rows(t, sw.ID) {
		if v, ok := r["value"].(float64); !ok || v <= 0 {
			t.Errorf("trial %v has the value %v", r["number"], r["value"])
		}
	}
}
