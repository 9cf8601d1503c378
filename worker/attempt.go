package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/worker/door"
	"github.com/sweepd/sweepd/worker/shim"
)

// attempt is one lease while this worker has it.
type attempt struct {
	w     *Worker
	lease *trials.Lease
	need  room
	dir   string // the trial's own directory
	gate  *door.Gate
	ctx   context.Context // ends when the attempt should not go on
	quit  context.CancelFunc
	news  chan struct{}

	mu      sync.Mutex
	good    time.Time // end of the lease
	stale   bool
	asked   trials.Verdict // how it was asked to end: stopped, cancelled, preempted; "" when it was not
	reason  string
	hurry   time.Duration // grace of a preemption
	hurried bool

	outcome trials.Outcome // once it has ended
	ill     error          // why this worker could not start it; nil when it could, or when that is the task's fault
	ran     bool           // it had a process
}

func newAttempt(w *Worker, l *trials.Lease, need room, sent time.Time) *attempt {
	a := &attempt{w: w, lease: l, need: need, dir: w.attemptDir(l), news: make(chan struct{}, 1), good: sent.Add(l.Good)}
	expand(&l.Task, a.dir, checkpointDir(a.dir, l.Number))
	a.ctx, a.quit = context.WithCancel(w.ctx)
	a.gate = w.door.Open(l.Token, func(reason string) { a.ask(trials.VerdictStopped, reason) })
	return a
}

// own is the path of one of the worker's files beside the trial's own.
func (a *attempt) own(name string) string { return filepath.Join(a.dir, ".sweepd", name) }

// ask tells the attempt to end. The first way it was asked to is the one that
// counts.
func (a *attempt) ask(how trials.Verdict, reason string) (news bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.asked != "" {
		return false
	}
	a.asked, a.reason = how, reason
	a.quit()
	nudge(a.news)
	return true
}

// preempt ends the attempt for the worker's sake, with grace from the first
// signal to SIGKILL. A trial asked to stop before is hurried, not renamed.
func (a *attempt) preempt(grace time.Duration) {
	a.ask(trials.Preempted, "the worker is ending")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hurry, a.hurried = grace, true
	nudge(a.news)
}

// hear takes a signal of the server; sent is when the request it answers went
// off. It tells whether there was anything new in it.
func (a *attempt) hear(s trials.Signal, sent time.Time) (news bool) {
	a.mu.Lock()
	if s.Stale {
		news, a.stale = !a.stale, true
		a.quit()
	} else if good := sent.Add(s.Good); s.Good > 0 && good.After(a.good) {
		a.good = good
	}
	a.mu.Unlock()
	switch {
	case s.Stale:
	case s.Cancel:
		news = a.ask(trials.VerdictCanceled, s.Reason)
	case s.Stop:
		news = a.ask(trials.VerdictStopped, s.Reason)
	}
	nudge(a.news)
	return news
}

// live is the attempt's goroutine: from the lease to the settlement.
func (a *attempt) live() {
	tell := a.run()
	a.gate.Close()
	a.quit()
	a.w.finished(a, tell, a.w.health(a))
}

// run prepares, runs and judges; false when there is nothing to tell the server.
func (a *attempt) run() (tell bool) {
	log := a.w.cfg.Log.With("sweep", a.lease.SweepID, "trial", a.lease.Number, "attempt", a.lease.Attempt)
	job, err := a.prepare(a.ctx)
	if err != nil {
		return a.unstarted(err)
	}
	out := newOutput(a.own("output.log"), a.lease, a.w.cfg.Files, log)
	var uploading sync.WaitGroup
	upload, uploaded := context.WithCancel(a.w.ctx)
	uploading.Go(func() { out.follow(upload) })
	end, err := a.execute(job)
	uploaded()
	uploading.Wait()
	if err != nil && end.exit == nil && !errors.Is(err, errLost) {
		if !a.isStale() {
			if err := out.finish(a.w.ctx); err != nil {
				log.Warn("the last of the output could not be sent", "err", err)
			}
		}
		return a.unstarted(err)
	}
	if end.killed == killedStale || a.isStale() {
		log.Warn("the attempt was taken back; its processes are killed")
		return false
	}
	a.outcome = a.judge(job, end)
	a.outcome.Predictions = a.predictions(a.w.ctx)
	if err := out.finish(a.w.ctx); err != nil {
		log.Warn("the output could not be stored", "err", err)
	}
	if err := a.gate.Drain(a.w.ctx); err != nil {
		log.Warn("what the trial said last could not be passed on", "err", err)
	}
	return !a.isStale()
}

