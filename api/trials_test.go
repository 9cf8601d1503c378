package api_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// column gives the values of a column as text, nil as "-".
func column(t testing.TB, c wire.TrialColumns, name string) []string {
	t.Helper()
	i := slices.Index(c.Columns, name)
	if i < 0 {
		t.Fatalf("there is no column %s in %v", name, c.Columns)
	}
	var out []string
	for _, v := range c.Values[i] {
		if v == nil {
			out = append(out, "-")
			continue
		}
		out = append(out, fmt.Sprint(*v))
	}
	return out
}

// tenDone is a sweep of ten trials of which eight have completed, with losses
// 0.8 down to 0.1, one failed and one is queued.
func tenDone(s *site) wire.Sweep {
	s.Helper()
	sw := s.submit(pointsOf(10, "budget: {parallel: 1}\n"))
	h := s.hello("w1", 1)
	for i := range 8 {
		h.complete(h.one(), float64(8-i)/10)
	}
	h.settle("ok", h.one(), failedOutcome())
	return s.until(sw.ID, "eight results", func(sw wire.Sweep) bool { return sw.Counts.Completed == 8 && sw.Counts.Failed == 1 })
}

func TestTrialsAsColumns(t *testing.T) {
	s := open(t)
	sw := tenDone(s)
	page := func(p wire.ListTrialsParams) wire.TrialColumns {
		t.Helper()
		c, err := s.admin.Trials(t.Context(), sw.ID, p)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := page(wire.ListTrialsParams{Limit: 3})
	if got := column(t, c, "value"); !slices.Equal(got, []string{"0.1", "0.2", "0.3"}) || c.Total != 10 || c.Matched != 10 {
		t.Errorf("the best three: %v of %d", got, c.Total)
	}
	c = page(wire.ListTrialsParams{Columns: "number,params.x,name", Sort: "-params.x", Limit: 2})
	if got := column(t, c, "params.x"); !slices.Equal(got, []string{"10", "9"}) || len(c.Columns) != 3 || column(t, c, "name")[0] != "-" {
		t.Errorf("by parameter: %v", c)
	}
	c = page(wire.ListTrialsParams{Filter: "state=completed,params.x>=6", Sort: "number"})
	if got := column(t, c, "number"); !slices.Equal(got, []string{"6", "7", "8"}) || c.Matched != 3 {
		t.Errorf("filtered: %v of %d", got, c.Matched)
	}

	var numbers []string
	for p := (wire.ListTrialsParams{Limit: 4, Sort: "number"}); ; {
		c = page(p)
		numbers = append(numbers, column(t, c, "number")...)
		if p.Page = c.Next; p.Page == "" {
			break
		}
	}
	if !slices.Equal(numbers, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}) {
		t.Errorf("page by page: %v", numbers)
	}
	if c = page(wire.ListTrialsParams{After: c.Seq}); c.Rows != 0 || c.Matched != 0 {
		t.Errorf("after the last change: %v", c)
	}

	at := "/api/v1/sweeps/" + sw.ID + "/trials"
	s.refused(422, "invalid", []string{"valu", "did you mean value?"}, "GET", at+"?columns=number,valu", "")
	s.refused(422, "invalid", []string{"valu", "did you mean value?"}, "GET", at+"?sort=-valu", "")
	s.refused(422, "invalid", []string{"stat", "did you mean state?"}, "GET", at+"?filter=stat%3Drunning", "")
	s.refused(422, "invalid", []string{"value", "abc"}, "GET", at+"?filter=value%3Dabc", "")
	s.refused(422, "invalid", []string{"created", "sort"}, "GET", at+"?sort=created", "")
	s.refused(422, "bad_page_token", []string{"nonsense"}, "GET", at+"?page=nonsense", "")
}

func TestOneTrialWithItsAttempts(t *testing.T) {
	s := open(t)
	sw := tenDone(s)
	tr, err := s.admin.Trial(t.Context(), sw.ID, 9)
	if err != nil || tr.State != wire.TrialStateFailed || tr.Failure.Class != "error" || *tr.Failure.ExitCode != 1 || len(tr.Attempts) != 1 {
		t.Fatalf("%+v, %v", tr, err)
	}
	if a := tr.Attempts[0]; a.Worker != "w1" || a.Verdict != "failed" || a.Claimed.IsZero() {
		t.Errorf("%+v", a)
	}
	if _, err := s.admin.Trial(t.Context(), sw.ID, 11); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func TestCurvesAreAskedByNumber(t *testing.T) {
	s := open(t)
	sw := tenDone(s)
	c, err := s.admin.Curves(t.Context(), sw.ID, "1, 3", 0)
	if err != nil || len(c.Curves) != 2 || c.Metric != "loss" {
		t.Errorf("%+v, %v", c, err)
	}
	at := "/api/v1/sweeps/" + sw.ID + "/curves"
	s.refused(422, "invalid", []string{"one", "query parameter trials"}, "GET", at+"?trials=one", "")
	s.refused(422, "invalid", []string{"query parameter trials"}, "GET", at, "")
	many := "1"
	for range 100 {
		many += ",1"
	}
	s.refused(422, "invalid", []string{"101", "100"}, "GET", at+"?trials="+many, "")
}

func TestTheOverviewIsTheFirstScreen(t *testing.T) {
	s := open(t)
	sw := tenDone(s)
	o, err := s.admin.Overview(t.Context(), sw.ID, 3)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.BestSoFar) != 8 || len(o.Dots) != 8 || o.Top.Rows != 3 || len(o.Curves.Curves) != 3 || o.Sentence.Value != "0.1000" {
		t.Errorf("%d corners, %d dots, %d rows, %+v", len(o.BestSoFar), len(o.Dots), o.Top.Rows, o.Sentence)
	}
	if o.Sweep.Best.Trial != 8 || o.Sweep.Best.Params["x"] != 8.0 {
		t.Errorf("best %+v", o.Sweep.Best)
	}
	last := o.BestSoFar[0].Value
	for _, c := range o.BestSoFar[1:] {
		if c.Value >= last {
			t.Errorf("the best so far goes from %v to %v", last, c.Value)
		}
		last = c.Value
	}
}

func TestTheOverviewOfASweepThatHasNotBegun(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(2, ""))
	o, err := s.admin.Overview(t.Context(), sw.ID, 0)
	if err != nil || o.Now != 0 || len(o.Dots) != 0 || o.Top.Rows != 2 || o.Sentence.Rest == "" {
		t.Errorf("%+v, %v", o, err)
	}
}
