package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// alive is what every story of bad input ends with: the server answers.
func alive(t *testing.T, s *server) {
	t.Helper()
	if code, body := s.get(t, "/health"); code != http.StatusOK {
		t.Errorf("the server answers %d %s", code, body)
	}
}

func TestBadSweepFilesNameThePlaceAndTheFix(t *testing.T) {
	s := serve(t, "")
	for _, c := range []struct{ name, file, want string }{
		{"wrong YAML", "command: [python3, train.py\nobjective: x\n", "sweep.yaml:"},
		{"unknown key", "command: [true]\nobjectiv: loss\nspace: {x: {uniform: [0, 1]}}\nbudget: {trials: 1}\n", "objective"},
		{"wrong bounds", "command: [true]\nobjective: {metric: loss}\nspace: {lr: {log: [0, 0.1]}}\nbudget: {trials: 1}\n", "sweep.yaml:3:"},
		{"empty feasible region", "command: [true]\nobjective: {metric: loss}\nspace: {x: {uniform: [0, 1]}}\nconstraints: ['x > 2']\nbudget: {trials: 1}\n", "x > 2"},
		{"unknown placeholder", "command: [echo, '${learning_rat}']\nobjective: {metric: loss}\nspace: {learning_rate: {uniform: [0, 1]}}\nbudget: {trials: 1}\n", "learning_rate"},
		{"no budget", "command: [true]\nobjective: {metric: loss}\nspace: {x: {uniform: [0, 1]}}\n", "budget"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := write(t, t.TempDir(), "sweep.yaml", c.file)
			out, code := sweepd(t, "submit", file, "--server", s.url(), "--token", s.token)
			if code != 5 || !strings.Contains(out, c.want) {
				t.Errorf("exit %d, want 5 and %q in\n%s", code, c.want, out)
			}
			_, err := s.Submit(context.Background(), wire.Submission{Source: c.file}, "")
			if f := fault.Of(err); f == nil || f.Kind != fault.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("over REST: %v", err)
			}
		})
	}
	list, err := s.Sweeps(context.Background(), wire.ListSweepsParams{})
	if err != nil || len(list.Sweeps) != 0 {
		t.Errorf("%d sweeps were made of bad files (%v)", len(list.Sweeps), err)
	}
	alive(t, s)
}

// program is a sweep of one parameter whose trials run a line of Python.
func program(line, more string) string {
	return fmt.Sprintf("command: [python3, -c, %q]\nobjective: {metric: val_loss}\nspace: {x: {uniform: [0, 1]}}\nsampler: random\nbudget: {trials: 4, parallel: 1}\nargs: none\n%s", line, more)
}

// result prints a result file with one metric.
func result(metric, value string) string {
	return fmt.Sprintf("import json,os; json.dump({'%s': float('%s')}, open(os.environ['SWEEPD_RESULT_FILE'], 'w'))", metric, value)
}

func TestTrialsThatCannotCountSayWhy(t *testing.T) {
	s := serve(t, "", "--slots", "1")
	for _, c := range []struct {
		name, file string
		state      wire.SweepState
		why        string // in the sweep's or the trial's reason
		class      string // of the first trial's failure
	}{
		{"the objective is never reported", program(result("val_los", "1"), ""), wire.SweepStatePaused, "val_los", "no_objective"},
		{"NaN", program(result("val_loss", "nan"), "failures: {pause_after_first: 0}\n"), wire.SweepStateFinished, "", "nan"},
		{"a missing program", "command: [no-such-program-here]\nobjective: {metric: loss}\nspace: {x: {uniform: [0, 1]}}\nsampler: random\nbudget: {trials: 4, parallel: 1}\n", wire.SweepStatePaused, "no-such-program-here", "bad_environment"},
		{"all fail alike", program("raise ValueError('boom 17')", ""), wire.SweepStatePaused, "boom", "error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sw := s.submit(t, t.TempDir(), c.file)
			sw = s.ended(t, sw.ID, time.Minute)
			tr, err := s.Trial(context.Background(), sw.ID, 1)
			if err != nil {
				t.Fatal(err)
			}
			if sw.State != c.state || tr.Failure.Class != c.class {
				t.Errorf("the sweep is %s, the trial failed by %q: %s / %+v", sw.State, tr.Failure.Class, sw.Why, tr.Failure)
			}
			if text := sw.Why + tr.Reason + tr.Failure.Message; !strings.Contains(text, c.why) {
				t.Errorf("%q does not tell %q", text, c.why)
			}
		})
	}
	alive(t, s)
}

