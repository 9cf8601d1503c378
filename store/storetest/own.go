package storetest

import (
	"testing"
	"time"

	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// Own makes a trial whose run lies in an experiment and whose second attempt is
// held; it gives the run and the authors of the second and of the first attempt.
func Own(t testing.TB, db *store.DB, experiment string) (run string, live, stale tracking.Author) {
	t.Helper()
	h := &house{TB: t, db: db, clock: &clock{at: time.Now()}}
	e, err := db.Experiment(t.Context(), experiment)
	h.must(err)
	sp := oneStage(1, 1)
	sp.Name = e.Name
	w := h.submit(sp)
	w.create(1)
	first := h.take("w1", 1)[0]
	h.settled(first, trials.Outcome{Verdict: trials.Preempted})
	second := h.take("w1", 1)[0]
	return second.Trial.Run, author(second), author(first)
}
