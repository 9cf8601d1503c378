package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

func claimOrder(t *testing.T, open Open) {
	h := build(t, open)
	low := h.submit(oneStage(4, 0))
	sp := oneStage(4, 0)
	sp.Priority = 5
	high := h.submit(sp)
	low.create(2)
	high.create(2)
	var got []int64
	for range 4 {
		got = append(got, h.take("w1", 1)[0].Sweep)
	}
	if want := []int64{high.no, high.no, low.no, low.no}; !slices.Equal(got, want) {
		t.Errorf("claimed sweeps %v, want %v", got, want)
	}
	is(t, "running", low.counts().Running, 2)
	none, err := h.db.Claim(t.Context(), h.worker("w1", 1))
	h.must(err)
	is(t, "nothing left", len(none), 0)
}

func claimFits(t *testing.T, open Open) {
	h := build(t, open)
	sp := oneStage(4, 0)
	sp.Stages[0].Resources = spec.Resources{CPU: 2, Memory: 1 << 30, GPU: 1, Labels: map[string]string{"zone": "a"}}
	w := h.submit(sp)
	w.create(3)
	able := trials.Claim{Worker: "w", CPU: 4, Memory: 4 << 30, Devices: []string{"g1", "g2"}, Labels: map[string]string{"zone": "a", "x": "y"}}
	try := func(change func(*trials.Claim)) []scheduler.Claimed {
		t.Helper()
		c := able
		change(&c)
		got, err := h.db.Claim(t.Context(), scheduler.ClaimQuery{Claim: c, Max: 3, TTL: ttl})
		h.must(err)
		return got
	}
	for what, change := range map[string]func(*trials.Claim){
		"cores":  func(c *trials.Claim) { c.CPU = 1 },
		"memory": func(c *trials.Claim) { c.Memory = 1 << 29 },
		"gpus":   func(c *trials.Claim) { c.Devices = nil },
		"labels": func(c *trials.Claim) { c.Labels = map[string]string{"zone": "b"} },
	} {
		if got := try(change); len(got) != 0 {
			t.Errorf("too little of %s got %d attempts", what, len(got))
		}
	}
	got := try(func(*trials.Claim) {})
	if len(got) != 2 {
		t.Fatalf("two fit, got %d", len(got))
	}
	is(t, "its own device", got[0].Attempt.Devices[0]+got[1].Attempt.Devices[0], "g1g2")
	is(t, "memory is not counted", len(try(func(c *trials.Claim) { c.Memory = 0 })), 1)
}

func claimTwice(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(4, 0))
	w.create(4)
	q := h.worker("w1", 2)
	first, err := h.db.Claim(t.Context(), q)
	h.must(err)
	h.beat("w1", first[0])
	h.settled(first[0], trials.Outcome{Verdict: trials.Preempted})
	h.clock.move(time.Second)
	again, err := h.db.Claim(t.Context(), q)
	h.must(err)
	if len(again) != 1 || ref(again[0]) != ref(first[1]) {
		t.Fatalf("the same claim gave %v, want what of it is live: %v", again, ref(first[1]))
	}
	left := again[0].Attempt.LeaseUntil.Sub(h.clock.now())
	if left <= 0 || left > ttl/2 {
		t.Errorf("%v left of a lease of %v", left, ttl/2)
	}
	is(t, "attempts live", w.counts().Running, 1)
}

func claimRace(t *testing.T, open Open) {
	h := build(t, open)
	a, b := h.submit(oneStage(100, 0)), h.submit(oneStage(100, 0))
	a.create(100)
	b.create(50)
	var mu sync.Mutex
	seen := map[trials.Ref]int{}
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			for n := 0; ; n++ {
				q := scheduler.ClaimQuery{Claim: trials.Claim{Worker: fmt.Sprint("w", i), ClaimID: fmt.Sprint(i, "-", n), CPU: 2}, Max: 2, TTL: ttl}
				got, err := h.db.Claim(t.Context(), q)
				if err != nil {
					t.Error(err)
					return
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				for _, c := range got {
					seen[ref(c)]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	is(t, "attempts claimed", len(seen), 150)
	for r, n := range seen {
		if n != 1 {
			t.Errorf("%v was claimed %d times", r, n)
		}
	}
}

// fairShare: of two sweeps of one priority, the one of weight 3 gets three of
// four slots once both have run for a while.
func fairShare(t *testing.T, open Open) {
	h := build(t, open)
	heavy := oneStage(40, 2)
	heavy.Weight = 3
	a, b := h.submit(oneStage(40, 2)), h.submit(heavy)
	a.create(40)
	b.create(40)
	got := map[int64]int{}
	for range 40 {
		c := h.take("w1", 1)[0]
		got[c.Sweep]++
		h.report(c, 1, 1)
		h.settled(c, trials.Outcome{Verdict: trials.Succeeded, Seconds: 10})
	}
	if n := got[b.no]; n < 26 || n > 33 {
		t.Errorf("the sweep of weight 3 got %d of 40 attempts, want about 30", n)
	}
}

func renew(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(3, 0))
	w.create(3)
	got := h.take("w1", 3)
	w.applied(stopOf(got[0]))
	h.command(w, scheduler.Command{Kind: scheduler.CommandCancel, Trials: []int{2}})
	is(t, "not delivered yet", w.attempts(1)[0].Delivered, false)
	other := scheduler.Claimed{Attempt: trials.Attempt{Trial: got[0].Attempt.Trial, Number: 9}}
	signals := h.beat("w1", got[0], got[1], got[2], other)
	is(t, "stop", signals[0].Stop, true)
	is(t, "why", signals[0].Reason != "", true)
	is(t, "good for", signals[0].Good, ttl)
	is(t, "cancel", signals[1].Cancel, true)
	is(t, "go on", signals[2], trials.Signal{Ref: ref(got[2]), Good: ttl})
	is(t, "stale", signals[3].Stale, true)
	is(t, "delivered", w.attempts(1)[0].Delivered, true)
	is(t, "another's attempt", h.beat("w2", got[0])[0].Stale, true)
}

// command carries out a person's order.
func (h *house) command(w *sweep, c scheduler.Command) *trials.Sweep {
	h.Helper()
	s, err := h.db.Command(h.Context(), w.no, c)
	h.must(err)
	return s
}
