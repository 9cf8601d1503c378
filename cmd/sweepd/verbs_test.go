package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/worker"
)

// The worker inside a server starts this binary as its shim.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "shim" {
		os.Exit(worker.ShimMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// desk is a person's terminal: a folder with a sweep file and a data directory.
type desk struct {
	dir, data string
}

func newDesk(t testing.TB, source string) desk {
	t.Helper()
	d := desk{dir: t.TempDir(), data: t.TempDir()}
	if err := os.WriteFile(d.file(), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d desk) file() string { return filepath.Join(d.dir, "sweep.yaml") }

// run carries out one command line and gives what it printed and its exit code.
func (d desk) run(t testing.TB, args ...string) (out, errOut string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var o, e bytes.Buffer
	code = execute(ctx, append([]string{"--dir", d.data}, args...), &o, &e)
	return o.String(), e.String(), code
}

// says runs a command that must end with a code and say something, and gives
// its output.
func (d desk) says(t testing.TB, code int, want string, args ...string) string {
	t.Helper()
	out, errOut, got := d.run(t, args...)
	if got != code || !strings.Contains(out+errOut, want) {
		t.Errorf("sweepd %s: exit %d, want %d and %q in\n%s%s", strings.Join(args, " "), got, code, want, out, errOut)
	}
	return out
}

// serve runs a real server with a worker inside until the test ends.
func (d desk) serve(t testing.TB, slots int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s, err := newServer(ctx, serverConfig{Dir: d.data, Addr: "127.0.0.1:0", Slots: slots, GPUs: "none", TTL: 5 * time.Second, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

const sixTrials = `
name: six
command: [sh, -c, 'echo "lr is ${lr}"; echo "{\"loss\": ${lr}}" > $SWEEPD_RESULT_FILE']
objective: {metric: loss}
space: {lr: {log: [1e-5, 1e-1]}, batch-size: [32, 64]}
budget: {trials: 6, parallel: 2}
sampler: {algorithm: sobol, seed: 3}
`

func TestASweepFromTheCommandLine(t *testing.T) {
	d := newDesk(t, sixTrials)
	d.serve(t, 2)
	d.says(t, exitOK, "1 worker there", "workers", "wait", "1", "--timeout", "30s")
	id := strings.Fields(d.says(t, exitOK, "six", "submit", d.file(), "--key", "once"))[0]
	if again := d.says(t, exitOK, id, "submit", d.file(), "--key", "once"); !strings.HasPrefix(again, id) {
		t.Errorf("the same key gave %s", again)
	}
	d.says(t, exitOK, "6 trials: 6 completed", "watch")
	d.says(t, exitOK, "6/6", "ls")
	d.says(t, exitOK, "sobol", "show", id[:6])
	d.says(t, exitOK, "search", "show", "@last", "--spec")

	var trials []struct {
		Number int            `json:"number"`
		Value  float64        `json:"value"`
		Params map[string]any `json:"params"`
	}
	if err := json.Unmarshal([]byte(d.says(t, exitOK, "", "best", "-n", "3", "-o", "json")), &trials); err != nil || len(trials) != 3 {
		t.Fatalf("%d trials, %v", len(trials), err)
	}
	if trials[0].Value > trials[1].Value || trials[1].Value > trials[2].Value || trials[0].Params["lr"] != trials[0].Value {
		t.Errorf("best first: %+v", trials)
	}
	d.says(t, exitOK, "batch-size: ", "best", "--yaml")
	d.says(t, exitOK, "completed", "show", id+"/1")
	d.says(t, exitOK, "lr is ", "logs", "1")
	d.says(t, exitOK, "lr is ", "logs", id, "2", "-f")
	d.says(t, exitOK, `"ended": true`, "logs", "1", "-o", "json")
	d.says(t, exitOK, "warm", "workers")

	d.says(t, exitConflict, "", "pause", id)
	d.says(t, exitNotFound, "77", "show", id, "77")
	d.says(t, exitNotFound, "nope", "watch", "nope")
	d.says(t, exitNotFound, "there is no worker", "workers", "drain", "x")
	d.says(t, exitUnreachable, "1 of 2 workers", "workers", "wait", "2", "--timeout", "300ms")
}

func TestOrdersToASweep(t *testing.T) {
	d := newDesk(t, strings.Replace(sixTrials, "echo \"lr is", "sleep 30; echo \"lr is", 1))
	d.serve(t, 1)
	d.says(t, exitOK, "", "submit", d.file())
	d.says(t, exitOK, "paused", "pause", "@last", "--why", "lunch")
	d.says(t, exitOK, "lunch", "show")
	d.says(t, exitOK, "running", "resume", "@last")
	d.says(t, exitOK, "", "cancel", "@last", "6")
	d.says(t, exitOK, "cancelled", "cancel", "@last", "--why", "enough")
	d.says(t, exitFailed, "cancelled", "watch")
	d.says(t, exitNotFound, "no trial of @last has completed", "best")
}

func TestTokensFromTheCommandLine(t *testing.T) {
	d := newDesk(t, sixTrials)
	d.serve(t, 0)
	secret := strings.TrimSpace(d.says(t, exitOK, "shown this once", "token", "create", "ci", "--role", "worker", "--expires", "1h"))
	list := d.says(t, exitOK, "ci", "token", "-o", "json")
	if strings.Contains(list, secret) {
		t.Error("a list shows a secret")
	}
	var tokens []struct{ ID, Name string }
	if err := json.Unmarshal([]byte(list), &tokens); err != nil {
		t.Fatal(err)
	}
	d.says(t, exitDenied, "", "token", "--token", secret) // a worker's token makes no tokens
	for _, tok := range tokens {
		if tok.Name == "ci" {
			d.says(t, exitOK, "revoked", "token", "revoke", tok.ID)
		}
	}
	d.says(t, exitDenied, "", "submit", d.file(), "--token", secret)
	d.says(t, exitOK, "/login?code=", "token", "login")
}

func TestFilesAreCheckedWithoutAServer(t *testing.T) {
	d := newDesk(t, sixTrials)
	d.says(t, exitOK, "at most 6 trials", "check", d.file())
	d.says(t, exitOK, `"trial_timeout": "1m"`, "check", d.file(), "--smoke", "-o", "json")
	d.says(t, exitInvalid, "did you mean trials?", "check", d.file(), "--set", "budget.trails=3")
	d.says(t, exitInvalid, `"ok": false`, "check", d.file(), "--set", "budget.trails=3", "-o", "json")
	d.says(t, exitNotFound, "cannot read the sweep file", "check", d.file()+".bak")
	d.says(t, exitOK, "which is not on this machine", "check", d.file(), "--set", "command=[no-such-program, x.py]")
	d.says(t, exitOK, "$ sh -c ", "preview", d.file())
	d.says(t, exitOK, `"points"`, "preview", d.file(), "-o", "json")
	d.says(t, exitUnreachable, "sweepd serve", "submit", d.file())
	d.says(t, exitUnreachable, "sweepd serve", "ls")
	d.says(t, exitUsage, "did you mean", "lss")
	d.says(t, exitInvalid, "number of a trial", "logs", "@last")
}

// What preview shows is what runs.
func TestPreviewIsWhatRuns(t *testing.T) {
	d := newDesk(t, sixTrials)
	var p struct {
		Stages []struct {
			Points []map[string]any `json:"points"`
		} `json:"stages"`
	}
	if err := json.Unmarshal([]byte(d.says(t, exitOK, "", "preview", d.file(), "-o", "json")), &p); err != nil {
		t.Fatal(err)
	}
	d.serve(t, 1)
	d.says(t, exitOK, "6 completed", "submit", d.file(), "--watch")
	for i, want := range p.Stages[0].Points {
		var got struct {
			Params map[string]any `json:"params"`
		}
		if err := json.Unmarshal([]byte(d.says(t, exitOK, "", "show", "@last", string(rune('1'+i)), "-o", "json")), &got); err != nil {
			t.Fatal(err)
		}
		if got.Params["lr"] != want["lr"] {
			t.Errorf("trial %d ran %v, the preview said %v", i+1, got.Params, want)
		}
	}
}

func TestSubjectOfAVerb(t *testing.T) {
	for _, c := range []struct {
		args  string
		sweep string
		trial int
	}{{"", "@last", 0}, {"s-1", "s-1", 0}, {"7", "@last", 7}, {"s-1/7", "s-1", 7}, {"s-1 7", "s-1", 7}, {"@last x", "", 0}, {"a b c", "", 0}, {"s-1/0", "", 0}} {
		sweep, trial, err := subject(strings.Fields(c.args), false)
		if sweep != c.sweep || trial != c.trial || (err == nil) != (c.sweep != "") {
			t.Errorf("%q: %s, %d, %v", c.args, sweep, trial, err)
		}
	}
}

func TestTextForPeople(t *testing.T) {
	now := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{age(now.Add(-3*time.Second), now), "3s"},
		{age(now.Add(-3*time.Hour), now), "3h"},
		{age(now.Add(-72*time.Hour), now), "3d"},
		{age(now.Add(time.Hour), now), "0s"},
		{age(time.Time{}, now), ""},
		{shell([]string{"a", "it's", "", "$x", "--lr=1e-05"}), `a 'it'\''s' '' '$x' --lr=1e-05`},
		{params(map[string]any{"b": 1e6, "a": 0.5, "c": nil, "d": "x"}), "a=0.5 b=1000000 c=null d=x"},
		{count(1, "trial"), "1 trial"},
		{count(2, "trial"), "2 trials"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
