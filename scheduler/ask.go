package scheduler

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// chunk is how many trials one transaction creates.
const chunk = 500

// ask carries an Ask out: proposals from the branch's sampler, or the next of
// the points written in the file, become trials. It holds no transaction while
// the sampler thinks. A refused Create means that the branch moved on, by
// another server or a person: the next plan asks anew from what is there then,
// since a sampler keeps nothing of an Ask that was not told back.
func (s *Scheduler) ask(ctx context.Context, b *board, a plan.Ask) error {
	b.mu.Lock()
	br := b.branches[a.Branch]
	b.mu.Unlock()
	if br == nil {
		return nil // the board was dropped meanwhile: the next plan asks anew
	}
	defer func() {
		b.mu.Lock()
		br.asking = 0
		b.mu.Unlock()
		s.asked.ring(b.no)
	}()
	for left := a.N; left > 0; {
		c, err := s.propose(ctx, b, br, min(left, chunk))
		if err != nil {
			return err
		}
		if len(c.Trials) == 0 && !c.Exhausted {
			return nil
		}
		made, err := s.store.CreateTrials(ctx, c)
		if fault.Is(err, fault.Stale) {
			return nil
		}
		if fault.Is(err, fault.Conflict) {
			return &sick{err}
		}
		if err != nil {
			return err
		}
		left -= made
		b.mu.Lock()
		attempts, err := b.catchUp(ctx, s.store)
		br.asking = left
		s.note(b, attempts)
		b.mu.Unlock()
		if err != nil {
			return err
		}
		if c.Exhausted || made < len(c.Trials) {
			return nil
		}
	}
	return nil
}

// propose makes the next n trials of a branch, fewer when there are no more.
func (s *Scheduler) propose(ctx context.Context, b *board, br *branch, n int) (Create, error) {
	b.mu.Lock()
	c := Create{
		Sweep: b.no, Branch: br.No, K: br.Proposed, Revision: b.sweep.Revision,
		Parallel: plan.Parallel(&b.sweep, br.stage.spec),
	}
	st := br.stage.spec
	b.mu.Unlock()
	if st.Points != nil {
		for i := c.K; i < min(c.K+n, len(st.Points)); i++ {
			c.Trials = append(c.Trials, written(st, i))
		}
		return c, nil
	}
	select {
	case s.thought <- struct{}{}:
		defer func() { <-s.thought }()
	case <-ctx.Done():
		return c, ctx.Err()
	}
	got, err := s.think(ctx, b, br, c.K, n)
	if errors.Is(err, search.ErrExhausted) {
		c.Exhausted, err = true, nil
	}
	if err != nil && ctx.Err() == nil {
		return c, &sick{fmt.Errorf("sampler %s of %s: %w", st.Sampler.Algorithm, plan.BranchName(st.Name, br.Name), err)}
	}
	if err != nil {
		return c, err
	}
	for _, p := range got {
		hash := br.space.Hash(p.Point)
		c.Trials = append(c.Trials, NewTrial{Point: p.Point, Hash: hash, By: p.By, Note: p.Note, Seed: seedOf(st.Sampler.Seed, hash, 0)})
	}
	return c, nil
}