// unstarted is the outcome of an attempt that never had a process.
func (a *attempt) unstarted(err error) (tell bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.stale:
		return false
	case a.asked != "":
		a.outcome = trials.Outcome{Verdict: a.asked}
	case passing(err):
		a.ill = err
		a.outcome = trials.Outcome{Verdict: trials.Lost, Failure: &trials.Failure{Class: trials.ClassLost, Message: err.Error()}}
	default:
		a.outcome = trials.Outcome{Verdict: trials.VerdictFailed, Failure: environmentFailure(err)}
	}
	return true
}

func (a *attempt) isStale() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stale
}

// errLost: the shim died under the attempt.
var errLost = errors.New("the shim of the attempt died")

// end is how an attempt's processes ended.
type end struct {
	exit   *shim.Exit // nil when the shim died first
	killed string     // the worker's own reason for killing it, "" when it did not
	asked  trials.Verdict
}

// execute starts the job under a keeper and waits for its end.
func (a *attempt) execute(job *job) (end, error) {
	k, err := a.w.keepers.acquire(a.ctx, job.key)
	if err != nil {
		return end{}, err
	}
	if err := a.launch(k, job); err != nil {
		if refused(err) {
			a.w.keepers.release(k)
		} else {
			a.w.keepers.discard(k)
		}
		return end{}, err
	}
	a.ran = true
	e := a.supervise(k)
	if e.exit == nil {
		a.w.keepers.discard(k)
		return e, errLost
	}
	a.w.keepers.release(k)
	return e, nil
}

// supervise waits for the end of the attempt's processes and takes them down
// the ladder when it must. A keeper that does not end them after the last rung
// is given up, and its discarding kills it with all of them.
func (a *attempt) supervise(k *keeper) end {
	l := newLadder(&a.lease.Task, a.w.leaseTTL(), a.w.cfg.Now())
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var giveUp time.Time
	for {
		a.mu.Lock()
		state := ladderInput{good: a.good, stale: a.stale, asked: a.asked, hurried: a.hurried, hurry: a.hurry, client: a.gate.Reports() > 0}
		reason := a.reason
		a.mu.Unlock()
		now := a.w.cfg.Now()
		step, next := l.step(now, state)
		switch step {
		case stepAsk:
			a.gate.Stop(reason)
			os.WriteFile(a.own("stop"), []byte(reason+"\n"), 0o644) //nolint:errcheck // the signal follows in any case
			continue
		case stepSignal:
			k.order(shim.Order{Op: shim.Signal, Signal: int(l.signal)})
			continue
		case stepKill:
			k.order(shim.Order{Op: shim.Kill})
			giveUp = now.Add(closeLimit)
			continue
		}
		if !giveUp.IsZero() {
			if next = giveUp; !now.Before(giveUp) {
				return end{killed: l.killed, asked: l.asked}
			}
		}
		timer.Reset(next.Sub(now))
		select {
		case e, ok := <-k.events:
			if !ok {
				return end{killed: l.killed, asked: l.asked}
			}
			switch e.Kind {
			case shim.Ended:
				return end{exit: e.Exit, killed: l.killed, asked: l.asked}
			case shim.Cold:
				k.key = ""
			}
		case <-a.news:
		case <-timer.C:
		}
	}
}
