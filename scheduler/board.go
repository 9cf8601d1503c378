package scheduler

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// board is one sweep in memory, folded from its changes: nouns, counters, and
// per branch a Sampler and a Stopper. It holds nothing that rows do not, but
// for what is in flight; it can be dropped at any time and the next one is the
// same. mu guards all of it except the samplers, which have locks of their own,
// since they think long.
type board struct {
	mu    sync.Mutex
	no    int64
	seq   int64
	sweep trials.Sweep

	stages   []*stage
	branches map[int64]*branch
	trials   map[int64]*trial // by internal number
	numbers  map[int]*trial
	open     map[int]*trial // not ended, by number
	idle     map[int]*trial // running, newest attempt ended badly: for plan to decide
	stops    map[int]*trial // to be asked to stop, or asked
	records  []plan.Verdict // promotions not stored yet
	recorded map[rung]bool  // promotions and stops that are stored

	timed  atomic.Bool // it has a limit of time
	again  atomic.Bool // something went wrong that the next poll may mend
	first  early
	clock  clock
	folded int64 // rows folded so far
}

// rung is a trial at a rung of its branch.
type rung struct{ trial, rung int }

type stage struct {
	trials.Stage
	spec     *spec.Stage
	branches []*branch
	trials   []*trial // by number
	building bool
}

type branch struct {
	trials.Branch
	stage   *stage
	running int // trials that have not ended
	best    *float64
	asking  int // proposals asked for and not stored yet
	stopper search.Stopper
	groups  *grouping
	news    []search.Observation // for the sampler, once it is its turn

	thinking sync.Mutex // held while the sampler is told and asked
	sampler  search.Sampler
	space    *search.Space
}

type trial struct {
	trials.Trial
	stage   *stage
	branch  *branch
	attempt trials.Attempt // the newest; zero before its row was seen
	curve   curve          // of the newest attempt, empty once the trial ended
	told    trials.TrialState
	stop    *search.Verdict // the last verdict that it is to stop
	counted int             // attempts whose end is in same and lostOn
	same    map[trials.Class]int
	lostOn  []string
}

func newBoard(sweep int64) *board {
	return &board{
		no: sweep, branches: map[int64]*branch{}, trials: map[int64]*trial{}, numbers: map[int]*trial{},
		open: map[int]*trial{}, idle: map[int]*trial{}, stops: map[int]*trial{}, recorded: map[rung]bool{},
	}
}

// pageRows is how many changed rows are read at once.
const pageRows = 5000

// catchUp folds what changed since the board last looked. It gathers all pages
// first: a trial's row comes with its last change, after its own readings. It
// gives the attempts that changed.
func (b *board) catchUp(ctx context.Context, store BoardStore) ([]trials.Attempt, error) {
	var all Changes
	after := b.seq
	for {
		c, err := store.Changes(ctx, b.no, after, pageRows)
		if err != nil {
			return nil, err
		}
		all.Sweep, all.Stages = c.Sweep, c.Stages
		all.Branches = append(all.Branches, c.Branches...)
		all.Trials = append(all.Trials, c.Trials...)
		all.Attempts = append(all.Attempts, c.Attempts...)
		all.Readings = append(all.Readings, c.Readings...)
		all.Decisions = append(all.Decisions, c.Decisions...)
		after = max(after, c.Seq)
		if !c.More {
			break
		}
	}
	all.Seq = after
	if after == b.seq && b.sweep.No != 0 {
		return nil, nil
	}
	if err := b.fold(&all); err != nil {
		return nil, &sick{err}
	}
	return all.Attempts, nil
}

// sick is an error that is the sweep's own fault, not the store's or the
// machine's: it would come back however often it is tried.
type sick struct{ error }

func (s *sick) Unwrap() error { return s.error }

// boards are the sweeps that have not ended. The zero value is ready.
type boards struct {
	mu    sync.Mutex
	m     map[int64]*board
	seqs  map[int64]int64 // last known change of each
	aside map[int64]int64 // sweeps that could not be planned, and the change up to which that holds
}

// of gives the board of a sweep, an empty one when it is not there yet.
func (bs *boards) of(sweep int64) *board {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if bs.m == nil {
		bs.m, bs.seqs = map[int64]*board{}, map[int64]int64{}
	}
	b := bs.m[sweep]
	if b == nil {
		b = newBoard(sweep)
		bs.m[sweep] = b
	}
	return b
}

func (bs *boards) saw(sweep, seq int64) (newer bool) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	newer = bs.seqs[sweep] < seq
	bs.seqs[sweep] = max(bs.seqs[sweep], seq)
	return newer
}

func (bs *boards) seq(sweep int64) int64 {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	return bs.seqs[sweep]
}

// setAside keeps a sweep out of polls until a change after seq.
func (bs *boards) setAside(sweep, seq int64) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if bs.aside == nil {
		bs.aside = map[int64]int64{}
	}
	bs.aside[sweep] = seq
}

// needs tells whether a poll that found a sweep at a change must look at it:
// the rows are newer, or the sweep has a limit of time.
func (bs *boards) needs(sweep, seq int64) bool {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	if at, ok := bs.aside[sweep]; ok {
		if seq <= at {
			return false
		}
		delete(bs.aside, sweep)
	}
	b := bs.m[sweep]
	return b == nil || b.again.Swap(false) || bs.seqs[sweep] < seq || b.timed.Load()
}

// drop forgets a board; whoever holds it may finish what it does.
func (bs *boards) drop(sweep int64) {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	delete(bs.m, sweep)
	delete(bs.seqs, sweep)
}

func (bs *boards) all() []int64 {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	out := make([]int64, 0, len(bs.m))
	for n := range bs.m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// clock measures how long a sweep has run.
type clock struct {
	held   time.Duration // in pauses that are over
	paused time.Time     // begin of the present pause; zero when there is none
}

// fold takes in a pause or its end; what lies before start does not count.
func (c *clock) fold(d trials.Decision, start time.Time) {
	switch d.Kind {
	case "pause":
		if c.paused.IsZero() {
			c.paused = d.At
		}
	case "resume":
		if !c.paused.IsZero() {
			c.held += since(c.paused, d.At, start)
			c.paused = time.Time{}
		}
	}
}

// elapsed is the time from start to now outside pauses; 0 before the start.
func (c *clock) elapsed(start, now time.Time) time.Duration {
	if start.IsZero() {
		return 0
	}
	d := now.Sub(start) - c.held
	if !c.paused.IsZero() {
		d -= since(c.paused, now, start)
	}
	return max(d, 0)
}

// since is the time from a to b that lies after start.
func since(a, b, start time.Time) time.Duration {
	if start.IsZero() {
		return 0
	}
	if a.Before(start) {
		a = start
	}
	return max(b.Sub(a), 0)
}
