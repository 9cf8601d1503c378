package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/trials"
)

// page opens the page of a sweep of 10,000 trials in Chromium, each time with an
// empty cache, and asks when the leaderboard was painted and how much JavaScript
// came for it; then it sorts, scrolls, and lets the last trials end. It needs
// Node, web/node_modules and a Chromium.
func page(ctx context.Context, l *lab) ([]figure, error) {
	const n, late = 10_000, 800 // late ones end while the page is looked at
	r, err := l.serve()
	if err != nil {
		return nil, err
	}
	defer r.close()
	sw, err := r.submit(ctx, tuned(n))
	if err != nil {
		return nil, err
	}
	if err := settleAll(ctx, r, n-late, 50); err != nil {
		return nil, err
	}
	s, err := look(ctx, r.url+"/s/"+sw.ID, n, func() error { return settleAll(ctx, r, late, 5) })
	if err != nil {
		return nil, err
	}
	return []figure{
		{
			Name: "10,000 trials: leaderboard painted", Value: quantile(s.Painted, 0.5) / 1e3, Unit: "s", Floor: 1.5, Most: true,
			Note: fmt.Sprintf("median of %d, worst %.2f s; empty cache", len(s.Painted), quantile(s.Painted, 1)/1e3),
		},
		{
			Name: "10,000 trials: all of them there", Value: quantile(s.Loaded, 0.5) / 1e3, Unit: "s",
			Note: fmt.Sprintf("worst %.2f s", quantile(s.Loaded, 1)/1e3),
		},
		{Name: "JavaScript of the first load, gzip", Value: s.Script / 1e3, Unit: "kB", Floor: 200, Most: true},
		{Name: "10,000 trials: sorted by another column", Value: quantile(s.Sorted, 0.5), Unit: "ms"},
		{Name: "10,000 trials: frame while scrolling, p95", Value: quantile(s.Frames, 0.95), Unit: "ms"},
		{Name: "10,000 trials: longest task while 800 end", Value: quantile(s.Tasks, 1), Unit: "ms", Note: "0: none above 50 ms"},
		{Name: "10,000 trials: heap of the page", Value: s.Heap / 1e6, Unit: "MB"},
	}, nil
}

// sights is what page/look.mjs prints: milliseconds, bytes.
type sights struct {
	Painted []float64 `json:"painted"` // from navigation to the leaderboard's first rows
	Loaded  []float64 `json:"loaded"`  // from navigation to all trials
	Sorted  []float64 `json:"sorted"`  // from a press on a column's head to the rows
	Frames  []float64 `json:"frames"`  // one per frame of a scroll through the board
	Tasks   []float64 `json:"tasks"`   // those above 50 ms while trials ended
	Script  float64   `json:"script"`
	Heap    float64   `json:"heap"`
}

// look visits the page of a sweep of n trials; live is called once while a
// visitor stays, and should make the sweep's last trials end.
func look(ctx context.Context, url string, n int, live func() error) (sights, error) {
	cmd := exec.CommandContext(ctx, "node", "bench/page/look.mjs", url, fmt.Sprint(n))
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		return sights{}, err
	}
	if err := cmd.Start(); err != nil {
		return sights{}, err
	}
	var s sights
	lines := bufio.NewScanner(out)
	for lines.Scan() && err == nil {
		if lines.Text() == "stays" {
			err = live()
			continue
		}
		err = json.Unmarshal(lines.Bytes(), &s)
	}
	if err != nil {
		_ = cmd.Process.Kill() // it would wait for the trials to end
	}
	if failed := cmd.Wait(); err == nil && failed != nil {
		err = fmt.Errorf("node bench/page/look.mjs, from the root of the checkout and after npm ci in web: %w: %s", failed, strings.TrimSpace(complaints.String()))
	}
	return s, err
}

// tuned writes a sweep of n explicit trials that looks like a tuned network: six
// parameters, of which lr spans orders of magnitude.
func tuned(n int) string {
	var b strings.Builder
	b.WriteString("name: ten thousand\ncommand: ['true']\nobjective: {metric: loss, goal: minimize}\npoints:\n")
	optimizers := []string{"adamw", "lion", "muon"}
	for i := range n {
		fmt.Fprintf(&b, "  - {lr: %.4g, weight_decay: %.4g, dropout: %.3f, width: %d, batch: %d, optimizer: %s}\n",
			math.Pow(10, -5+4*even(i, 1)), math.Pow(10, -6+4*even(i, 2)), 0.5*even(i, 3), 64<<(i%5), 32<<(i%4), optimizers[i%3])
	}
	return b.String()
}

// even gives numbers in [0, 1) that fill it evenly, the same in every run.
func even(i, dimension int) float64 {
	_, f := math.Modf(float64(i+1) * math.Sqrt(float64([]int{2, 3, 5, 7}[dimension])))
	return f
}

// settleAll stands for a cluster: it claims, reports a curve of nine readings and
// settles up to most trials, a few slots of each worker at a time.
func settleAll(ctx context.Context, r *rig, most, slots int) error {
	const workers = 8
	errs := make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() { errs[i] = settleSome(ctx, r, fmt.Sprintf("bench-%d", i), most/workers, slots) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func settleSome(ctx context.Context, r *rig, id string, most, slots int) error {
	c := client.New(r.url, r.token)
	if _, err := c.Hello(ctx, trials.Worker{ID: id, Host: "bench", Slots: slots, CPU: float64(slots)}); err != nil {
		return err
	}
	var settle []trials.Settlement
	for {
		take := min(slots, most)
		got, err := c.Claim(ctx, trials.Claim{Worker: id, ClaimID: uuid.NewString(), Slots: take, CPU: float64(take), Settle: settle, Wait: time.Second})
		if err != nil {
			return err
		}
		if len(got.Leases) == 0 {
			return nil
		}
		most -= len(got.Leases)
		settle = settle[:0]
		for _, lease := range got.Leases {
			if err := reportCurve(ctx, r, lease); err != nil {
				return err
			}
			settle = append(settle, trials.Settlement{Ref: lease.Ref, Outcome: trials.Outcome{Verdict: trials.Succeeded, Seconds: 40 + 100*even(lease.Number, 3)}})
		}
	}
}

// reportCurve sends nine readings of the objective that fall to a level of the
// trial's own.
func reportCurve(ctx context.Context, r *rig, l trials.Lease) error {
	var b strings.Builder
	b.WriteString(`{"points":[`)
	for step := 1; step <= 9; step++ {
		if step > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"step":%d,"metrics":{"loss":%g}}`, step, 0.05+even(l.Number, 0)+math.Exp(-float64(step)/2))
	}
	b.WriteString("]}")
	return post(ctx, r.url+"/api/v1/report", l.Token, []byte(b.String()))
}
