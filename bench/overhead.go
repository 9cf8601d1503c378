package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// overhead runs 200 digits trials that report through the Python client on two
// slots, and the same trials in a bare pool of two processes, one after the
// other in one round. Overhead is wall x slots / sum of trial seconds - 1.
func overhead(ctx context.Context, l *lab) ([]figure, error) {
	if _, err := os.Stat(l.python); err != nil {
		return nil, fmt.Errorf("there is no %s: run make venv first", l.python)
	}
	job, err := filepath.Abs("bench/digits")
	if err != nil {
		return nil, err
	}
	pool, err := barePool(ctx, l, job)
	if err != nil {
		return nil, err
	}
	mine, err := sweptDigits(ctx, l, job)
	if err != nil {
		return nil, err
	}
	return []figure{
		{Name: "digits-200 overhead, bare pool", Value: 100 * pool.overhead(), Unit: "%", Note: fmt.Sprintf("wall %.1f s, CPU of the trials %.0f ms/trial", pool.Wall, 5*pool.Trials)},
		{Name: "digits-200 overhead, sweepd", Value: 100 * mine.overhead(), Unit: "%", Floor: 10, Most: true, Note: fmt.Sprintf("wall %.1f s, %.3f x pool", mine.Wall, mine.Wall/pool.Wall)},
		{Name: "digits-200 CPU beside the trials", Value: 5 * (mine.CPU - mine.Trials), Unit: "ms/trial", Note: fmt.Sprintf("server, worker and client; the trials %.0f", 5*mine.Trials)},
	}, nil
}

// round is one run of the 200 trials on two slots.
type round struct {
	Wall    float64 `json:"wall"`
	Seconds float64 `json:"seconds"` // sum over trials, as measured inside them
	Trials  float64 `json:"trials"`  // CPU seconds of the same
	CPU     float64 `json:"cpu"`     // CPU seconds of all there was; 0 for the pool
}

func (r round) overhead() float64 { return r.Wall*2/r.Seconds - 1 }

func barePool(ctx context.Context, l *lab, job string) (round, error) {
	var out round
	cmd := exec.CommandContext(ctx, l.python, "pool.py")
	cmd.Dir, cmd.Stderr = job, os.Stderr
	b, err := cmd.Output()
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(b, &out)
}

func sweptDigits(ctx context.Context, l *lab, job string) (round, error) {
	var out round
	r, err := l.serve("--slots", "2")
	if err != nil {
		return out, err
	}
	defer r.close()
	cmd := exec.CommandContext(ctx, l.python, "configs.py")
	cmd.Dir = job
	lines, err := cmd.Output()
	if err != nil {
		return out, err
	}
	src, err := filepath.Abs("clients/python/src")
	if err != nil {
		return out, err
	}
	head := fmt.Sprintf("python: job:run\nwarm: [job]\ninterpreter: %s\nenv: {PYTHONPATH: %s, SPENT: %s}\nobjective: {metric: val_loss, goal: minimize}\nworkdir: {in_place: true}\n", l.python, src, filepath.Join(r.dir, "seconds"))
	warm, err := r.Submit(ctx, wire.Submission{Source: "name: warm\n" + head + "points: [{family: knn, k: 3}, {family: knn, k: 4}, {family: knn, k: 5}]\n", Workdir: job}, "")
	if err != nil {
		return out, err
	}
	if _, err := r.await(ctx, warm.ID); err != nil {
		return out, err
	}
	if err := os.Remove(filepath.Join(r.dir, "seconds")); err != nil {
		return out, err
	}
	start, used := time.Now(), treeCPU(r.cmd.Process.Pid)+ownCPU()
	sw, err := r.Submit(ctx, wire.Submission{Source: "name: digits\n" + head + "points: configs.jsonl\n", Workdir: job, Files: map[string]string{"configs.jsonl": string(lines)}}, "")
	if err != nil {
		return out, err
	}
	if sw, err = r.await(ctx, sw.ID); err != nil {
		return out, err
	}
	if _, err := r.Trials(ctx, sw.ID, wire.ListTrialsParams{Limit: 1000}); err != nil {
		return out, err
	}
	out.Wall, out.CPU = time.Since(start).Seconds(), treeCPU(r.cmd.Process.Pid)+ownCPU()-used
	if sw.Counts.Completed != 200 {
		return out, fmt.Errorf("%d of 200 trials completed: %s", sw.Counts.Completed, sw.Why)
	}
	out.Seconds, out.Trials, err = spent(filepath.Join(r.dir, "seconds"))
	return out, err
}

// spent adds up what the trials measured of themselves: seconds, and CPU seconds.
func spent(path string) (seconds, cpu float64, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(b)) {
		var s, c float64
		if _, err := fmt.Sscan(line, &s, &c); err != nil {
			return 0, 0, fmt.Errorf("%s: %q: %w", path, line, err)
		}
		seconds, cpu = seconds+s, cpu+c
	}
	return seconds, cpu, nil
}
