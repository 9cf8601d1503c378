package e2e_test

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// excused tells whether a trial that printed its last line was cut before it
// could be settled: its worker died at most 250 ms of a living server later. A
// worker asks a server that was away again after at most as long as it was away.
func (c *chaos) excused(s said) bool {
	for _, death := range c.deaths[s.worker] {
		if death.Before(s.at.Add(-unsettled)) {
			continue
		}
		alive := death.Sub(s.at)
		for _, o := range c.outages {
			till := o.till.Add(o.till.Sub(o.from) + unsettled)
			from, till := later(o.from.Add(-unsettled), s.at), earlier(till, death)
			alive -= max(0, till.Sub(from))
		}
		return alive < unsettled
	}
	return false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// judge checks what must hold after any number of kills: the budget exact,
// nothing lost, nothing settled twice or run again once it was settled, every
// metric there, and no error seen by user code.
func (c *chaos) judge(t *testing.T, sw wire.Sweep, path string) {
	t.Helper()
	sw = c.ended(t, sw.ID, 2*time.Minute)
	if sw.State != wire.SweepStateFinished || sw.Counts.Created != killed || sw.Counts.Completed != killed {
		t.Errorf("sweep %s: %s, %+v: %s", sw.ID, sw.State, sw.Counts, sw.Why)
	}
	heard := map[int][]said{}
	for _, s := range testimonies(t, path) {
		heard[s.trial] = append(heard[s.trial], s)
	}
	if b, err := os.ReadFile(path + ".errors"); err == nil {
		t.Errorf("user code saw an error:\n%s", tail(string(b), 3000))
	}
	for n := 1; n <= killed; n++ {
		tr, err := c.Trial(context.Background(), sw.ID, n)
		if err != nil {
			t.Fatal(err)
		}
		settled := 0
		for _, a := range tr.Attempts {
			if a.Verdict == "succeeded" {
				settled++
			} else if a.Verdict != "lost" && a.Verdict != "undelivered" {
				t.Errorf("sweep %s trial %d attempt %d is %s", sw.ID, n, a.Number, a.Verdict)
			}
		}
		if settled != 1 {
			t.Errorf("sweep %s trial %d was settled %d times", sw.ID, n, settled)
		}
		final := int(tr.Attempts[len(tr.Attempts)-1].Number)
		ends := map[int]int{}
		for _, s := range heard[n] {
			switch {
			case s.word != "end":
			case s.attempt == final:
				ends[final]++
			case !c.excused(s):
				t.Errorf("sweep %s trial %d: attempt %d ended at %s, and yet attempt %d ran", sw.ID, n, s.attempt, s.at.Format(time.StampMilli), s.attempt+1)
			}
		}
		if ends[final] != 1 {
			t.Errorf("sweep %s trial %d: attempt %d ended %d times", sw.ID, n, final, ends[final])
		}
		c.measure(heard[n])
	}
	c.points(t, sw.ID)
}

// measure notes how long trials that died with their worker were away.
func (c *chaos) measure(of []said) {
	for i, s := range of {
		if s.word != "begin" || i+1 >= len(of) || of[i+1].word != "begin" {
			continue
		}
		for _, death := range c.deaths[s.worker] {
			if death.After(s.at) {
				c.away = append(c.away, of[i+1].at.Sub(death))
				break
			}
		}
	}
}

func (c *chaos) points(t *testing.T, id string) {
	t.Helper()
	var numbers []string
	for n := 1; n <= killed; n++ {
		numbers = append(numbers, strconv.Itoa(n))
	}
	curves, err := c.Curves(context.Background(), id, strings.Join(numbers, ","), 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(curves.Curves) != killed {
		t.Errorf("sweep %s: %d trials have readings, want %d", id, len(curves.Curves), killed)
	}
	for _, curve := range curves.Curves {
		if len(curve.Values) != 5 {
			t.Errorf("sweep %s trial %d has %d readings, want 5", id, curve.Trial, len(curve.Values))
		}
	}
}

func (c *chaos) report(t *testing.T, sweeps int) {
	t.Helper()
	var down []time.Duration
	for _, o := range c.outages {
		down = append(down, o.till.Sub(o.from))
	}
	slices.Sort(down)
	slices.Sort(c.away)
	t.Logf("%d sweeps of %d trials; %d kills of the server, going again after %s at the middle, %s at most; %d kills of workers, %d trials cut",
		sweeps, killed, len(down), down[len(down)/2].Round(time.Millisecond), down[len(down)-1].Round(time.Millisecond),
		len(c.deaths[0])+len(c.deaths[1]), len(c.away))
	if most := down[len(down)-1]; most > 5*time.Second {
		t.Errorf("the server took %s to go again", most)
	}
	if len(c.away) == 0 {
		return
	}
	most := c.away[len(c.away)-1]
	t.Logf("their trials again after %s at the middle, %s at most", c.away[len(c.away)/2].Round(time.Millisecond), most.Round(time.Millisecond))
	if most > chaosTTL+5*time.Second {
		t.Errorf("a killed worker's trial ran again only after %s", most)
	}
}
