package scheduler

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// maxClaim is the most attempts that one claim is given.
const maxClaim = 64

// Hello registers a worker. What it held before and does not name any more is
// lost at once and queued again.
func (s *Scheduler) Hello(ctx context.Context, w trials.Worker) (trials.Terms, error) {
	if w.ID == "" {
		return trials.Terms{}, fault.Invalidf("a worker has an id").At("id")
	}
	w.Seen = s.o.Now()
	if err := s.store.Hello(ctx, w, s.o.TTL); err != nil {
		return trials.Terms{}, err
	}
	s.fleet.hello(w, s.o.Now())
	s.due.add(s.boards.all()...)
	return trials.Terms{TTL: s.o.TTL}, nil
}

// Claim settles first, each settlement on its own, then takes attempts, waiting
// for them up to c.Wait. What was settled is told even when there is no work.
func (s *Scheduler) Claim(ctx context.Context, c trials.Claim) (trials.Claimed, error) {
	var out trials.Claimed
	if c.Worker == "" || c.ClaimID == "" {
		return out, fault.Invalidf("a claim names its worker and has a claim_id")
	}
	if len(c.Settle) > 0 {
		var err error
		if out.Settled, err = s.Settle(ctx, c.Worker, c.Settle); err != nil {
			return out, err
		}
		c.Settle = nil
	}
	grew := s.fleet.slotsOf(c.Worker)
	out.Drain = s.fleet.claim(c, s.o.Now())
	if c.Slots <= 0 || out.Drain {
		return out, nil
	}
	if s.fleet.slotsOf(c.Worker) > grew {
		s.due.add(s.boards.all()...)
	}
	got, err := s.await(ctx, c)
	out.Drain = s.fleet.draining(c.Worker)
	if err != nil || len(got) == 0 {
		return out, err
	}
	for _, g := range got {
		lease, err := s.lease(ctx, g)
		if fault.Is(err, fault.Invalid) {
			if err := s.unrunnable(ctx, g, err); err != nil {
				return out, err
			}
			continue
		}
		if err != nil {
			return out, err
		}
		s.live.put(lease.Ref, holding{sweep: g.Sweep, worker: c.Worker})
		out.Leases = append(out.Leases, lease)
		s.due.add(g.Sweep)
	}
	return out, nil
}

// unrunnable ends an attempt that no worker could run, such as one whose command
// cannot be filled in: it would be claimed and given back for ever.
func (s *Scheduler) unrunnable(ctx context.Context, c Claimed, why error) error {
	_, err := s.store.Settle(ctx, []trials.Settlement{{
		Ref: trials.Ref{Trial: c.Trial.No, Attempt: c.Attempt.Number},
		Outcome: trials.Outcome{Verdict: trials.VerdictFailed, Failure: &trials.Failure{
			Class: trials.ClassBadEnvironment, Message: why.Error(), Fingerprint: "unrunnable",
		}},
	}})
	s.due.add(c.Sweep)
	return err
}

// await claims, waits for news, and claims again until there is something or
// the time is over. The waiter joins before the store is asked, so that no news
// falls between.
func (s *Scheduler) await(ctx context.Context, c trials.Claim) ([]Claimed, error) {
	q := ClaimQuery{Claim: c, Max: min(c.Slots, maxClaim), TTL: s.o.TTL}
	end := s.o.Now().Add(min(c.Wait, maxWait))
	me := s.claims.join(c.Worker, kindOf(c))
	defer func() { s.claims.leave(me) }()
	var news *token
	for {
		got, err := s.store.Claim(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(got) > 0 {
			if news != nil && news.probe {
				s.claims.probe() // there may be more
			}
			return got, nil
		}
		if news != nil {
			s.claims.pass(me, *news)
			s.claims.again(me)
			news = nil
			continue // an attempt may have come while this claim was off the list
		}
		left := end.Sub(s.o.Now())
		if left <= 0 || s.fleet.draining(c.Worker) {
			return nil, nil
		}
		timer := time.NewTimer(left)
		select {
		case t := <-me.c:
			news = &t
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		timer.Stop()
	}
}

// kindOf tells claims apart that may fit different attempts.
func kindOf(c trials.Claim) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%g %d %d", c.CPU, c.Memory, len(c.Devices))
	for _, k := range slices.Sorted(maps.Keys(c.Labels)) {
		fmt.Fprintf(&b, " %q=%q", k, c.Labels[k])
	}
	return b.String()
}

// Beat renews what a worker holds, then waits for a signal up to b.Wait. The
// signals have the order of b.Held.
func (s *Scheduler) Beat(ctx context.Context, b trials.Beat) (trials.Beaten, error) {
	if b.Worker == "" {
		return trials.Beaten{}, fault.Invalidf("a beat names its worker")
	}
	s.fleet.beat(b, s.o.Now())
	bell := s.workers.listen(b.Worker)
	defer func() { bell.leave() }()
	end := s.o.Now().Add(min(b.Wait, maxWait))
	drained := s.fleet.draining(b.Worker)
	for {
		signals, drain, err := s.store.Renew(ctx, b, s.o.TTL)
		if err != nil {
			return trials.Beaten{}, err
		}
		s.fleet.drain(b.Worker, drain)
		left := end.Sub(s.o.Now())
		if left <= 0 || drain != drained || s.news(signals) {
			return trials.Beaten{Signals: signals, Drain: drain}, nil
		}
		if slices.ContainsFunc(signals, urgent) {
			left = min(left, again)
		}
		if err := pause(ctx, left, bell.c); err != nil {
			return trials.Beaten{}, err
		}
		if s.o.Now().Before(end) { // rung: look again, and answer whatever it was
			end = s.o.Now()
		}
		bell.leave()
		bell = s.workers.listen(b.Worker)
	}
}

// again is how soon a signal is repeated to a worker that was told already: it
// may be going down the ladder, or the answer was lost.
const again = time.Second

func urgent(g trials.Signal) bool { return g.Stale || g.Stop || g.Cancel }

// news tells whether some signal is urgent and has not been given before, as
// far as this server remembers.
func (s *Scheduler) news(signals []trials.Signal) bool {
	found := false
	for _, g := range signals {
		if g.Stale || urgent(g) && s.live.tell(g.Ref) {
			found = true
		}
	}
	return found
}

// Settle ends attempts, each on its own; the answers have the order of ss.
func (s *Scheduler) Settle(ctx context.Context, worker string, ss []trials.Settlement) ([]trials.Settled, error) {
	if len(ss) == 0 {
		return nil, nil
	}
	got, err := s.store.Settle(ctx, ss)
	if err != nil {
		return nil, err
	}
	known := true
	var sweeps []int64
	for _, st := range ss {
		h, ok := s.live.get(st.Ref)
		s.live.drop(st.Ref)
		if !ok {
			known = false
		} else if !slices.Contains(sweeps, h.sweep) {
			sweeps = append(sweeps, h.sweep)
		}
	}
	if !known {
		sweeps = s.boards.all()
	}
	s.due.add(sweeps...)
	return got, nil
}
