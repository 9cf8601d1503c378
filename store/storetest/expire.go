package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/trials"
)

// brief is a lease so short that a story may wait for its end.
const brief = 24 * time.Millisecond

// expires waits until leases of the sweep have ended.
func (w *sweep) expires() {
	w.Helper()
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(2 * time.Millisecond) {
		w.clock.move(2 * time.Millisecond)
		got, err := w.db.Expire(w.Context(), brief)
		w.must(err)
		if slices.Contains(got, w.no) {
			return
		}
	}
	w.Fatal("no lease ended within 20 s")
}

func undelivered(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	q := h.worker("w1", 1)
	q.TTL = brief
	got, err := h.db.Claim(t.Context(), q)
	h.must(err)
	w.expires()
	tr := w.trial(1)
	is(t, "trial", tr.State, trials.Queued)
	is(t, "free", tr.Losses, 0)
	at := w.attempts(1)
	is(t, "attempts", len(at), 2)
	is(t, "verdict", at[0].Verdict, trials.Undelivered)
	is(t, "its place in the order", at[1].VTime, at[0].VTime)
	is(t, "settling it now", h.settle(got[0], trials.Outcome{Verdict: trials.Succeeded}), trials.SettledStale)
	is(t, "beating for it now", h.beat("w1", got[0])[0].Stale, true)
	is(t, "counts", w.counts(), trials.Counts{Created: 1, Queued: 1, Attempts: 2, Live: 1})
}

func lost(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(2, 0))
	w.create(2)
	got := h.take("w1", 2)
	_, _, err := h.db.Renew(t.Context(), trials.Beat{Worker: "w1", Held: []trials.Ref{ref(got[0])}}, brief)
	h.must(err)
	w.expires()
	is(t, "lost", w.attempts(1)[0].Verdict, trials.Lost)
	is(t, "why", w.attempts(1)[0].Failure.Class, trials.ClassLost)
	is(t, "losses", w.trial(1).Losses, 1)
	is(t, "queued again", w.trial(1).State, trials.Queued)
	is(t, "the other goes on", w.attempts(2)[0].State, trials.AttemptLive)
	log, err := h.db.Decisions(t.Context(), w.no, 1, 0, 10)
	h.must(err)
	is(t, "entry", len(log) == 1 && log[0].Kind == "lost" && strings.Contains(log[0].Text, "w1"), true)
}

// loses makes a worker take the trial and come back without it.
func (h *house) loses(worker string) {
	h.Helper()
	h.take(worker, 1)
	h.must(h.db.Hello(h.Context(), trials.Worker{ID: worker}, ttl))
}

func killers(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	h.loses("w1")
	h.loses("w2")
	h.loses("w2")
	is(t, "two workers", w.trial(1).State, trials.Queued)
	h.loses("w3")
	tr := w.trial(1)
	is(t, "three workers", tr.State, trials.Failed)
	is(t, "class", tr.Failure.Class, trials.ClassLost)
	is(t, "says so", strings.Contains(tr.Reason, "kills its worker"), true)
	is(t, "counts", w.counts().Failed, 1)
	is(t, "nothing queued", w.counts().Live, 0)
}

func lossBudget(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	for range 10 {
		h.loses("w1")
	}
	is(t, "ten are allowed", w.trial(1).State, trials.Queued)
	h.loses("w1")
	is(t, "eleven are not", w.trial(1).State, trials.Failed)
	is(t, "attempts", len(w.attempts(1)), 11)
}

func hello(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(3, 0))
	w.create(3)
	got := h.take("w1", 2)
	other := h.take("w2", 1)[0]
	h.must(h.db.Hello(t.Context(), trials.Worker{ID: "w1", Held: []trials.Ref{ref(got[0])}}, ttl))
	is(t, "held", w.attempts(got[0].Trial.Number)[0].State, trials.AttemptLive)
	is(t, "gone", w.attempts(got[1].Trial.Number)[0].Verdict, trials.Lost)
	is(t, "another's", w.attempts(other.Trial.Number)[0].State, trials.AttemptLive)
}
