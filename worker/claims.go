package worker

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// How long a claim waits for work, at most a sixth of a lease: the worker counts
// a lease from the sending of the claim, and a third of it is to be left when it
// arrives. A claim holds what it offers: while others are under way it waits
// less, so that split room comes together again for an attempt that needs more
// than one slot's share.
const (
	longWait  = 30 * time.Second
	splitWait = 5 * time.Second
	idleWait  = 2 * time.Second // with UntilIdle
)

// request is one claim with what it settles.
type request struct {
	room
	ripe []*attempt
	wait time.Duration
}

// claimLoop claims for whatever is free, settling what has ended in the same
// request, until the worker is drained and nothing is left.
func (w *Worker) claimLoop(ctx context.Context) {
	var going sync.WaitGroup // claims, and the attempts they start
	defer going.Wait()
	stop := context.AfterFunc(ctx, w.drain)
	defer stop()
	for {
		req, done := w.next()
		if done {
			return
		}
		if req != nil {
			going.Go(func() { w.claim(req, &going) })
			continue
		}
		<-w.kick
	}
}

// drain ends claiming: claims that wait for work are cut off.
func (w *Worker) drain() {
	w.mu.Lock()
	w.drained = true
	w.mu.Unlock()
	w.closeShop()
	w.poke()
}

// next takes what the next request covers: all that is free and all that has
// ended. done: the worker is drained and owes nothing.
func (w *Worker) next() (req *request, done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	slots := w.free.slots
	if w.cfg.MaxTrials > 0 {
		slots = min(slots, w.cfg.MaxTrials-w.claimed-w.offered)
	}
	if w.drained || slots <= 0 {
		slots = 0
	}
	if slots == 0 && len(w.ripe) == 0 {
		over := w.drained || (w.cfg.MaxTrials > 0 && w.claimed >= w.cfg.MaxTrials)
		return nil, over && len(w.live) == 0 && w.inflight == 0
	}
	req = &request{ripe: w.ripe, wait: longWait}
	w.ripe = nil
	if slots > 0 {
		req.room = w.free
		req.slots = slots
		w.free = room{slots: w.free.slots - slots}
	}
	if w.inflight > 0 {
		req.wait = splitWait
	}
	if w.cfg.UntilIdle {
		req.wait = idleWait
	}
	req.wait = min(req.wait, w.leaseTTL()/6)
	w.inflight++
	w.offered += slots
	return req, false
}

// claim sends one request until it is answered, starts what it brought and
// gives the rest of the room back.
func (w *Worker) claim(req *request, going *sync.WaitGroup) {
	var leases []trials.Lease
	var sent time.Time
	if req.slots == 0 {
		w.settle(req.ripe)
	} else {
		leases, sent = w.ask(req)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.poke()
	w.inflight--
	w.offered -= req.slots
	for i := range leases {
		a := w.take(&leases[i], sent, &req.room)
		if w.drained {
			a.preempt(0)
		}
		w.claimed++
		going.Go(a.live)
	}
	w.free.add(req.room)
	if w.cfg.UntilIdle && len(leases) == 0 && req.slots > 0 && len(w.live) == 0 && len(w.ripe) == 0 {
		w.drained = true
	}
	if len(leases) > 0 {
		nudge(w.held)
	}
}

// ask sends the claim, with the same id until it is answered. When the worker
// is drained meanwhile it asks once more for no slots: what the lost answer
// granted comes back and can be returned. sent is when the answered request
// went off.
func (w *Worker) ask(req *request) ([]trials.Lease, time.Time) {
	c := trials.Claim{
		Worker: w.identity.id, ClaimID: uuid.NewString(), Slots: req.slots, CPU: req.cpu, Memory: req.memory, Devices: req.devices,
		Labels: w.cfg.Labels, Wait: req.wait, Settle: outcomes(req.ripe),
	}
	var got trials.Claimed
	var sent time.Time
	once := func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, c.Wait+15*time.Second)
		defer cancel()
		sent = w.cfg.Now()
		var err error
		got, err = w.cfg.Dispatcher.Claim(ctx, c)
		return err
	}
	err := persist(w.shop, func(int) error { return once(w.shop) })
	if err != nil && w.shop.Err() != nil {
		c.Slots, c.Wait = 0, 0
		err = persist(w.ctx, func(int) error { return once(w.ctx) })
	}
	if err != nil {
		w.refused(req, err)
		return nil, sent
	}
	w.settled(req.ripe, got.Settled)
	if got.Drain {
		w.drain()
	}
	return got.Leases, sent
}

