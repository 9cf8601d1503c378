package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
)

func TestALongPollWakesAtOnce(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(1, ""))
	c, err := s.admin.Changes(t.Context(), sw.ID, 0, 0)
	if err != nil || c.Trials.Rows != 1 || len(c.Decisions) == 0 || c.Ended {
		t.Fatalf("%+v, %v", c, err)
	}
	type answer struct {
		wire.Changes
		err error
	}
	got := make(chan answer, 1)
	start := time.Now()
	go func() {
		c, err := s.admin.Changes(t.Context(), sw.ID, c.Seq, 50)
		got <- answer{c, err}
	}()
	h := s.hello("w1", 1)
	l := h.one()
	a := <-got
	if a.err != nil || a.Seq <= c.Seq || time.Since(start) > 10*time.Second {
		t.Errorf("seq %d after %d, %v, %s", a.Seq, c.Seq, a.err, time.Since(start))
	}
	h.complete(l, 0.5)
	s.until(sw.ID, "the end", func(sw wire.Sweep) bool { return sw.State == wire.SweepStateFinished })
	if c, err = s.admin.Changes(t.Context(), sw.ID, c.Seq, 50); err != nil || !c.Ended {
		t.Errorf("%+v, %v", c, err)
	}
	// Nothing more will come: a poll after the last change does not wait.
	start = time.Now()
	if c, err = s.admin.Changes(t.Context(), sw.ID, c.Seq, 50); err != nil || !c.Ended || time.Since(start) > 10*time.Second {
		t.Errorf("%+v, %v", c, err)
	}
}

// A page ends with a change number, whatever its limit: the rows of a number
// come together.
func TestAPageNeverSplitsAChange(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(40, "")) // all made in one change
	for _, o := range []client.Order{client.Pause, client.Resume, client.Pause, client.Resume} {
		if _, err := s.admin.Command(t.Context(), sw.ID, o, wire.Order{}); err != nil {
			t.Fatal(err)
		}
	}
	var after, rows, pages int64
	for {
		var c wire.Changes
		s.get("/api/v1/sweeps/"+sw.ID+"/changes?limit=3&after="+itoa(after), &c)
		if c.Trials.Rows != 0 && c.Trials.Rows != 40 {
			t.Errorf("%d of 40 trials", c.Trials.Rows)
		}
		if c.Seq <= after {
			t.Fatalf("from %d to %d", after, c.Seq)
		}
		after, rows, pages = c.Seq, rows+c.Trials.Rows, pages+1
		if !c.More {
			break
		}
	}
	if rows < 40 || pages < 2 {
		t.Errorf("%d rows in %d pages", rows, pages)
	}
}

// events reads an event stream: the id and the data of each event, until it
// ends.
func (s *site) events(ctx context.Context, id, lastEvent string) <-chan wire.Changes {
	s.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", s.url+"/api/v1/sweeps/"+id+"/changes", nil)
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	r.Header.Set("Accept-Encoding", "gzip")
	if lastEvent != "" {
		r.Header.Set("Last-Event-ID", lastEvent)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Content-Encoding") != "" {
		s.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	out := make(chan wire.Changes)
	go func() {
		defer close(out)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		var eventID string
		for lines.Scan() {
			switch line := lines.Text(); {
			case strings.HasPrefix(line, "id: "):
				eventID = line[4:]
			case strings.HasPrefix(line, "data: "):
				var c wire.Changes
				if err := json.Unmarshal([]byte(line[6:]), &c); err != nil || strconv.FormatInt(c.Seq, 10) != eventID {
					s.Errorf("event %s: %v", eventID, err)
				}
				select {
				case out <- c:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out
}

func TestEventsComeUntilTheSweepEnds(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(2, ""))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	stream := s.events(ctx, sw.ID, "")
	first := <-stream
	if first.Trials.Rows != 2 {
		t.Fatalf("%+v", first)
	}
	h := s.hello("w1", 1)
	h.complete(h.one(), 0.5)
	h.complete(h.one(), 0.4)
	seq, completed := first.Seq, map[any]bool{}
	var last wire.Changes
	for c := range stream {
		if c.Seq <= seq {
			t.Errorf("%d after %d", c.Seq, seq)
		}
		seq, last = c.Seq, c
		if c.Trials.Rows > 0 {
			for i, state := range column(t, c.Trials, "state") {
				if state == "completed" {
					completed[column(t, c.Trials, "number")[i]] = true
				}
			}
		}
	}
	if ctx.Err() != nil || !last.Ended || len(completed) != 2 {
		t.Errorf("the last event is %+v, %d completed, %v", last, len(completed), ctx.Err())
	}

	// Who comes again with the last id it saw misses nothing and sees nothing twice.
	again := s.events(ctx, sw.ID, itoa(first.Seq))
	c := <-again
	if c.Seq != last.Seq || c.Trials.Rows != 2 {
		t.Errorf("after %d: %+v", first.Seq, c)
	}
	again = s.events(ctx, sw.ID, itoa(last.Seq))
	if c = <-again; !c.Ended || c.Trials.Rows != 0 {
		t.Errorf("after the last: %+v", c)
	}
	if _, more := <-again; more {
		t.Error("the stream goes on")
	}
}

func TestDecisionsAreListedPageByPage(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(1, ""))
	for range 3 {
		if _, err := s.admin.Command(t.Context(), sw.ID, client.Pause, wire.Order{Why: "x"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.admin.Command(t.Context(), sw.ID, client.Resume, wire.Order{}); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	for after := int64(0); ; {
		d, err := s.admin.Decisions(t.Context(), sw.ID, 0, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range d.Decisions {
			if one.Text == "" {
				t.Errorf("no reason: %+v", one)
			}
			seen = append(seen, one.Kind)
			after = one.Seq
		}
		if !d.More {
			break
		}
	}
	all := strings.Join(seen, " ")
	if strings.Count(all, "pause") != 3 || strings.Count(all, "resume") != 3 {
		t.Error(all)
	}
	if e, err := s.admin.Ensembles(t.Context(), sw.ID); err != nil || e.Ensembles == nil || len(e.Ensembles) != 0 {
		t.Errorf("%+v, %v", e, err)
	}
}

// Entries of one change come together, even when they are more than were asked
// for: the next page begins after a number.
func TestAPageOfDecisionsNeverSplitsAChange(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(8, ""))
	if _, err := s.admin.Command(t.Context(), sw.ID, client.Cancel, wire.Order{Trials: []int64{1, 2, 3, 4, 5}}); err != nil {
		t.Fatal(err)
	}
	all, err := s.admin.Decisions(t.Context(), sw.ID, 0, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	together := map[int64]int{}
	for _, d := range all.Decisions {
		together[d.Seq]++
	}
	most := 0
	for _, n := range together {
		most = max(most, n)
	}
	if most < 2 {
		t.Fatalf("no change has two decisions: %v", together)
	}
	n := 0
	for after := int64(0); ; {
		d, err := s.admin.Decisions(t.Context(), sw.ID, 0, after, 1)
		if err != nil {
			t.Fatal(err)
		}
		n += len(d.Decisions)
		if !d.More {
			break
		}
		after = d.Decisions[len(d.Decisions)-1].Seq
	}
	if n != len(all.Decisions) {
		t.Errorf("%d of %d decisions", n, len(all.Decisions))
	}
}
