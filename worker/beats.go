package worker

import (
	"context"
	"time"

	"github.com/sweepd/sweepd/trials"
)

// beatGap is the least time between a long poll that is cut short for new
// attempts and the one before.
const beatGap = 500 * time.Millisecond

// beatLoop renews all leases every sixth of their length, in one request that
// waits at the server so that signals arrive at once. New attempts cut the wait
// short: they are beaten first without a wait, so that a renewal is
// acknowledged however often that happens.
func (w *Worker) beatLoop(ctx context.Context) {
	wait := time.Duration(0)
	for ctx.Err() == nil {
		period := w.leaseTTL() / 6
		held, peaks := w.holding()
		if len(held) == 0 {
			select {
			case <-w.held:
			case <-ctx.Done():
			}
			wait = 0
			continue
		}
		began := w.cfg.Now()
		news, cut, err := w.beat(ctx, trials.Beat{Worker: w.identity.id, Held: held, Peaks: peaks, Wait: wait}, period)
		took := w.cfg.Now().Sub(began)
		switch {
		case cut:
			wait = 0
			continue
		case err != nil:
			if ctx.Err() == nil {
				w.cfg.Log.Debug("a heartbeat was not answered", "err", err)
				rest(ctx, min(period/4, time.Second))
			}
			wait = 0 // the next acknowledgement is to come at once
			continue
		case wait > 0 && !news && took < wait/2:
			// A server that answers early without news must not make this spin.
			rest(ctx, beatGap/2)
		}
		wait = w.leaseTTL() / 6
	}
}

// beat sends one heartbeat and acts on its answer. cut: it was given up for the
// sake of new attempts.
func (w *Worker) beat(ctx context.Context, b trials.Beat, period time.Duration) (news, cut bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.Wait+max(period/2, time.Second))
	defer cancel()
	sent := w.cfg.Now()
	type answer struct {
		got trials.Beaten
		err error
	}
	answers := make(chan answer, 1)
	go func() {
		got, err := w.cfg.Dispatcher.Beat(ctx, b)
		answers <- answer{got, err}
	}()
	grown := w.held
	gap := time.NewTimer(beatGap)
	defer gap.Stop()
	var a answer
	late := false
	for waiting := true; waiting; {
		wake := grown
		if b.Wait == 0 || !late {
			wake = nil
		}
		select {
		case a = <-answers:
			waiting = false
		case <-gap.C:
			late = true
		case <-wake:
			cut = true
			cancel()
			a = <-answers
			waiting = false
		}
	}
	if a.err != nil {
		return false, cut, a.err
	}
	if a.got.Drain {
		w.drain()
	}
	return w.signals(a.got.Signals, sent), cut, nil
}

// holding lists the attempts to renew.
func (w *Worker) holding() ([]trials.Ref, map[int64]trials.Peaks) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var refs []trials.Ref
	for ref := range w.live {
		refs = append(refs, ref)
	}
	return refs, nil
}

// signals hands each attempt what the server says of it, and tells whether any
// of it was new. A server that was started again may give shorter leases.
func (w *Worker) signals(ss []trials.Signal, sent time.Time) bool {
	news := false
	for _, s := range ss {
		if s.Good > 0 {
			w.ttl.Store(int64(s.Good))
		}
		w.mu.Lock()
		a := w.live[s.Ref]
		w.mu.Unlock()
		if a != nil && a.hear(s, sent) {
			news = true
		}
	}
	return news
}
