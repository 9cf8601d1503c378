package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// hungry holds a megabyte for each of its batch; the limit lies between two
// batch sizes.
const hungry = `
import json, os, sys, time
p = json.loads(os.environ["SWEEPD_PARAMS"])
block = bytearray(int(p["batch"]) << 20)
for i in range(0, len(block), 4096):
    block[i] = 1
time.sleep(0.5)
json.dump({"loss": 1 / p["batch"]}, open(os.environ["SWEEPD_RESULT_FILE"], "w"))
`

func TestMemoryThatRunsOutIsTriedAgainWithLess(t *testing.T) {
	onBoth(t, func(t *testing.T, db string) {
		s := serve(t, db, "--slots", "1")
		dir := t.TempDir()
		write(t, dir, "train.py", hungry)
		sw := s.submit(t, dir, `
command: [python3, train.py]
objective: {metric: loss, goal: minimize}
resources: {memory: 300MiB}
on_oom: {halve: batch, min: 16}
space: {batch: {ordinal: [64, 128, 800]}}
sampler: random
start: [{batch: 800}]
budget: {trials: 1}
`)
		sw = s.ended(t, sw.ID, time.Minute)
		tr, err := s.Trial(context.Background(), sw.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		if tr.State != wire.TrialStateCompleted || len(tr.Attempts) != 3 {
			t.Fatalf("the trial is %s after %d attempts: %s (%s)", tr.State, len(tr.Attempts), tr.Reason, sw.Why)
		}
		if tr.Proposed["batch"] != 800.0 || tr.Params["batch"] != 200.0 {
			t.Errorf("proposed %v, ran with %v", tr.Proposed, tr.Params)
		}
		for _, a := range tr.Attempts[:2] {
			if a.Verdict != "failed" || a.Failure.Class != "oom_host" {
				t.Errorf("attempt %d: %s, %+v", a.Number, a.Verdict, a.Failure)
			}
		}
		run, err := s.Trial(context.Background(), sw.ID, 1)
		if err != nil || run.Run == "" || run.Run != tr.Run {
			t.Errorf("both attempts are on one run: %q, %q (%v)", tr.Run, run.Run, err)
		}
	})
}
