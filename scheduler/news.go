package scheduler

import (
	"time"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
)

// note takes in what a board learned about attempts: who holds them, who is to
// be told, and how many wait for a claim. b.mu is held.
func (s *Scheduler) note(b *board, as []trials.Attempt) {
	waiting := 0
	for i := range as {
		a := &as[i]
		ref := trials.Ref{Trial: a.Trial, Attempt: a.Number}
		switch a.State {
		case trials.AttemptQueued:
			waiting++
		case trials.AttemptLive:
			s.live.put(ref, holding{sweep: b.no, worker: a.Worker, asked: a.StopAsked, reason: a.StopReason})
			if a.StopAsked && !a.Delivered {
				s.workers.ring(a.Worker)
			}
		case trials.AttemptEnded:
			if h, ok := s.live.get(ref); ok {
				s.live.drop(ref)
				s.workers.ring(h.worker)
			}
		}
	}
	s.claims.ring(waiting)
	if s.boards.saw(b.no, b.seq) {
		s.sweeps.ring(b.no)
	}
}

// after spreads the news of applied actions before the next look at the rows.
func (s *Scheduler) after(b *board, done []plan.Action) {
	for _, a := range done {
		if a, ok := a.(plan.Stop); ok {
			ref := trials.Ref{Trial: a.Trial, Attempt: a.Attempt}
			if h, ok := s.live.get(ref); ok {
				h.asked, h.reason = true, b.reason(a)
				s.live.put(ref, h)
				s.workers.ring(h.worker)
			}
		}
	}
	if len(done) > 0 {
		s.sweeps.ring(b.no)
	}
}

// reason is a stop as a sentence in the user's values, as the store writes it.
func (b *board) reason(a plan.Stop) string {
	v := a.Verdict
	if t := b.trials[a.Trial]; t != nil {
		goal := t.stage.spec.Objective.Goal
		v.Loss, v.Cut = goal.Value(v.Loss), goal.Value(v.Cut)
	}
	return plan.Reason(v)
}

// farewell forgets a sweep that has ended, once its workers have been told.
func (s *Scheduler) farewell(b *board) {
	for _, w := range s.live.workers(b.no) {
		s.workers.ring(w)
	}
	s.live.forget(b.no)
	s.boards.drop(b.no)
	s.sweeps.ring(b.no)
}

// slots is how many attempts of a stage fit on the workers seen lately.
func (s *Scheduler) slots(st *stage) int {
	return s.fleet.slots(st.spec.Resources, s.o.Now().Add(-2*max(s.o.TTL, time.Minute)))
}
