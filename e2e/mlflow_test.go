package e2e_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// python gives an interpreter that has the stock mlflow client:
// SWEEPD_TEST_PYTHON, else the tree's virtual environment, else the machine's.
func python(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("SWEEPD_TEST_PYTHON"); p != "" {
		return p
	}
	if p, err := filepath.Abs("../.venv/bin/python"); err == nil {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	p, err := exec.LookPath("python3")
	if err != nil {
		t.Fatal("Python is missing: run make venv, or name one with SWEEPD_TEST_PYTHON")
	}
	return p
}

// twoRuns is an unchanged MLflow script that asks for its own experiment and
// starts two runs, one after the other.
const twoRuns = `
import argparse, mlflow
p = argparse.ArgumentParser()
p.add_argument("--x", type=float)
x = p.parse_args().x
mlflow.set_experiment("my own experiment")
with mlflow.start_run(run_name="mine"):
    mlflow.log_param("optimizer", "adam")
    for step in range(3):
        mlflow.log_metric("loss", x + 1 / (step + 1), step=step)
    mlflow.log_metrics({"acc": 0.5, "nan": float("nan")}, step=2)
with mlflow.start_run(run_name="second"):
    mlflow.log_metric("loss", -1)
`

func TestTheStockMLflowClientReadsASweep(t *testing.T) {
	py := python(t)
	onBoth(t, func(t *testing.T, db string) {
		s := serve(t, db, "--slots", "2")
		dir := t.TempDir()
		write(t, dir, "train.py", twoRuns)
		sw := s.submit(t, dir, `
name: tworuns
command: [`+py+`, train.py]
objective: {metric: loss, goal: minimize}
space: {x: {uniform: [0, 1]}}
sampler: {algorithm: random, seed: 2}
budget: {trials: 4, parallel: 2}
`)
		sw = s.ended(t, sw.ID, 2*time.Minute)
		if sw.State != wire.SweepStateFinished || sw.Counts.Completed != 4 {
			log, _ := s.Log(t.Context(), sw.ID, 1, 0, 0, 0)
			t.Fatalf("state %s, %+v: %s\n%s", sw.State, sw.Counts, sw.Why, log.Bytes)
		}
		cmd := exec.Command(py, "testdata/read_sweep.py", s.url(), "tworuns")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			t.Errorf("%v\n%s", err, out.String())
		}
	})
}