func TestBadRequestsAreRefusedAtTheDoor(t *testing.T) {
	s := serve(t, "")
	t.Run("a foreign host", func(t *testing.T) {
		code, body := s.get(t, "/api/v1/sweeps", "Host", "evil.example")
		if code != http.StatusForbidden || !strings.Contains(body, "evil.example") || !strings.Contains(body, "--host") {
			t.Errorf("%d %s", code, body)
		}
	})
	t.Run("no token", func(t *testing.T) {
		_, err := client.New(s.url(), "").Submit(context.Background(), wire.Submission{Source: "x"}, "")
		if !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), "token") {
			t.Errorf("got %v", err)
		}
		if code, _ := s.get(t, "/api/v1/sweeps"); code != http.StatusOK {
			t.Errorf("reading on loopback needs no token, got %d", code)
		}
	})
	t.Run("a wrong token", func(t *testing.T) {
		if code, _ := s.get(t, "/api/v1/sweeps", "Authorization", "Bearer swp_wrong"); code != http.StatusUnauthorized {
			t.Errorf("got %d", code)
		}
	})
	t.Run("another site's page", func(t *testing.T) {
		req, _ := http.NewRequest(http.MethodPost, s.url()+"/api/v1/sweeps", strings.NewReader("{}"))
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		req.Header.Set("Authorization", "Bearer "+s.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("got %d", res.StatusCode)
		}
	})
	t.Run("a body too large", func(t *testing.T) {
		req, _ := http.NewRequest(http.MethodPost, s.url()+"/api/v1/sweeps", bytes.NewReader(bytes.Repeat([]byte(" "), 33<<20)))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+s.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d", res.StatusCode)
		}
	})
	t.Run("an unknown sweep", func(t *testing.T) {
		if _, err := s.Sweep(context.Background(), "s-none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v", err)
		}
	})
	alive(t, s)
}

func TestAFencedAttemptIsStale(t *testing.T) {
	s := serve(t, "", "--lease-ttl", "5s")
	ctx := context.Background()
	if _, err := s.Hello(ctx, trials.Worker{ID: "w1", Host: "here", Slots: 1, CPU: 1}); err != nil {
		t.Fatal(err)
	}
	sw := s.submit(t, t.TempDir(), program("pass", ""))
	claim := func(id string) trials.Lease {
		t.Helper()
		var out trials.Lease
		until(t, 10*time.Second, "there is an attempt to claim", func() bool {
			c, err := s.Claim(ctx, trials.Claim{Worker: "w1", ClaimID: id, Slots: 1, CPU: 1, Wait: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Leases) == 0 {
				return false
			}
			out = c.Leases[0]
			return true
		})
		return out
	}
	old := claim("one")
	if _, err := s.Hello(ctx, trials.Worker{ID: "w1", Host: "here", Slots: 1, CPU: 1}); err != nil { // the worker began anew: what it held is lost
		t.Fatal(err)
	}
	if next := claim("two"); next.Trial != old.Trial || next.Attempt != old.Attempt+1 {
		t.Fatalf("after %+v came %+v", old.Ref, next.Ref)
	}
	req, _ := http.NewRequest(http.MethodPost, s.url()+"/api/v1/report", strings.NewReader(`{"points":[{"step":1,"metrics":{"val_loss":1}}]}`))
	req.Header.Set("Authorization", "Bearer "+old.Token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusConflict {
		t.Errorf("a report of the old attempt got %d, want 409", res.StatusCode)
	}
	settled, err := s.Settle(ctx, "w1", []trials.Settlement{{Ref: old.Ref, Outcome: trials.Outcome{Verdict: trials.Succeeded}}})
	if err != nil || len(settled) != 1 || settled[0] != trials.SettledStale {
		t.Errorf("settling the old attempt gives %v, %v", settled, err)
	}
	if tr, err := s.Trial(ctx, sw.ID, old.Number); err != nil || tr.State != wire.TrialStateRunning {
		t.Errorf("the trial is %s (%v)", tr.State, err)
	}
	alive(t, s)
}
