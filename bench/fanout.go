package main

import (
	"context"
	"fmt"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// fanout submits 10,000 explicit trials and waits until all can be queried and
// the first one runs on a warm worker.
func fanout(ctx context.Context, l *lab) ([]figure, error) {
	const n = 10_000
	r, err := l.serve("--slots", "2")
	if err != nil {
		return nil, err
	}
	defer r.close()
	text := points(n, "name: fanout\ncommand: [sleep, '5']\nargs: none\n")
	start := time.Now()
	sw, err := r.submit(ctx, text)
	if err != nil {
		return nil, err
	}
	accepted := time.Since(start)
	for {
		page, err := r.Trials(ctx, sw.ID, wire.ListTrialsParams{Limit: 1, Columns: "number"})
		if err != nil {
			return nil, err
		}
		if page.Total == n {
			break
		}
		if time.Since(start) > time.Minute {
			return nil, fmt.Errorf("after a minute %d of %d trials are there", page.Total, n)
		}
		time.Sleep(5 * time.Millisecond)
	}
	queryable := time.Since(start)
	for {
		page, err := r.Trials(ctx, sw.ID, wire.ListTrialsParams{Limit: 1, Columns: "number", Filter: "state=running"})
		if err != nil {
			return nil, err
		}
		if page.Matched > 0 {
			break
		}
		if time.Since(start) > time.Minute {
			return nil, fmt.Errorf("after a minute no trial runs")
		}
		time.Sleep(5 * time.Millisecond)
	}
	running := time.Since(start)
	return []figure{
		{
			Name: "10,000 trials: queryable, first running", Value: running.Seconds(), Unit: "s", Floor: 5, Most: true,
			Note: fmt.Sprintf("accepted after %.2f s, queryable %.2f s", accepted.Seconds(), queryable.Seconds()),
		},
	}, nil
}