// refused handles a claim that will not be answered: what it settles is tried
// by itself, and the next claim waits.
func (w *Worker) refused(req *request, err error) {
	if w.ctx.Err() != nil {
		w.forget(req.ripe)
		return
	}
	w.cfg.Log.Error("the server refuses a claim", "err", err)
	w.settle(req.ripe)
	rest(w.shop, longWait/6)
}

// settle ends attempts without claiming.
func (w *Worker) settle(ripe []*attempt) {
	if len(ripe) == 0 {
		return
	}
	var got []trials.Settled
	err := persist(w.ctx, func(int) (err error) {
		got, err = w.cfg.Dispatcher.Settle(w.ctx, w.identity.id, outcomes(ripe))
		return err
	})
	switch {
	case err == nil:
		w.settled(ripe, got)
	case len(ripe) > 1 && w.ctx.Err() == nil: // one of them is the culprit
		for _, a := range ripe {
			w.settle([]*attempt{a})
		}
	default:
		w.cfg.Log.Error("an attempt could not be settled; its lease will run out", "attempt", ripe[0].lease.Ref, "err", err)
		w.forget(ripe)
	}
}

func (w *Worker) settled(ripe []*attempt, answers []trials.Settled) {
	for i, a := range ripe {
		if i < len(answers) && answers[i] == trials.SettledStale {
			w.cfg.Log.Warn("an attempt had been taken back; its result does not count", "sweep", a.lease.SweepID, "trial", a.lease.Number, "attempt", a.lease.Attempt)
		}
	}
	w.forget(ripe)
}

// forget drops attempts that are settled, or not this worker's any more.
func (w *Worker) forget(as []*attempt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range as {
		delete(w.live, a.lease.Ref)
		w.leave(a)
	}
	w.poke()
}

// leave gives up an attempt's directory, and the trial's own with its checkpoints
// once no later attempt wants them.
func (w *Worker) leave(a *attempt) {
	w.attic.add(a.dir)
	switch a.outcome.Verdict {
	case trials.Succeeded, trials.VerdictStopped, trials.VerdictCanceled:
		w.attic.add(checkpointDir(a.dir, a.lease.Number))
	}
}

func outcomes(as []*attempt) []trials.Settlement {
	var out []trials.Settlement
	for _, a := range as {
		out = append(out, trials.Settlement{Ref: a.lease.Ref, Outcome: a.outcome})
	}
	return out
}

// take makes an attempt of a lease and moves what it needs out of the room
// that was offered. Called with the lock.
func (w *Worker) take(l *trials.Lease, sent time.Time, from *room) *attempt {
	need := room{slots: 1, cpu: l.Task.Resources.CPU, memory: l.Task.Resources.Memory, devices: l.Devices}
	if w.cfg.Memory == 0 {
		need.memory = 0
	}
	from.slots -= need.slots
	from.cpu -= need.cpu
	from.memory -= need.memory
	from.devices = slices.DeleteFunc(slices.Clone(from.devices), func(d string) bool { return slices.Contains(need.devices, d) })
	a := newAttempt(w, l, need, sent)
	w.attic.take(a.dir, checkpointDir(a.dir, l.Number))
	w.live[l.Ref] = a
	return a
}

// add puts room back.
func (r *room) add(more room) {
	r.slots += more.slots
	r.cpu += more.cpu
	r.memory += more.memory
	r.devices = append(r.devices, more.devices...)
}

// finished takes an attempt whose processes are gone: its room is free after a
// pause, and its outcome, if it has one to tell, is ripe.
func (w *Worker) finished(a *attempt, tell bool, pause time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if pause > 0 {
		time.AfterFunc(pause, func() { w.vacate(a.need) })
	} else {
		w.free.add(a.need)
	}
	if tell {
		w.ripe = append(w.ripe, a)
	} else {
		delete(w.live, a.lease.Ref)
		w.leave(a)
	}
	w.poke()
}

func (w *Worker) vacate(r room) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free.add(r)
	w.poke()
}

// stale tells whether an error means that an attempt was taken back.
func stale(err error) bool { return fault.Is(err, fault.Stale) }
