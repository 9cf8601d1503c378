// Package scheduler is the server's place with time: boards that mirror sweeps
// in memory, loops that plan, lease and reap, and the calls of workers and
// users. Rows are the only truth; everything here can be dropped and rebuilt.
package scheduler

import (
	"context"
	"time"

	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

// Changes is what happened in a sweep after a change number. A page never
// splits a number. Sweep and Stages are as they are now; the rest is only what
// changed.
type Changes struct {
	Seq       int64 // the last number contained
	More      bool  // there is more after Seq
	Sweep     trials.Sweep
	Stages    []trials.Stage
	Branches  []trials.Branch
	Trials    []trials.Trial
	Attempts  []trials.Attempt
	Readings  []trials.Reading // of live and ended attempts, by (seq, trial, ordinal)
	Decisions []trials.Decision
}

// Mark is where a sweep that has not ended stands.
type Mark struct {
	Sweep int64
	Seq   int64
}

// Create is a sampler's answer to an Ask, to become trials. Guard: the branch
// is open, its proposals so far are K, the sweep's revision is Revision, and
// the budgets of branch, stage and sweep have room; what does not fit a budget
// is left out.
type Create struct {
	Sweep     int64
	Branch    int64
	K         int
	Revision  int64
	Trials    []NewTrial
	Parallel  int // attempts queued or live at most, the rest is held; 0: no bound
	Exhausted bool
}

// NewTrial is a trial to be made.
type NewTrial struct {
	Point  search.Point
	Hash   string
	By     string
	Note   string
	Seed   uint64
	UserID string
	Name   string
}

// Claimed is an attempt made live by a claim, with what a lease is built from.
type Claimed struct {
	Attempt trials.Attempt
	Trial   trials.Trial
	Sweep   int64
}

// ClaimQuery asks the store for attempts.
type ClaimQuery struct {
	trials.Claim
	Max int
	TTL time.Duration // the lease is good for half of it until the first beat
}

// Applied says which actions took effect; the others met their guard.
type Applied struct {
	Done    []plan.Action
	Refused []plan.Action
	Seq     int64
}

// CommandKind is what a person asks of a sweep.
type CommandKind string

// The commands. Each bumps the sweep's revision.
const (
	CommandPause  CommandKind = "pause"
	CommandResume CommandKind = "resume"
	CommandCancel CommandKind = "cancel"
	CommandRetry  CommandKind = "retry" // failed trials, all or those named
	CommandEdit   CommandKind = "edit"  // priority, parallel
)

// Command is a person's order.
type Command struct {
	Kind     CommandKind
	Actor    string
	Why      string
	Trials   []int // numbers, with retry and cancel; nil: all failed, or the whole sweep
	Priority *int
	Parallel *int
}

// Store keeps the rows. Every method is one transaction, written so that it
// may be repeated. It is implemented by package store and must pass storetest.
type Store interface {
	SweepStore
	BoardStore
	LeaseStore
}

// SweepStore takes submissions and commands.
type SweepStore interface {
	// CreateSweep stores a new sweep with its stages, waiting. With a key that
	// was used before it gives the sweep made then (fault.Conflict when the
	// source differs).
	CreateSweep(ctx context.Context, s *trials.Sweep, key string) (*trials.Sweep, error)
	Command(ctx context.Context, sweep int64, c Command) (*trials.Sweep, error)
}

// BoardStore is what boards read and write.
type BoardStore interface {
	// Marks gives the sweeps that have not ended, running and paused.
	Marks(ctx context.Context) ([]Mark, error)
	// Changes gives up to limit rows of what changed after a number.
	Changes(ctx context.Context, sweep, after int64, limit int) (*Changes, error)
	Apply(ctx context.Context, sweep int64, actions []plan.Action) (*Applied, error)
	// CreateTrials gives how many trials were made; fault.Stale when K or
	// Revision do not match any more.
	CreateTrials(ctx context.Context, c Create) (int, error)
	// SaveEnsemble stores an ensemble and ends its stage. Guard: the stage is open.
	SaveEnsemble(ctx context.Context, sweep, stage int64, e trials.Ensemble) error
	// FailStage ends a stage that could not be opened or built, and the sweep.
	FailStage(ctx context.Context, sweep, stage int64, why string) error
}

// LeaseStore is what workers touch.
type LeaseStore interface {
	// Hello registers a worker and takes back what it held before (lost at
	// once) unless it is in w.Held.
	Hello(ctx context.Context, w trials.Worker, ttl time.Duration) error
	Claim(ctx context.Context, q ClaimQuery) ([]Claimed, error)
	// Renew gives one Signal per ref, in order.
	Renew(ctx context.Context, b trials.Beat, ttl time.Duration) ([]trials.Signal, bool, error)
	Settle(ctx context.Context, ss []trials.Settlement) ([]trials.Settled, error)
	// Expire takes back what was not renewed: lease end + TTL/12. It gives the
	// sweeps that changed.
	Expire(ctx context.Context, ttl time.Duration) ([]int64, error)
	// Serving keeps this server's row fresh; alone tells whether no other was
	// fresh when it started (then one TTL of grace).
	Serving(ctx context.Context, id string, ttl time.Duration) (alone bool, err error)
	Drain(ctx context.Context, worker string, on bool) error
}
