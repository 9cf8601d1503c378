package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sweepd/sweepd/trials"
)

// ingest counts metric points through MLflow's log-batch from eight running
// trials, a tenth of them readings of the objective, with the board live.
func ingest(ctx context.Context, l *lab) ([]figure, error) {
	var out []figure
	for _, size := range []int{100, 1000} {
		rate, err := ingestRate(ctx, l, size, 200_000/size)
		if err != nil {
			return nil, err
		}
		out = append(out, figure{Name: fmt.Sprintf("points in batches of %d", size), Value: rate, Unit: "/s", Floor: 10_000, Note: "a tenth objective"})
	}
	return out, nil
}

func ingestRate(ctx context.Context, l *lab, size, batches int) (float64, error) {
	const writers = 8
	r, err := l.serve()
	if err != nil {
		return 0, err
	}
	defer r.close()
	if _, err := r.submit(ctx, points(writers, "name: points\ncommand: ['true']\nobjective: {metric: loss, goal: minimize}\n")); err != nil {
		return 0, err
	}
	if _, err := r.Hello(ctx, trials.Worker{ID: "bench", Host: "bench", Slots: writers, CPU: writers}); err != nil {
		return 0, err
	}
	got, err := r.Claim(ctx, trials.Claim{Worker: "bench", ClaimID: "1", Slots: writers, CPU: writers, Wait: 10 * time.Second})
	if err != nil {
		return 0, err
	}
	if len(got.Leases) != writers {
		return 0, fmt.Errorf("%d leases, want %d", len(got.Leases), writers)
	}
	errs := make([]error, writers)
	start := time.Now()
	var wg sync.WaitGroup
	for i, lease := range got.Leases {
		wg.Go(func() { errs[i] = pour(ctx, r, lease, size, batches/writers) })
	}
	wg.Wait()
	took := time.Since(start)
	for _, err := range errs {
		if err != nil {
			return 0, err
		}
	}
	return float64(size*(batches/writers)*writers) / took.Seconds(), nil
}

// pour logs batches of one trial: one point of ten is the objective at its own
// step, the rest are nine other metrics.
func pour(ctx context.Context, r *rig, l trials.Lease, size, batches int) error {
	step := 0
	for range batches {
		var b bytes.Buffer
		fmt.Fprintf(&b, `{"run_id":%q,"metrics":[`, l.Run)
		for i := range size {
			if i > 0 {
				b.WriteByte(',')
			}
			key := "loss"
			if k := i % 10; k > 0 {
				key = fmt.Sprintf("metric_%d", k)
			} else {
				step++
			}
			fmt.Fprintf(&b, `{"key":%q,"value":%g,"timestamp":%d,"step":%d}`, key, 1/float64(step), time.Now().UnixMilli(), step)
		}
		b.WriteString("]}")
		if err := post(ctx, r.url+"/api/2.0/mlflow/runs/log-batch", l.Token, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
