package scheduler

import (
	"context"
	"errors"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
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

// Proposals is what the samplers of a sweep's open branches would propose next.
// A sampler keeps nothing of an Ask, so that asking here changes nothing.
func Proposals(ctx context.Context, s *Scheduler, sweep int64, n int) (map[string][]search.Proposal, error) {
	b := s.boards.of(sweep)
	b.mu.Lock()
	_, err := b.catchUp(ctx, s.store)
	var open []*branch
	for _, br := range b.branches {
		if br.Branch.Open && br.stage.spec.Points == nil {
			open = append(open, br)
		}
	}
	b.mu.Unlock()
	out := map[string][]search.Proposal{}
	for _, br := range open {
		if err != nil {
			return nil, err
		}
		var got []search.Proposal
		got, err = s.think(ctx, b, br, br.Proposed, n)
		if errors.Is(err, search.ErrExhausted) {
			err = nil
		}
		out[plan.BranchName(br.StageName, br.Name)] = got
	}
	return out, err
}
