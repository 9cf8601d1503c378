package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
)

func failedOutcome() trials.Outcome {
	code := 1
	return trials.Outcome{Verdict: trials.VerdictFailed, Seconds: 1, Failure: &trials.Failure{Class: trials.ClassError, Message: "exit 1", ExitCode: &code, Fingerprint: "f"}}
}

// A remote worker has the same calls as one in process.
var _ worker.Dispatcher = (*client.Client)(nil)

func TestAWorkersDay(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(3, "budget: {parallel: 2}\n"))
	h := s.hello("w1", 2)

	got := h.claim(2)
	if len(got.Leases) != 2 {
		t.Fatalf("%+v", got)
	}
	l := got.Leases[0]
	if l.SweepID != sw.ID || l.Token == "" || l.Run == "" || l.Good <= 29*time.Second || l.Good > 30*time.Second || len(l.Task.Argv) == 0 || l.Task.Params["x"] == nil {
		t.Errorf("the lease is %+v", l)
	}
	again, err := h.c.Claim(t.Context(), trials.Claim{Worker: "w1", ClaimID: "w11", Slots: 2, CPU: 2})
	if err != nil || len(again.Leases) != 2 {
		t.Errorf("the same claim again: %d leases, %v", len(again.Leases), err)
	}

	beaten, err := h.c.Beat(t.Context(), trials.Beat{
		Worker: "w1", Held: []trials.Ref{l.Ref, {Trial: l.Trial, Attempt: 9}}, Peaks: map[int64]trials.Peaks{l.Trial: {RSS: 1 << 20}},
	})
	if err != nil || len(beaten.Signals) != 2 || beaten.Signals[0].Good < 59*time.Second || beaten.Signals[0].Stale || !beaten.Signals[1].Stale {
		t.Errorf("%+v, %v", beaten, err)
	}

	next := h.claim(1, trials.Settlement{Ref: l.Ref, Outcome: trials.Outcome{Verdict: trials.Succeeded, Seconds: 2, Result: map[string]float64{"loss": 0.5}}})
	if len(next.Settled) != 1 || next.Settled[0] != trials.SettledOK || len(next.Leases) != 1 {
		t.Errorf("settling with a claim: %+v", next)
	}
	h.settle(trials.SettledRepeated, l, trials.Outcome{Verdict: trials.Succeeded, Seconds: 2, Result: map[string]float64{"loss": 0.5}})

	workers, err := s.admin.Workers(t.Context())
	if err != nil || len(workers.Workers) != 1 || len(workers.Workers[0].Held) != 2 {
		t.Errorf("%+v, %v", workers, err)
	}
	if err := s.admin.Drain(t.Context(), "w1", true); err != nil {
		t.Error(err)
	}
	if b, err := h.c.Beat(t.Context(), trials.Beat{Worker: "w1"}); err != nil || !b.Drain {
		t.Errorf("a drained worker is told %+v, %v", b, err)
	}
	s.refused(404, "not_found", []string{"nobody"}, "PUT", "/api/v1/workers/nobody/drain", `{"drain": true}`)
	s.refused(422, "invalid", []string{"/id"}, "PUT", "/api/v1/workers/w2/hello", `{"id": "w1", "host": "h", "slots": 1, "cpu": 1}`)

	// A restart: what was held and is not named is lost at once.
	if _, err := h.c.Hello(t.Context(), trials.Worker{ID: "w1", Host: "here", Slots: 2, CPU: 2}); err != nil {
		t.Fatal(err)
	}
	h.settle(trials.SettledStale, next.Leases[0], trials.Outcome{Verdict: trials.Succeeded, Seconds: 1, Result: map[string]float64{"loss": 0.4}})
}

func TestReportsBecomeReadings(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(1, ""))
	h := s.hello("w1", 1)
	l := h.one()
	h.report(l, `{"points": [{"step": 3, "metrics": {"loss": 0.9, "acc": 0.1}}, {"metrics": {"loss": 0.7}}]}`)
	h.report(l, `{"points": [{"metrics": {"loss": "NaN"}}, {"metrics": {"loss": "Infinity"}}, {"step": 9, "metrics": {"loss": 0.8}, "timestamp": 1700000000000}]}`)
	if r := h.report(l, `{"points": []}`); r.Stop {
		t.Errorf("%+v", r)
	}
	curves, err := s.admin.Curves(t.Context(), sw.ID, "1", 0)
	if err != nil || len(curves.Curves) != 1 {
		t.Fatalf("%+v, %v", curves, err)
	}
	c := curves.Curves[0]
	if got := len(c.Steps); got != 5 || c.Steps[0] != 3 || c.Steps[1] != 4 || c.Steps[2] != 5 || c.Steps[3] != 6 || c.Steps[4] != 9 {
		t.Errorf("steps %v", c.Steps)
	}
	_, body := s.ask("GET", "/api/v1/sweeps/"+sw.ID+"/curves?trials=1", "")
	if !strings.Contains(body, `[0.9,0.7,"NaN","Infinity",0.8]`) {
		t.Errorf("curves on the wire: %s", body)
	}
	tr, err := s.admin.Trial(t.Context(), sw.ID, 1)
	if err != nil || tr.Best == nil || *tr.Best != 0.7 || tr.BestStep != 4 || tr.Last == nil || *tr.Last != 0.8 {
		t.Errorf("%+v, %v", tr, err)
	}

	as := []string{"Authorization", "Bearer " + l.Token}
	s.refused(422, "invalid", []string{"/points/0/metrics/loss"}, "POST", "/api/v1/report", `{"points": [{"metrics": {"loss": "low"}}]}`, as...)
	s.refused(422, "invalid", []string{"/points/0"}, "POST", "/api/v1/report", `{"points": [{"step": 1}]}`, as...)
	s.refused(403, "forbidden", []string{"SWEEPD_TOKEN"}, "POST", "/api/v1/report", `{"points": []}`)
	h.complete(l, 0.6)
	s.refused(409, "stale", nil, "POST", "/api/v1/report", `{"points": [{"step": 10, "metrics": {"loss": 0.5}}]}`, as...)
}

