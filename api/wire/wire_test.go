package wire_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// over sends v through JSON as T.
func over[T any](t *testing.T, v T) T {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out T
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return out
}

func TestClaimedComesBackAsItWent(t *testing.T) {
	want := trials.Claimed{
		Settled: []trials.Settled{trials.SettledOK, trials.SettledStale},
		Drain:   true,
		Leases: []trials.Lease{{
			Ref: trials.Ref{Trial: 7, Attempt: 2}, SweepID: "s-abc", Number: 3, Token: "swa_x", Run: "r", Experiment: "digits",
			Devices: []string{"GPU-1"}, Good: 30 * time.Second, Resume: true,
			Task: trials.Task{
				Argv: []string{"python", "train.py", "--lr=0.1"}, Params: search.Point{"lr": 0.1, "opt": "adam", "n": nil}, Env: map[string]string{"A": "b"},
				Seed: math.MaxUint64, Code: "d", Workdir: spec.Workdir{Path: "/x", InPlace: true}, Data: []string{"data"}, Objective: "val_loss",
				Timeout: 2 * time.Minute, Resources: spec.Resources{CPU: 1.5, Memory: 1 << 30, GPU: 1},
				Stop: spec.StopLadder{Signal: "TERM", Cooperative: time.Second, Term: 30 * time.Second},
			},
		}},
	}
	got := wire.ToClaimed(over(t, wire.FromClaimed(want)))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestClaimComesBackAsItWent(t *testing.T) {
	code := 0
	want := trials.Claim{
		Worker: "w", ClaimID: "c", Slots: 2, CPU: 2, Memory: 5, Devices: []string{"g"}, Labels: map[string]string{"zone": "a"}, Wait: 30 * time.Second,
		Settle: []trials.Settlement{
			{Ref: trials.Ref{Trial: 1, Attempt: 1}, Outcome: trials.Outcome{Verdict: trials.Succeeded, Seconds: 0.5, Result: map[string]float64{"a": math.NaN(), "b": math.Inf(-1), "c": 0.1}}},
			{Ref: trials.Ref{Trial: 2, Attempt: 3}, Outcome: trials.Outcome{
				Verdict: trials.VerdictFailed, Failure: &trials.Failure{Class: trials.ClassOOMHost, Message: "m", ExitCode: &code, Signal: "KILL", KernelOOM: true, OwnKill: true, Exception: "e", Line: "l", Fingerprint: "f"},
				Predictions: []trials.Prediction{{Split: "val", Name: "val.npz", Digest: "d", Size: 1, Rows: 2, Cols: 3}}, Peaks: trials.Peaks{RSS: 1, GPUMemory: 2, CPUSeconds: 3},
			}},
		},
	}
	got := wire.ToClaim(over(t, wire.FromClaim(want)))
	if d := cmp.Diff(want, got, cmpopts.EquateNaNs()); d != "" {
		t.Error(d)
	}
}

func TestBeatComesBackAsItWent(t *testing.T) {
	want := trials.Beat{Worker: "w", Held: []trials.Ref{{Trial: 1, Attempt: 2}}, Peaks: map[int64]trials.Peaks{1: {RSS: 9}}, Wait: time.Second}
	if d := cmp.Diff(want, wire.ToBeat(over(t, wire.FromBeat(want)))); d != "" {
		t.Error(d)
	}
	back := trials.Beaten{Drain: true, Signals: []trials.Signal{{Ref: trials.Ref{Trial: 1, Attempt: 2}, Stop: true, Cancel: true, Stale: true, Reason: "r", Good: time.Minute}}}
	if d := cmp.Diff(back, wire.ToBeaten(over(t, wire.FromBeaten(back)))); d != "" {
		t.Error(d)
	}
}

func TestWorkerComesBackAsItWent(t *testing.T) {
	at := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	want := trials.Worker{
		ID: "w", Host: "h", PID: 3, Version: "v", Slots: 2, CPU: 2, Memory: 4, Labels: map[string]string{"a": "b"}, Warm: true, Drain: true,
		Devices: []trials.Device{{UUID: "GPU-1", Index: 1, Name: "H100", Memory: 80 << 30}}, Held: []trials.Ref{{Trial: 1, Attempt: 1}}, Seen: at, Started: at,
	}
	if d := cmp.Diff(want, wire.ToWorker(over(t, wire.FromWorker(want)))); d != "" {
		t.Error(d)
	}
}

func TestNumbersThatAreNotFiniteTravelAsWords(t *testing.T) {
	for _, c := range []struct {
		v    float64
		text string
	}{{math.NaN(), `"NaN"`}, {math.Inf(1), `"Infinity"`}, {math.Inf(-1), `"-Infinity"`}, {0, `0`}, {1.5e-300, `1.5e-300`}} {
		b, err := json.Marshal(wire.Num(c.v))
		if err != nil || string(b) != c.text {
			t.Errorf("%v is %s (%v), want %s", c.v, b, err, c.text)
		}
		if back := over(t, wire.Num(c.v)); float64(back) != c.v && !math.IsNaN(c.v) {
			t.Errorf("%v came back as %v", c.v, back)
		}
	}
	var n wire.Num
	if err := json.Unmarshal([]byte(`"much"`), &n); err == nil {
		t.Error("a word that is no number was taken")
	}
}

func TestATrialsZeroIsNotLost(t *testing.T) {
	zero := 0.0
	b, err := json.Marshal(wire.FromTrial(trials.Trial{Number: 1, Value: &zero}, "", nil))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if v, ok := m["value"]; !ok || v != 0.0 {
		t.Errorf("a value of 0 is %v in %s", v, b)
	}
	if _, ok := m["failure"]; ok {
		t.Errorf("a failure that is not there was written: %s", b)
	}
}
