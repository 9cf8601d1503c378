package session_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/search/session"
)

func open(t *testing.T, change func(*session.Config)) *session.Session {
	t.Helper()
	space, err := search.NewSpace(search.Definition{Params: []search.Param{{Name: "x", Type: search.Float, Low: -1, High: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	c := session.Config{Space: space, Options: search.Options{Seed: 1, Budget: 40}}
	if change != nil {
		change(&c)
	}
	s, err := session.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ask(t *testing.T, s *session.Session, n int) []session.Trial {
	t.Helper()
	ts, exhausted, err := s.Ask(context.Background(), n)
	if err != nil || exhausted || len(ts) != n {
		t.Fatalf("asked for %d: %v, %v, %v", n, ts, exhausted, err)
	}
	return ts
}

func TestAskAndTellFindsTheMinimum(t *testing.T) {
	s := open(t, nil)
	for range 25 {
		trial := ask(t, s, 1)[0]
		x := trial.Params["x"].(float64) - 0.3
		if err := s.Tell(trial.ID, session.Result{Value: x * x}); err != nil {
			t.Fatal(err)
		}
	}
	best := s.Best(3)
	if len(best) != 3 || *best[0].Value > 1e-4 || *best[1].Value < *best[0].Value {
		t.Errorf("the best are %+v", best)
	}
}

func TestTheSameTellIsFreeAndAnotherIsNot(t *testing.T) {
	s := open(t, nil)
	id := ask(t, s, 2)[0].ID
	nan := session.Result{Value: math.NaN()}
	for _, c := range []struct {
		id   int
		r    session.Result
		code string
	}{
		{id, session.Result{Value: 1}, ""},
		{id, session.Result{Value: 1}, ""},
		{id, session.Result{Value: 2}, "told"},
		{id, nan, "told"},
		{2, nan, ""},
		{2, session.Result{Failed: true}, ""}, // not a number is a failure
		{3, session.Result{Value: 1}, "trial"},
	} {
		err := s.Tell(c.id, c.r)
		if got := code(err); got != c.code {
			t.Errorf("trial %d, %+v: %v, want code %q", c.id, c.r, err, c.code)
		}
	}
	if best := s.Best(9); len(best) != 1 || best[0].ID != 1 {
		t.Errorf("the best are %+v", best)
	}
}

func code(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

func TestDroppedTrialsAreForgotten(t *testing.T) {
	s := open(t, nil)
	ask(t, s, 2)
	if err := s.Drop(1); err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(1); err != nil {
		t.Errorf("dropped twice: %v", err)
	}
	if err := s.Tell(1, session.Result{Value: 1}); code(err) != "dropped" {
		t.Errorf("a dropped trial was told: %v", err)
	}
	if err := s.Tell(2, session.Result{Value: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.Drop(2); code(err) != "told" {
		t.Errorf("a told trial was dropped: %v", err)
	}
}

func TestEvidenceFromOutsideIsNotProposedAgain(t *testing.T) {
	def := search.Definition{Params: []search.Param{{Name: "c", Type: search.Choice, Values: []any{"a", "b"}}}}
	space, err := search.NewSpace(def)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, func(c *session.Config) { c.Space, c.Maximize = space, true })
	for range 2 {
		if err := s.TellOutside(search.Point{"c": "a"}, session.Result{Value: 3}); err != nil {
			t.Fatal(err)
		}
	}
	ts, exhausted, err := s.Ask(context.Background(), 5)
	if err != nil || !exhausted || len(ts) != 1 || ts[0].Params["c"] != "b" {
		t.Fatalf("%v, %v, %v; want b alone", ts, exhausted, err)
	}
	if err := s.Tell(ts[0].ID, session.Result{Value: 2}); err != nil {
		t.Fatal(err)
	}
	if best := s.Best(5); len(best) != 2 || best[0].ID != 0 || *best[0].Value != 3 {
		t.Errorf("the best are %+v, want the one from outside first", best)
	}
	if err := s.TellOutside(search.Point{"c": "z"}, session.Result{Value: 1}); err == nil || !strings.Contains(err.Error(), "fit the space") {
		t.Errorf("a point outside the space: %v", err)
	}
}

func TestReportsStopWhoIsNotAmongTheBest(t *testing.T) {
	stopper, err := search.NewASHA(search.StopOptions{Min: 1, Max: 9, Eta: 3})
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, func(c *session.Config) { c.Stopper, c.Maximize = stopper, true })
	ask(t, s, 3)
	for id, want := range []struct {
		value float64
		stop  bool
	}{{0.9, false}, {0.5, true}, {0.95, false}} {
		stop, why, err := s.Report(id+1, 1, want.value)
		if err != nil || stop != want.stop {
			t.Errorf("trial %d at 1 with %v: stop %v, %v", id+1, want.value, stop, err)
		}
		if stop && why != "stopped early at 1: rank 2 of 2, cut 0.9, has 0.5" {
			t.Errorf("the reason is %q", why)
		}
	}
	if err := s.Tell(2, session.Result{Value: 0.5}); err != nil {
		t.Fatal(err)
	}
	if best := s.Best(9); len(best) != 0 {
		t.Errorf("a stopped trial is among the best: %+v", best)
	}
	if _, _, err := s.Report(2, 2, 0.6); code(err) != "ended" {
		t.Errorf("a report after the end: %v", err)
	}
	if _, _, err := s.Report(1, math.NaN(), 0.6); code(err) != "resource" {
		t.Errorf("a report at no resource: %v", err)
	}
}