func TestAReportIsToldToStop(t *testing.T) {
	s := open(t)
	sw := s.submit(`
command: [python, train.py]
objective: {metric: loss}
space: {lr: {log: [1e-5, 1e-1]}}
budget: {trials: 9, parallel: 3}
sampler: {algorithm: random, seed: 1}
early_stop: {algorithm: asha, min: 1, max: 9, eta: 3}
`)
	h := s.hello("w1", 3)
	got := h.claim(3)
	if len(got.Leases) != 3 {
		t.Fatalf("%d leases", len(got.Leases))
	}
	bad := got.Leases[2]
	for _, body := range []string{`{"points": [{"step": 1, "metrics": {"loss": %}}]}`, `{"points": [{"step": 2, "metrics": {"loss": %}}]}`} {
		for i, l := range got.Leases[:2] {
			h.report(l, strings.Replace(body, "%", []string{"0.1", "0.2"}[i], 1))
		}
	}
	h.report(bad, `{"points": [{"step": 1, "metrics": {"loss": 5}}]}`)
	deadline := time.Now().Add(20 * time.Second)
	for {
		r := h.report(bad, `{"points": []}`)
		if r.Stop {
			if !strings.Contains(r.Reason, "5") {
				t.Errorf("the reason is %q", r.Reason)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the worst of three was never told to stop")
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.settle(trials.SettledOK, bad, trials.Outcome{Verdict: trials.VerdictStopped, Seconds: 1})
	s.until(sw.ID, "a trial stopped early", func(sw wire.Sweep) bool { return sw.Counts.Stopped == 1 })
	ds, err := s.admin.Decisions(t.Context(), sw.ID, bad.Number, 0, 0)
	stops := 0
	for _, d := range ds.Decisions {
		if d.Kind == "stop" && d.Payload["rung"] != nil {
			stops++
		}
	}
	if err != nil || stops != 1 {
		t.Errorf("%+v, %v", ds, err)
	}
	o, err := s.admin.Overview(t.Context(), sw.ID, 5)
	if err != nil || len(o.Rungs) == 0 || o.Saved.Resource != 8 {
		t.Errorf("saved %+v, rungs %+v, %v", o.Saved, o.Rungs, err)
	}
}

func TestPredictionsAreCheckedBeforeTheyAreKept(t *testing.T) {
	s := open(t)
	sw := s.submit(`
command: [python, train.py]
objective: {metric: loss}
stages:
  - {name: grid, points: [{x: 1}]}
  - {name: blend, ensemble: {from: [grid], metric: log_loss, split: val, targets: {val: y_val.npy}}}
`)
	h := s.hello("w1", 1)
	l := h.one()
	const good = "id,c0,c1\na,0.25,0.75\nb,0.5,0.5\n"
	p, err := h.c.PutPrediction(t.Context(), l.Token, l.Ref, "val.csv", strings.NewReader(good), int64(len(good)))
	if err != nil || p.Split != "val" || p.Rows != 2 || p.Cols != 2 || p.Size != int64(len(good)) || len(p.Digest) != 64 {
		t.Errorf("%+v, %v", p, err)
	}
	as := []string{"Authorization", "Bearer " + l.Token, "Content-Type", "application/octet-stream"}
	at := func(name string) string { return "/api/v1/leases/" + refPath(l.Ref) + "/predictions/" + name }
	for _, c := range []struct {
		name, body, code string
		words            []string
	}{
		{"val.csv", "id,c0,c1\na,0.25,NaN\nb,0.5,0.5\n", "nan", []string{"val.csv", "row"}},
		{"val.csv", "id,c0,c1\na,0.25,0.25\nb,0.5,0.5\n", "probabilities", []string{"val.csv", "do not sum to one", "row"}},
		{"val.csv", "id,c0,c1\na,0.25\n", "csv_syntax", []string{"val.csv:2"}},
		{"val.csv", "", "empty", []string{"val.csv"}},
		{"val.npy", "not an array at all", "npy_header", []string{"val.npy"}},
		{"model.pt", "weights", "predictions_name", []string{"model.pt", "val"}},
	} {
		s.refused(422, c.code, c.words, "PUT", at(c.name), c.body, as...)
	}
	// An encoded slash is no way around what the API asks of a request.
	s.refused(404, "not_found", nil, "PUT", at("..%2fval.csv"), good, as...)
	s.refused(404, "not_found", nil, "GET", "/api/v1/code/..%2Fx", "")
	h.settle(trials.SettledOK, l, trials.Outcome{Verdict: trials.Succeeded, Seconds: 1, Result: map[string]float64{"loss": 1}, Predictions: []trials.Prediction{p}})
	if b, err := s.admin.File(t.Context(), sw.ID, 1, "val.csv"); err != nil || string(b) != good {
		t.Errorf("%q, %v", b, err)
	}
	// What was settled stays as it was settled.
	const other = "id,c0,c1\na,1,0\nb,1,0\n"
	if _, err := h.c.PutPrediction(t.Context(), l.Token, l.Ref, "val.csv", strings.NewReader(other), int64(len(other))); !fault.Is(err, fault.Stale) {
		t.Errorf("after the settle: %v", err)
	}
	if b, err := s.admin.File(t.Context(), sw.ID, 1, "val.csv"); err != nil || string(b) != good {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := s.admin.File(t.Context(), sw.ID, 1, "vall.csv"); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "did you mean val.csv?") {
		t.Error(err)
	}
}

func refPath(r trials.Ref) string {
	return strings.Join([]string{itoa(r.Trial), itoa(int64(r.Attempt))}, "/")
}

func TestABodyOverItsCapIsRefused(t *testing.T) {
	s := open(t)
	s.submit(pointsOf(1, ""))
	h := s.hello("w1", 1)
	l := h.one()
	res, body := s.ask("PUT", "/api/v1/leases/"+refPath(l.Ref)+"/log/0?offset=0", strings.Repeat("x", 4<<20+1),
		"Authorization", "Bearer "+l.Token, "Content-Type", "application/octet-stream")
	if res.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(body, "4 MiB") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

// An attempt that has ended sends no more output, whatever its worker came to
// say of it.
func TestOutputEndsWithItsAttempt(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(1, ""))
	h := s.hello("w1", 1)
	l := h.one()
	if p, err := s.admin.Log(t.Context(), sw.ID, 1, 0, 0, 0); err != nil || p.Ended {
		t.Errorf("while it runs: %+v, %v", p, err)
	}
	if err := h.c.PutLog(t.Context(), l.Token, l.Ref, 0, 0, false, []byte("epoch 1\n")); err != nil {
		t.Fatal(err)
	}
	h.complete(l, 1)
	p, err := s.admin.Log(t.Context(), sw.ID, 1, 0, 0, 20)
	if err == nil && !p.Ended {
		p, err = s.admin.Log(t.Context(), sw.ID, 1, 0, 8, 20)
	}
	if err != nil || !p.Ended {
		t.Errorf("after its end: %+v, %v", p, err)
	}
}

func TestOutputIsReadWhileItIsWritten(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(1, ""))
	h := s.hello("w1", 1)
	l := h.one()
	put := func(chunk int, offset int64, last bool, text string) error {
		return h.c.PutLog(t.Context(), l.Token, l.Ref, chunk, offset, last, []byte(text))
	}
	if err := put(0, 0, false, "epoch 1\n"); err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 1)
	go func() {
		p, err := s.admin.Log(t.Context(), sw.ID, 1, 0, 8, 30)
		if err != nil {
			got <- err.Error()
			return
		}
		got <- string(p.Bytes)
	}()
	if err := put(1, 8, false, "epoch 2\n"); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "epoch 2\n" {
		t.Errorf("the waiting reader got %q", text)
	}
	if err := put(9, 99, false, "late"); kind(err) != "conflict log_gap" {
		t.Errorf("a gap: %s", kind(err))
	}
	if err := put(2, 16, true, ""); err != nil {
		t.Fatal(err)
	}
	p, err := s.admin.Log(t.Context(), sw.ID, 1, 1, -5, 0)
	if err != nil || string(p.Bytes) != "ch 2\n" || p.Offset != 11 || p.Size != 16 || !p.Ended {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := s.admin.Log(t.Context(), sw.ID, 1, 2, 0, 0); !fault.Is(err, fault.NotFound) {
		t.Errorf("attempt 2 of 1: %v", err)
	}
	other := trials.Ref{Trial: l.Trial + 1, Attempt: 1}
	if err := h.c.PutLog(t.Context(), l.Token, other, 0, 0, false, []byte("x")); !strings.HasPrefix(kind(err), "denied") {
		t.Errorf("output of another attempt: %s", kind(err))
	}
}