// think tells a branch's sampler the news and asks it.
func (s *Scheduler) think(ctx context.Context, b *board, br *branch, k, n int) ([]search.Proposal, error) {
	br.thinking.Lock()
	defer br.thinking.Unlock()
	if br.sampler == nil {
		if err := b.hire(br); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	news := br.news
	br.news = nil
	b.mu.Unlock()
	for _, o := range news {
		br.sampler.Tell(o)
	}
	return br.sampler.Ask(ctx, k, n)
}

// tell keeps a fact for the branch's sampler until it is asked next.
func (br *branch) tell(o search.Observation) {
	if br.stage.spec.Points == nil {
		br.news = append(br.news, o)
	}
}

// hire makes the sampler of a branch and tells it what the stages it learns
// from have found. They have ended: the evidence is the same at any time.
func (b *board) hire(br *branch) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if br.Space == nil {
		return fault.Invalidf("branch %s has no space", plan.BranchName(br.StageName, br.Name))
	}
	space, err := search.NewSpace(*br.Space)
	if err != nil {
		return err
	}
	st := br.stage.spec
	o := search.Options{Seed: br.Seed, Budget: br.stage.Budget, Parallel: plan.Parallel(&b.sweep, st), Balance: st.Sampler.Balance}
	if br.Budget > 0 && !br.Shared {
		o.Budget = br.Budget
	}
	for _, p := range st.Start {
		if fits, err := space.Complete(search.Point(p)); err == nil {
			o.Start = append(o.Start, fits)
		}
	}
	var evidence []search.Observation
	for _, t := range b.teachers(st) {
		if _, err := space.Canon(t.Point); err != nil {
			continue // of another branch, or outside the narrowed space
		}
		o.Known = append(o.Known, t.Point)
		if t.stage.spec.Objective == st.Objective {
			evidence = append(evidence, t.evidence()...)
		}
	}
	sampler, err := search.NewSampler(st.Sampler.Algorithm, space, o)
	if err != nil {
		return err
	}
	for _, e := range evidence {
		sampler.Tell(e)
	}
	br.sampler, br.space = sampler, space
	return nil
}

// teachers are the trials that a stage's samplers learn from, by number.
func (b *board) teachers(st *spec.Stage) []*trial {
	from := st.LearnFrom
	if len(from) == 0 && st.Narrow != nil {
		from = []string{st.Narrow.Stage}
	}
	var out []*trial
	for _, other := range b.stages {
		if other.spec != st && slices.Contains(from, other.Name) {
			out = append(out, other.trials...)
		}
	}
	return out
}

// evidence is a trial as a sampler of another branch is told of it.
func (t *trial) evidence() []search.Observation {
	at := func(e search.Event, loss float64) search.Observation {
		return search.Observation{
			Trial: -t.Number, K: -1, Event: e, Point: t.Point, Resource: t.reached(), Loss: loss, Degraded: t.Effective != nil,
		}
	}
	goal := t.stage.spec.Objective.Goal
	opened := at(search.Opened, 0)
	switch {
	case t.State == trials.Completed && t.Value != nil:
		return []search.Observation{opened, at(search.Finished, goal.Loss(*t.Value))}
	case t.State == trials.Stopped && t.Best != nil:
		return []search.Observation{opened, at(search.Stopped, goal.Loss(*t.Best))}
	case t.State == trials.Failed:
		return []search.Observation{opened, at(search.Failed, 0)}
	}
	return nil
}

// written is point i of the file as a trial.
func written(st *spec.Stage, i int) NewTrial {
	p := st.Points[i]
	pt := make(search.Point, len(p.Params))
	for name, v := range p.Params {
		pt[name] = scalar(v)
	}
	hash := bare.Hash(pt)
	n := NewTrial{Point: pt, Hash: hash, By: "points", UserID: p.ID, Name: p.Name, Seed: seedOf(st.Sampler.Seed, hash, 0)}
	if p.Seed != nil {
		n.Seed = *p.Seed
	}
	return n
}

// bare is the space without parameters: it hashes points as they are.
var bare = func() *search.Space {
	s, err := search.NewSpace(search.Definition{})
	if err != nil {
		panic("scheduler: the empty space: " + err.Error())
	}
	return s
}()

// scalar is a value of a file as a Point has it: whole numbers are int64,
// whatever JSON made of them.
func scalar(v any) any {
	switch x := v.(type) {
	case int:
		return int64(x)
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x)
		}
	}
	return v
}

// seedOf is the seed of a trial: of its point, so that it is the same on every
// attempt and wherever the point is tried again. It fits the seeds of numpy and
// of C: 31 bits.
func seedOf(sampler uint64, hash string, replicate int) uint64 {
	h := fnv.New64a()
	h.Write([]byte(strconv.FormatUint(sampler, 10) + " " + hash + " " + strconv.Itoa(replicate)))
	x := h.Sum64()
	return (x ^ x>>32) & math.MaxInt32
}
