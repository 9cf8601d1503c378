package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// longText is a text that does not compress: an index of PostgreSQL holds at most
// 2.7 kB of one.
func longText(n int) string {
	var b strings.Builder
	for sum := sha256.Sum256(nil); b.Len() < n; sum = sha256.Sum256(sum[:]) {
		b.WriteString(hex.EncodeToString(sum[:]))
	}
	return b.String()[:n]
}

// oddTexts: whatever bytes a user's program writes, its trial is created, logged
// and settled, and what is read back is text.
func oddTexts(t *testing.T, open Open) {
	h := build(t, open)
	for _, c := range []struct{ name, text, kept string }{
		{"NUL", "a\x00b", "a\uFFFDb"},
		{"not UTF-8", "a\xff\xfeb", "a\uFFFDb"},
		{"half a surrogate", "\xed\xa0\x80!", "\uFFFD!"},
		{"beyond the basic plane", "🎈 é 漢", "🎈 é 漢"},
		{"empty", "", ""},
	} {
		w := h.submit(oneStage(3, 0))
		made, err := h.db.CreateTrials(t.Context(), scheduler.Create{Sweep: w.no, Branch: w.branch, Revision: w.look().Sweep.Revision, Trials: []scheduler.NewTrial{
			{Point: search.Point{"x": 0.5, "text": c.text}, Hash: "a", By: "random", Note: c.text, Name: c.text, UserID: c.text},
			{Point: search.Point{"x": 0.6}, Hash: "b"},
			{Point: search.Point{"x": 0.7}, Hash: "c"},
		}})
		h.must(err)
		is(t, c.name+": trials", made, 3)
		got := h.take("w1", 3)
		for range 2 { // the same again is free
			h.must(h.db.LogBatch(t.Context(), author(got[0]), got[0].Trial.Run, tracking.Batch{
				Metrics: []tracking.Metric{{Key: "loss", Value: 1, Step: 1}, {Key: "m" + c.text, Value: 1}},
				Params:  []tracking.Param{{Key: "p", Value: c.text}}, Tags: []tracking.Tag{{Key: tracking.TagRunName, Value: c.text}, {Key: "note", Value: c.text}},
			}))
		}
		h.settled(got[0], trials.Outcome{Verdict: trials.Succeeded, Result: map[string]float64{
			"r" + c.text: math.Inf(1), "r" + c.kept: 2, longText(9000): 3, longText(9001): 4,
		}})
		h.settled(got[1], trials.Outcome{Verdict: trials.VerdictFailed, Failure: &trials.Failure{
			Class: trials.ClassError, Message: c.text, Fingerprint: c.text, Exception: c.text, Line: c.text, Seen: []string{c.text},
		}})
		h.settled(got[2], trials.Outcome{Verdict: trials.Succeeded}) // no objective: the metrics seen are listed
		h.command(w, scheduler.Command{Kind: scheduler.CommandCancel, Actor: "a" + c.text, Why: "w" + c.text})

		r, err := h.db.Run(t.Context(), w.trial(1).Run)
		h.must(err)
		is(t, c.name+": name of the run", r.Name, c.kept)
		for _, p := range r.Params {
			if p.Key == "p" || p.Key == "text" {
				is(t, c.name+": param "+p.Key, p.Value, c.kept)
			}
		}
		is(t, c.name+": metrics, alike ones as one", len(r.Metrics), 4)
		is(t, c.name+": state", w.trial(1).State, trials.Completed)
		is(t, c.name+": reason", w.attempts(2)[0].Failure.Class, trials.ClassError)
		is(t, c.name+": why", w.look().Sweep.Why, "w"+c.kept)
	}
}
