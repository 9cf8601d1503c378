package scheduler

import (
	"context"

	"github.com/sweepd/sweepd/scheduler/plan"
)

// ViewOf gives what a plan of a sweep would be made from.
func ViewOf(ctx context.Context, s *Scheduler, sweep int64) (plan.View, error) {
	b := s.boards.of(sweep)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.catchUp(ctx, s.store); err != nil {
		return plan.View{}, err
	}
	return b.view(s.o.Now(), s.slots), nil
}

// Folded is how many rows the board of a sweep has taken in.
func Folded(s *Scheduler, sweep int64) int64 {
	b := s.boards.of(sweep)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.folded
}
