package api

import (
	"encoding/json"
	"slices"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// count adds a trial to its stage's tally, or takes it out again.
func (sm *summary) count(r row, by int) {
	if r.state != trials.Completed && r.state != trials.Stopped {
		return
	}
	c := sm.stages[r.stage]
	if c == nil {
		c = &tally{completed: map[int]int{}, stopped: map[int]int{}}
		sm.stages[r.stage] = c
	}
	of := c.completed
	if r.state == trials.Stopped {
		of = c.stopped
	}
	if of[r.resource] += by; of[r.resource] == 0 {
		delete(of, r.resource)
	}
}

// draw keeps a trial's dot up to date. When there are too many, every second is
// left out, by number, so that it does not matter in which order they came.
func (sm *summary) draw(number int, r row) {
	delete(sm.dots, number)
	v := r.result()
	if v == nil || r.ended.IsZero() || number%sm.stride != 0 {
		return
	}
	sm.dots[number] = dot{r.ended, *v, r.state}
	for len(sm.dots) > maxDots {
		sm.stride *= 2
		for n := range sm.dots {
			if n%sm.stride != 0 {
				delete(sm.dots, n)
			}
		}
	}
}

// trace takes a result into the curve of the best so far. Results come nearly in
// the order of their time, so that this is nearly always an append.
func (sm *summary) trace(goal spec.Goal, c corner) {
	i := len(sm.corners)
	for i > 0 && sm.corners[i-1].after(c) {
		i--
	}
	if c.value != c.value || i > 0 && !goal.Better(c.value, sm.corners[i-1].value) {
		return
	}
	j := i
	for j < len(sm.corners) && !goal.Better(sm.corners[j].value, c.value) {
		j++
	}
	sm.corners = slices.Replace(sm.corners, i, j, c)
}

func (c corner) after(o corner) bool {
	return c.at.After(o.at) || c.at.Equal(o.at) && c.trial > o.trial
}

// retrace draws the curve anew, after a result was taken back.
func (sm *summary) retrace(goal spec.Goal) {
	sm.corners = nil
	for n, r := range sm.rows {
		if r.value != nil && !r.ended.IsZero() {
			sm.trace(goal, corner{r.ended, *r.value, n})
		}
	}
}

// judged counts a verdict on its rung, in the branch of its trial. A verdict may
// be read twice.
func (sm *summary) judged(d trials.Decision) {
	var v search.Verdict
	if json.Unmarshal(d.Payload, &v) != nil {
		return
	}
	key := rungKey{sm.rows[d.Trial].branch, v.Group, v.Resource}
	r := sm.rungs[key]
	if r == nil {
		r = &rungCount{judged: map[int]bool{}}
		sm.rungs[key] = r
	}
	if !r.judged[d.Trial] {
		r.judged[d.Trial] = true
		r.reached++
		if !v.Stop {
			r.promoted++
		}
	}
	r.cut = v.Cut
}
