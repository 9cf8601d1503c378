package store

import (
	"context"
	"slices"
	"sync"
)

// groupMax is the most members that share a commit: it bounds what a page of
// changes must hold whole and how long one waits for the others.
const groupMax = 64

// member is one write that may share a commit with others. A member touches at
// most memberRows rows.
type member struct {
	full bool
	fn   func(*tx) error
	err  error

	done chan struct{} // closed after the commit
	lead chan struct{} // one token: take what waits, and run it
}

const memberRows = 500

// lanes is group commit: in each lane one group of members runs at a time, and
// what arrives meanwhile makes the next group. There is no timer, so a lone
// write never waits. The caller at the head of the queue runs the group and
// hands the lead to the next one, so there is no goroutine either.
type lanes struct {
	mu   sync.Mutex
	open map[int64][]*member // what waits, of lanes in which a group runs
	run  func(context.Context, []*member)
}

func newLanes(run func(context.Context, []*member)) *lanes {
	return &lanes{open: map[int64][]*member{}, run: run}
}

// do runs m in a lane and gives its error after the commit. When ctx ends before
// the member's group has begun, the member is not run at all.
func (l *lanes) do(ctx context.Context, lane int64, m *member) error {
	m.done, m.lead = make(chan struct{}), make(chan struct{}, 1)
	l.mu.Lock()
	queue, busy := l.open[lane]
	l.open[lane] = append(queue, m)
	if !busy {
		m.lead <- struct{}{}
	}
	l.mu.Unlock()

	select {
	case <-m.lead:
		l.leads(ctx, lane)
	case <-m.done:
	case <-ctx.Done():
		if l.leave(lane, m) {
			return ctx.Err()
		}
		<-m.done
	}
	return m.err
}

// leads runs the group at the head of the lane; the caller is its first member.
func (l *lanes) leads(ctx context.Context, lane int64) {
	l.mu.Lock()
	queue := l.open[lane]
	n := min(len(queue), groupMax)
	group := slices.Clone(queue[:n])
	l.open[lane] = slices.Clone(queue[n:])
	l.mu.Unlock()

	defer func() {
		l.mu.Lock()
		l.pass(lane)
		l.mu.Unlock()
		for _, m := range group {
			close(m.done)
		}
	}()
	l.run(ctx, group)
}

// pass hands the lead to whoever waits first, or closes the lane.
func (l *lanes) pass(lane int64) {
	if queue := l.open[lane]; len(queue) > 0 {
		queue[0].lead <- struct{}{}
		return
	}
	delete(l.open, lane)
}

// leave takes a member out of the queue, false when its group has begun.
func (l *lanes) leave(lane int64, m *member) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.Index(l.open[lane], m)
	if i < 0 {
		return false
	}
	l.open[lane] = slices.Delete(l.open[lane], i, i+1)
	select {
	case <-m.lead:
		l.pass(lane)
	default:
	}
	return true
}
