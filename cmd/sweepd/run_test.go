package main

import (
	"math"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/api/wire"
)

func TestRunWorksItselfForAServerWithoutWorkers(t *testing.T) {
	d := newDesk(t, sixTrials)
	d.serve(t, 0)
	out := d.says(t, exitOK, "6 trials: 6 completed", "run", d.file(), "--slots", "2")
	for _, want := range []string{"on 2 slots, overhead", "It stays at http://127.0.0.1:"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestRunNamesTheFailureThatPausedIt(t *testing.T) {
	d := newDesk(t, strings.Replace(sixTrials, `echo "lr is`, `exit 3; echo "lr is`, 1))
	out, errOut, code := d.run(t, "run", d.file())
	if code != exitPaused || !strings.Contains(errOut, "run --resume s-") || !strings.Contains(errOut, " failed: exit code 3") {
		t.Errorf("exit %d\n%s%s", code, out, errOut)
	}
	if strings.Contains(out, "overhead") {
		t.Errorf("an overhead of nothing:\n%s", out)
	}
	d.says(t, exitNotFound, "no unfinished sweep", "run", "--resume", "--dir", t.TempDir())
}

func TestResultsAreWrittenAlike(t *testing.T) {
	for v, want := range map[float64]string{
		0.082: "0.08200", 0.087429915: "0.08743", 1: "1.00000", 0: "0.00000", 0.0001234567: "0.00012346", 12345.678: "12346", -0.5: "-0.50000",
		math.Inf(1): "+Inf",
	} {
		var cell any = v
		table := wire.TrialColumns{Columns: []string{"value"}, Values: [][]*any{{&cell}}, Rows: 1}
		if got := valueText(table, "value", 0); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	if got := valueText(wire.TrialColumns{Columns: []string{"value"}, Values: [][]*any{{nil}}, Rows: 1}, "value", 0); got != "" {
		t.Errorf("no value is %q", got)
	}
	var big any = float64(1_234_567)
	if got := cellText(wire.TrialColumns{Columns: []string{"number"}, Values: [][]*any{{&big}}, Rows: 1}, "number", 0); got != "1234567" {
		t.Errorf("trial %q", got)
	}
}
