package e2e_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// A script that nobody changed: it reads ./data/train.csv, writes
// ./out/model.pt, and prints. Four run at once and none sees another's file.
const unchangedScript = `
import argparse, json, os, sys, time
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float)
p.add_argument("--name")
a = p.parse_args()
rows = open("./data/train.csv").read().split()
assert rows == ["1", "2", "3"], rows
os.makedirs("./out", exist_ok=True)
assert not os.path.exists("./out/model.pt"), "another trial's model"
open("./out/model.pt", "w").write(a.name)
time.sleep(0.3)
assert open("./out/model.pt").read() == a.name
print("trained", a.name)
json.dump({"val_loss": a.lr * len(rows)}, open(os.environ["SWEEPD_RESULT_FILE"], "w"))
`

func TestAnUnchangedScriptRunsFourAtOnce(t *testing.T) {
	s := serve(t, "", "--slots", "4")
	dir := t.TempDir()
	write(t, dir, "train.py", unchangedScript)
	write(t, dir, "data/train.csv", "1\n2\n3\n")
	sw := s.submit(t, dir, `
command: [python3, train.py, "--lr=${lr}", "--name=t${trial.number}"]
objective: {metric: val_loss}
space: {lr: {log: [1e-4, 1e-1]}}
sampler: {algorithm: random, seed: 1}
budget: {trials: 8, parallel: 4}
`)
	sw = s.ended(t, sw.ID, time.Minute)
	if sw.State != wire.SweepStateFinished || sw.Counts.Completed != 8 {
		t.Fatalf("state %s, %+v: %s", sw.State, sw.Counts, sw.Why)
	}
	for _, r := range s.rows(t, sw.ID) {
		want := r["params.lr"].(float64) * 3
		if got := r["value"].(float64); got != want {
			t.Errorf("trial %v has the value %v, want %v", r["number"], got, want)
		}
	}
	log, err := s.Log(context.Background(), sw.ID, 1, 0, 0, 0)
	if err != nil || !strings.Contains(string(log.Bytes), "trained t1") || !log.Ended {
		t.Errorf("the log of trial 1 is %q (ended %v, %v)", log.Bytes, log.Ended, err)
	}
	if _, err := os.Stat(dir + "/out"); err == nil {
		t.Error("a trial wrote into the submitter's directory")
	}
}

// reporting reports an objective for some epochs through the Python client.
const reporting = `
import sys, time
import sweepd as sw
trial = sw.trial()
x = float(trial.params["x"])
for epoch in range(1, 1 + int(trial.params.get("epochs", 5))):
    time.sleep(float(trial.params.get("nap", 0.05)))
    if trial.report(step=epoch, loss=x + 1.0 / epoch):
        print("asked to stop at", epoch)
        break
`

// pythonPath is how a trial finds the Python client in this tree.
func pythonPath(t *testing.T) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return wd + "/../clients/python/src"
}

func TestEarlyStoppingStopsTrialsAndSaysWhy(t *testing.T) {
	onBoth(t, func(t *testing.T, db string) {
		s := serve(t, db, "--slots", "2")
		dir := t.TempDir()
		write(t, dir, "train.py", reporting)
		sw := s.submit(t, dir, fmt.Sprintf(`
command: [python3, train.py]
env: {PYTHONPATH: %q}
objective: {metric: loss, goal: minimize}
space: {x: {uniform: [0, 10]}, epochs: {const: 9}, nap: {const: 0.05}}
sampler: {algorithm: random, seed: 3}
budget: {trials: 12, parallel: 2}
early_stop: {algorithm: asha, min: 1, max: 9, eta: 3}
`, pythonPath(t)))
		sw = s.ended(t, sw.ID, 2*time.Minute)
		if sw.State != wire.SweepStateFinished || sw.Counts.Created != 12 || sw.Counts.Completed+sw.Counts.Stopped != 12 {
			t.Fatalf("state %s, %+v: %s", sw.State, sw.Counts, sw.Why)
		}
		if sw.Counts.Stopped == 0 {
			t.Fatal("no trial was stopped early")
		}
		for _, r := range s.rows(t, sw.ID) {
			if r["state"] != "stopped" {
				continue
			}
			tr, err := s.Trial(context.Background(), sw.ID, int(r["number"].(float64)))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(tr.Reason, "rank") || tr.Resource >= 9 {
				t.Errorf("trial %d stopped at %d because %q", tr.Number, tr.Resource, tr.Reason)
			}
			ds, err := s.Decisions(context.Background(), sw.ID, int(tr.Number), 0, 100)
			if err != nil || len(ds.Decisions) == 0 {
				t.Errorf("trial %d has no decisions (%v)", tr.Number, err)
			}
		}
	})
}
