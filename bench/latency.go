package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// latency submits one trial at a time to an idle warm worker and takes the time
// from just before the request to the first line of the user's code.
func latency(ctx context.Context, l *lab) ([]figure, error) {
	const n = 60
	r, err := l.serve("--slots", "2")
	if err != nil {
		return nil, err
	}
	defer r.close()
	dir := filepath.Join(r.dir, "job")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	marks := filepath.Join(r.dir, "marks")
	code := "import os, time\ndef go(i):\n    with open(os.environ['MARKS'], 'a') as f:\n        f.write('%d %.6f\\n' % (i, time.time()))\n    return 0.5\n"
	if err := os.WriteFile(filepath.Join(dir, "job.py"), []byte(code), 0o644); err != nil {
		return nil, err
	}
	var took []float64
	for i := range n + 5 {
		text := fmt.Sprintf("name: noop\npython: job:go\ninterpreter: %s\nenv: {MARKS: %s}\nobjective: {metric: loss}\nworkdir: {in_place: true}\npoints: [{i: %d}]\n", python3(l), marks, i)
		begin := time.Now()
		sw, err := r.Submit(ctx, wire.Submission{Source: text, Workdir: dir}, "")
		if err != nil {
			return nil, err
		}
		if sw, err = r.await(ctx, sw.ID); err != nil {
			return nil, err
		}
		if sw.Counts.Completed != 1 {
			t, _ := r.Trial(ctx, sw.ID, 1)
			b, _ := json.Marshal(t.Failure)
			return nil, fmt.Errorf("the no-op trial %s: %s", t.State, b)
		}
		at, err := mark(marks, i)
		if err != nil {
			return nil, err
		}
		if i >= 5 { // the first ones start the fork server
			took = append(took, (at-float64(begin.UnixNano())/1e9)*1e3)
		}
		time.Sleep(30 * time.Millisecond)
	}
	return []figure{
		{Name: "no-op submitted -> started, p95", Value: quantile(took, 0.95), Unit: "ms", Floor: 50, Most: true, Note: fmt.Sprintf("p50 %.1f ms", quantile(took, 0.5))},
	}, nil
}

// mark finds when trial i said that it began.
func mark(path string, i int) (float64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(b), "\n") {
		var k int
		var at float64
		if _, err := fmt.Sscanf(line, "%d %f", &k, &at); err == nil && k == i {
			return at, nil
		}
	}
	return 0, fmt.Errorf("trial %d left no mark", i)
}

// python3 is the interpreter of the virtual environment when there is one.
func python3(l *lab) string {
	if _, err := os.Stat(l.python); err == nil {
		return l.python
	}
	return "python3"
}
