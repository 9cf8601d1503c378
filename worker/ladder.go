package worker

import (
	"syscall"
	"time"

	"github.com/sweepd/sweepd/trials"
)

// Why a worker killed a trial itself.
const (
	killedStale   = "stale"   // the server took the attempt back
	killedFence   = "fence"   // the lease was about to end
	killedTimeout = "timeout" // of the trial
)

// rung is what to do next to a trial that must end.
type rung int

const (
	stepNone   rung = iota
	stepAsk         // flag in replies, stop file
	stepSignal      // to the process group
	stepKill        // everything
)

// ladder takes a trial down: it is asked, then signalled, then killed. It has no
// clock: step is told the time and says when to come back. Each rung is given
// once.
type ladder struct {
	signal      syscall.Signal
	cooperative time.Duration
	term        time.Duration
	fence       time.Duration // before the end of the lease
	timeout     time.Time     // zero: none

	told     bool // the asking rung was taken
	signalAt time.Time
	signaled bool
	killAt   time.Time
	done     bool // killed
	killed   string
	asked    trials.Verdict // as it was when the trial was told
}

// ladderInput is what is known of an attempt now.
type ladderInput struct {
	good    time.Time // end of the lease
	stale   bool
	asked   trials.Verdict
	hurried bool // the worker is ending
	hurry   time.Duration
	client  bool // the trial reports through the client, so that it will hear of a stop
}

func newLadder(t *trials.Task, ttl time.Duration, start time.Time) *ladder {
	l := &ladder{signal: signalNamed(t.Stop.Signal), cooperative: t.Stop.Cooperative, term: t.Stop.Term, fence: fenceOf(ttl)}
	if t.Timeout > 0 {
		l.timeout = start.Add(t.Timeout)
	}
	return l
}

// fenceOf is how long before the end of a lease nothing of the trial may run.
func fenceOf(ttl time.Duration) time.Duration { return ttl / 12 }

func signalNamed(name string) syscall.Signal {
	switch name {
	case "INT", "SIGINT":
		return syscall.SIGINT
	case "USR1", "SIGUSR1":
		return syscall.SIGUSR1
	case "USR2", "SIGUSR2":
		return syscall.SIGUSR2
	case "HUP", "SIGHUP":
		return syscall.SIGHUP
	}
	return syscall.SIGTERM
}

// step gives the next rung, or stepNone and the time to ask again.
func (l *ladder) step(now time.Time, in ladderInput) (rung, time.Time) {
	fence := in.good.Add(-l.fence)
	if l.done {
		return stepNone, now.Add(time.Hour)
	}
	switch {
	case in.stale:
		return l.kill(killedStale)
	case !now.Before(fence):
		return l.kill(killedFence)
	}
	if in.asked != "" && !l.told {
		l.told, l.asked = true, in.asked
		if !l.signaled {
			l.signalAt, l.killAt = now, now.Add(l.term)
			if in.client {
				l.signalAt, l.killAt = now.Add(l.cooperative), now.Add(l.cooperative+l.term)
			}
		}
		return stepAsk, now
	}
	if in.hurried && l.told && !l.signaled {
		l.signalAt, l.killAt = now, now.Add(in.hurry)
	}
	if in.hurried && l.signaled && l.killAt.After(now.Add(in.hurry)) {
		l.killAt = now.Add(in.hurry)
	}
	if !l.timeout.IsZero() && !now.Before(l.timeout) && l.killed == "" && !l.told {
		l.killed, l.signalAt, l.killAt = killedTimeout, now, now.Add(l.term)
	}
	next := fence
	if !l.timeout.IsZero() && l.killed == "" && !l.told {
		next = earlier(next, l.timeout)
	}
	if !l.signalAt.IsZero() {
		switch {
		case !l.signaled && !now.Before(l.signalAt):
			l.signaled = true
			return stepSignal, now
		case !l.signaled:
			next = earlier(next, l.signalAt)
		case !now.Before(l.killAt):
			return l.kill(l.killed)
		default:
			next = earlier(next, l.killAt)
		}
	}
	return stepNone, next
}

func (l *ladder) kill(why string) (rung, time.Time) {
	l.done, l.killed = true, why
	return stepKill, time.Time{}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
