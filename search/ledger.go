package search

import (
	"math"
)

// record is what is known of one trial. Facts are a set: of those told since
// the last reset the strongest decides, dropped > finished > failed > stopped >
// pending, in whatever order they came.
type record struct {
	trial int
	point Point     // canonical; nil until it is told
	hash  string    // of point
	u     []float64 // place of point, nil when it does not lie in the space

	finished, failed, stopped, dropped bool
	final                              float64 // loss of a finished trial, finite
	partial, resource                  float64 // loss and resource of a stopped one, finite

	mark int // scratch of a model: the build that used it last
}

// live tells whether the trial counts: its point is known and it is not
// dropped.
func (r *record) live() bool { return r.point != nil && !r.dropped }

// pending tells whether nothing but its point is known.
func (r *record) pending() bool { return !r.finished && !r.failed && !r.stopped }

// class orders trials by how much their loss means: 0 finished, 1 stopped, 2
// neither.
func (r *record) class() int {
	switch {
	case r.finished:
		return 0
	case r.stopped && !r.failed:
		return 1
	}
	return 2
}

// ledger folds observations into records and knows which points are taken.
type ledger struct {
	space   *Space
	records map[int]*record
	taken   map[string]int // by hash: live trials that have the point, and points known from the start
	ended   int            // live trials that are not pending and lie in the space

	enter, leave func(*record) // called when a record that lies in the space starts or ceases to count; may be nil
}

func newLedger(s *Space) *ledger {
	return &ledger{space: s, records: map[int]*record{}, taken: map[string]int{}}
}

// know keeps a point from ever being proposed.
func (l *ledger) know(pt Point) { l.taken[l.space.Hash(pt)]++ }

// Tell folds one fact. O(parameters · log trials).
func (l *ledger) Tell(o Observation) {
	r := l.records[o.Trial]
	if r == nil {
		r = &record{trial: o.Trial}
		l.records[o.Trial] = r
	}
	l.count(r, -1)
	l.fold(r, o)
	l.count(r, 1)
}

func (l *ledger) fold(r *record, o Observation) {
	if r.point == nil && o.Point != nil {
		r.point, r.hash = o.Point, ""
		if c, err := l.space.Canon(o.Point); err == nil {
			r.point, r.u = c, l.space.Encode(c)
		}
		r.hash = hashOf(r.point)
	}
	finite := !math.IsNaN(o.Loss) && !math.IsInf(o.Loss, 0)
	switch o.Event {
	case Finished:
		if finite {
			r.finished, r.final = true, o.Loss
		} else {
			r.failed = true
		}
	case Stopped:
		if finite {
			r.stopped, r.partial, r.resource = true, o.Loss, o.Resource
		} else {
			r.failed = true
		}
	case Failed:
		r.failed = true
	case Dropped:
		r.dropped = true
	case Reset:
		r.finished, r.failed, r.stopped, r.dropped = false, false, false, false
	}
}

// count adds (1) or takes away (-1) what r contributes as it now stands.
func (l *ledger) count(r *record, sign int) {
	if !r.live() {
		return
	}
	if l.taken[r.hash] += sign; l.taken[r.hash] == 0 {
		delete(l.taken, r.hash)
	}
	if r.u == nil {
		return
	}
	if !r.pending() {
		l.ended += sign
	}
	if hook := l.enter; sign > 0 && hook != nil {
		hook(r)
	}
	if hook := l.leave; sign < 0 && hook != nil {
		hook(r)
	}
}
