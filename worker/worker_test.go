package worker_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker"
)

func TestRunsAndSettles(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	good := o.add(1, shell(`echo "hello from $SWEEPD_TRIAL_ID"; echo '{"acc": 0.5, "worst": "NaN"}' > $SWEEPD_RESULT_FILE`))
	bad := o.add(2, shell("echo no good >&2; exit 3"))
	out := o.outcome(t, good)
	if out.Verdict != trials.Succeeded || out.Result["acc"] != 0.5 || out.Result["worst"] == out.Result["worst"] {
		t.Errorf("outcome %+v", out)
	}
	if got := o.log(good); got != "hello from s-test/1\n" {
		t.Errorf("log %q", got)
	}
	out = o.outcome(t, bad)
	if out.Verdict != trials.VerdictFailed || out.Failure == nil || out.Failure.ExitCode == nil || *out.Failure.ExitCode != 3 {
		t.Fatalf("outcome %+v, failure %+v", out, out.Failure)
	}
	if out.Failure.Class != trials.ClassError || out.Failure.Line != "no good" {
		t.Errorf("failure %+v", out.Failure)
	}
}

func TestMoreTrialsThanSlots(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	var refs []trials.Ref
	for n := range 20 {
		refs = append(refs, o.add(n+1, shell("true")))
	}
	for _, ref := range refs {
		if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
			t.Errorf("trial %d: %+v %+v", ref.Trial, out, out.Failure)
		}
	}
}

func TestALostAnswerToAClaimLosesNothing(t *testing.T) {
	o := newOffice(time.Minute)
	o.loseOnce = true
	o.start(t, nil)
	ref := o.add(1, shell("true"))
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v", out)
	}
}

func TestTrialGoesOnWhileTheServerIsAway(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	ref := o.add(1, shell("while [ ! -e go ]; do sleep 0.01; done; echo done"))
	o.until(t, "the claim", func() bool { return len(o.live) == 1 })
	o.setAway(true)
	// It ends while no server answers.
	go func() {
		time.Sleep(200 * time.Millisecond)
		o.setAway(false)
	}()
	touch(t, dirOf(t, o, ref), "go")
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v", out)
	}
	if got := o.log(ref); got != "done\n" {
		t.Errorf("log %q", got)
	}
}

func TestSecondWorkerOfADirectoryIsRefused(t *testing.T) {
	o := newOffice(time.Minute)
	var cfg worker.Config
	o.start(t, func(c *worker.Config) { cfg = *c })
	_, err := worker.New(cfg)
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), pid()) {
		t.Errorf("error %v, want a conflict that names process %s", err, pid())
	}
}

func TestMaxTrials(t *testing.T) {
	o := newOffice(time.Minute)
	ended := runToEnd(t, o, func(c *worker.Config) { c.MaxTrials = 3 })
	for n := range 5 {
		o.add(n+1, shell("true"))
	}
	ended()
	if len(o.outcomes) != 3 || len(o.queue) != 2 {
		t.Errorf("%d settled, %d queued, want 3 and 2", len(o.outcomes), len(o.queue))
	}
}

func TestUntilIdle(t *testing.T) {
	o := newOffice(time.Minute)
	for n := range 5 {
		o.add(n+1, shell("true"))
	}
	runToEnd(t, o, func(c *worker.Config) { c.UntilIdle = true })()
	if len(o.outcomes) != 5 {
		t.Errorf("%d settled, want 5", len(o.outcomes))
	}
}

