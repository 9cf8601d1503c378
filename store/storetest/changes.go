package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// folded is a sweep put together from pages of changes.
type folded struct {
	trials    map[int]trials.Trial
	attempts  map[trials.Ref]trials.Attempt
	readings  map[[3]int64]trials.Reading
	decisions int
}

func newFolded() *folded {
	return &folded{map[int]trials.Trial{}, map[trials.Ref]trials.Attempt{}, map[[3]int64]trials.Reading{}, 0}
}

func (f *folded) take(c *scheduler.Changes) {
	for _, x := range c.Trials {
		f.trials[x.Number] = x
	}
	for _, x := range c.Attempts {
		f.attempts[trials.Ref{Trial: x.Trial, Attempt: x.Number}] = x
	}
	for _, x := range c.Readings {
		f.readings[[3]int64{x.Trial, int64(x.Attempt), x.Step}] = x
	}
	f.decisions += len(c.Decisions)
}

func changePages(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(30, 0))
	w.create(30)
	live := newFolded()
	at := int64(0)
	follow := func() {
		for {
			c, err := h.db.Changes(t.Context(), w.no, at, 7)
			h.must(err)
			live.take(c)
			at = c.Seq
			if !c.More {
				return
			}
		}
	}
	follow()
	for i, c := range h.take("w1", 20) {
		h.report(c, 1, float64(i))
		h.report(c, 2, float64(i)/2)
		switch i % 3 {
		case 0:
			h.settled(c, trials.Outcome{Verdict: trials.Succeeded})
		case 1:
			h.settled(c, trials.Outcome{Verdict: trials.Preempted})
		}
		if i%5 == 0 {
			follow()
		}
	}
	follow()

	full := newFolded()
	full.take(w.look())
	is(t, "the end", at, w.changes.Seq)
	is(t, "trials", len(full.trials), 30)
	for n, x := range full.trials {
		if got := live.trials[n]; got.Seq != x.Seq || got.State != x.State || got.Resource != x.Resource {
			t.Errorf("trial %d: the follower has %+v, the rows %+v", n, got, x)
		}
	}
	for r, x := range full.attempts {
		if got := live.attempts[r]; got.Seq != x.Seq || got.State != x.State || got.Verdict != x.Verdict {
			t.Errorf("attempt %v: the follower has %+v, the rows %+v", r, got, x)
		}
	}
	is(t, "attempts", len(live.attempts), len(full.attempts))
	is(t, "readings", len(live.readings), len(full.readings))
	is(t, "decisions, each once", live.decisions, full.decisions)

	for after := int64(0); after < w.changes.Seq; {
		c, err := h.db.Changes(t.Context(), w.no, after, 3)
		h.must(err)
		for _, x := range c.Trials {
			if x.Seq <= after || x.Seq > c.Seq {
				t.Fatalf("a page from %d to %d holds number %d", after, c.Seq, x.Seq)
			}
		}
		if want := count(w.changes, after, c.Seq); count(c, 0, 1<<62) != want {
			t.Fatalf("a page from %d to %d has %d rows, all of that are %d", after, c.Seq, count(c, 0, 1<<62), want)
		}
		if c.Seq <= after {
			t.Fatalf("a page after %d ends at %d", after, c.Seq)
		}
		after = c.Seq
	}
}

// count is how many rows of c have a number in (from, to].
func count(c *scheduler.Changes, from, to int64) int {
	var seqs []int64
	for _, x := range c.Trials {
		seqs = append(seqs, x.Seq)
	}
	for _, x := range c.Attempts {
		seqs = append(seqs, x.Seq)
	}
	for _, x := range c.Readings {
		seqs = append(seqs, x.Seq)
	}
	for _, x := range c.Decisions {
		seqs = append(seqs, x.Seq)
	}
	return len(slices.DeleteFunc(seqs, func(s int64) bool { return s <= from || s > to }))
}

// noChange: leases, metrics that are not the objective, params, tags and peaks
// take no number of the sweep, and nobody is woken.
func noChange(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(1, 1))
	w.create(1)
	c := h.take("w1", 1)[0]
	before := w.look().Seq
	woken := 0
	h.db.OnChange = func(...int64) { woken++ }
	h.beat("w1", c)
	_, _, err := h.db.Renew(t.Context(), trials.Beat{Worker: "w1", Held: []trials.Ref{ref(c)}, Peaks: map[int64]trials.Peaks{c.Attempt.Trial: {RSS: 7}}}, ttl)
	h.must(err)
	h.must(h.db.LogBatch(t.Context(), author(c), c.Trial.Run, tracking.Batch{
		Metrics: []tracking.Metric{{Key: "acc", Value: 1}}, Params: []tracking.Param{{Key: "a", Value: "1"}}, Tags: []tracking.Tag{{Key: "t", Value: "1"}},
	}))
	is(t, "seq", w.look().Seq, before)
	is(t, "woken", woken, 0)
	is(t, "peaks are kept", w.attempts(1)[0].Peaks.RSS, 7)
	h.clock.move(time.Second)
	h.report(c, 1, 1)
	is(t, "a reading is a change", w.look().Seq, before+1)
	is(t, "and wakes", woken, 1)
	marks, err := h.db.Marks(t.Context())
	h.must(err)
	is(t, "mark", marks[0], scheduler.Mark{Sweep: w.no, Seq: before + 1})
}
