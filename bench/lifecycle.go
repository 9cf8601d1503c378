package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/trials"
)

// lifecycle counts whole lives of trials - created, claimed, one reading,
// settled - with 16 workers at once over HTTP, each settlement on the disk
// before it is answered.
func lifecycle(ctx context.Context, l *lab) ([]figure, error) {
	const workers, n = 16, 4000
	r, err := l.serve()
	if err != nil {
		return nil, err
	}
	defer r.close()
	sync50, err := fsync(r.dir)
	if err != nil {
		return nil, err
	}
	sw, err := r.submit(ctx, points(n, "name: lives\ncommand: ['true']\nobjective: {metric: loss, goal: minimize}\n"))
	if err != nil {
		return nil, err
	}
	start := time.Now()
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { errs[i] = live(ctx, r, fmt.Sprintf("bench-%d", i)) })
	}
	wg.Wait()
	took := time.Since(start)
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	got, err := r.Sweep(ctx, sw.ID)
	if err != nil {
		return nil, err
	}
	if got.Counts.Completed != n {
		return nil, fmt.Errorf("%d of %d trials completed", got.Counts.Completed, n)
	}
	return []figure{
		{Name: "trial lifecycles, 16 workers", Value: n / took.Seconds(), Unit: "/s", Floor: 300, Note: fmt.Sprintf("fsync p50 %.2f ms", sync50.Seconds()*1e3)},
	}, nil
}

// live claims, reports and settles until there is nothing left.
func live(ctx context.Context, r *rig, id string) error {
	c := client.New(r.url, r.token)
	if _, err := c.Hello(ctx, trials.Worker{ID: id, Host: "bench", Slots: 1, CPU: 1}); err != nil {
		return err
	}
	var settle []trials.Settlement
	for k := 0; ; k++ {
		got, err := c.Claim(ctx, trials.Claim{Worker: id, ClaimID: fmt.Sprintf("%s-%d", id, k), Slots: 1, CPU: 1, Settle: settle})
		if err != nil {
			return err
		}
		if len(got.Leases) == 0 {
			return nil
		}
		settle = settle[:0]
		for _, lease := range got.Leases {
			if err := report(ctx, r, lease, 1); err != nil {
				return err
			}
			settle = append(settle, trials.Settlement{Ref: lease.Ref, Outcome: trials.Outcome{Verdict: trials.Succeeded, Seconds: 0.01}})
		}
	}
}