func TestEnvironment(t *testing.T) {
	o := newOffice(time.Minute)
	w := o.start(t, func(c *worker.Config) {
		c.Environ = append(os.Environ(), "SWEEPD_TOKEN=secret-of-the-worker", "MLFLOW_TRACKING_URI=http://other", "MKL_NUM_THREADS=7", "CUDA_VISIBLE_DEVICES=0",
			"http_proxy=http://proxy:3128", "NO_PROXY=.corp")
	})
	task := shell(`env; cat $SWEEPD_PARAMS_FILE; echo; pwd`)
	task.Params = search.Point{"lr": 1e-3, "model.width": int64(64), "batch-size": "big", "none": nil}
	task.Env = map[string]string{"MINE": "1", "SWEEPD_TOKEN": "forged", "LD_PRELOAD": "/evil.so"}
	task.Resources.CPU = 1.5
	task.Seed = 12345
	ref := o.add(4, task)
	o.outcome(t, ref)
	log := o.log(ref)
	for _, want := range []string{
		"MLFLOW_TRACKING_URI=" + w.DoorURL(), "MLFLOW_TRACKING_TOKEN=token-4", "MLFLOW_RUN_ID=run-4", "MLFLOW_EXPERIMENT_NAME=test",
		"SWEEPD_URL=" + w.DoorURL(), "SWEEPD_TOKEN=token-4", "SWEEPD_TRIAL_ID=s-test/4", "SWEEPD_SWEEP_ID=s-test", "SWEEPD_ATTEMPT=1", "SWEEPD_RESUME=0",
		"SWEEPD_SEED=12345", "SWEEPD_PARAM_LR=0.001", "SWEEPD_PARAM_BATCH_SIZE=big", "OMP_NUM_THREADS=2", "OPENBLAS_NUM_THREADS=2", "MKL_NUM_THREADS=7",
		"NO_PROXY=.corp,127.0.0.1,localhost\n", "no_proxy=127.0.0.1,localhost\n", "PYTHONUNBUFFERED=1", "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT=true", "CUDA_VISIBLE_DEVICES=\n", "MINE=1", `{"batch-size":"big","lr":0.001,"model":{"width":64},"none":null}`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the environment lacks %q", want)
		}
	}
	for _, bad := range []string{"secret-of-the-worker", "http://other", "forged", "evil.so", "SWEEPD_PARAM_NONE"} {
		if strings.Contains(log, bad) {
			t.Errorf("the environment has %q", bad)
		}
	}
	if dir := dirOf(t, o, ref); !strings.Contains(log, "SWEEPD_TRIAL_DIR="+dir) || !strings.Contains(log, "PWD="+dir) {
		t.Errorf("it does not run in %s:\n%s", dir, log)
	}
}

// A sweep that wants MLflow's links back says so.
func TestLinksArePrintedWhenAskedFor(t *testing.T) {
	o := newOffice(time.Minute)
	o.start(t, nil)
	task := shell("echo links ${MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT}")
	task.Env = map[string]string{"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "false"}
	ref := o.add(1, task)
	o.outcome(t, ref)
	if log := o.log(ref); !strings.Contains(log, "links false") {
		t.Errorf("printed %q", log)
	}
}

func TestAServerMayComeBackWithShorterLeases(t *testing.T) {
	o := newOffice(time.Minute)
	dir := t.TempDir()
	o.start(t, func(c *worker.Config) { c.Slots, c.Dir = 1, dir })
	ref := o.add(1, shell("while ! test -e go; do sleep 0.05; done"))
	count := func(of func() int) int {
		o.mu.Lock()
		defer o.mu.Unlock()
		return of()
	}
	beats := func() int { return count(func() int { return len(o.beats) }) }
	waitFor(t, "a heartbeat", func() bool { return beats() > 0 })
	o.setAway(true)
	waitFor(t, "one that is missed", func() bool { return count(func() int { return o.missed }) > 0 })
	o.mu.Lock()
	o.ttl = 6 * time.Second
	o.mu.Unlock()
	before := beats()
	o.setAway(false)
	waitFor(t, "heartbeats every second, not every ten", func() bool { return beats() >= before+6 })
	touch(t, dirOf(t, o, ref), "go")
	if out := o.outcome(t, ref); out.Verdict != trials.Succeeded {
		t.Errorf("outcome %+v %+v", out, out.Failure)
	}
}
