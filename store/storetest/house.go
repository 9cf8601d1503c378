// Package storetest is what each database must do, told as small stories of
// sweeps. It is run on SQLite and on PostgreSQL in one process.
package storetest

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// TTL of leases in these stories. PostgreSQL keeps them by its own clock, so
// that stories which let a lease end wait for real.
const ttl = time.Minute

// Open gives a migrated, empty database whose clock is now.
type Open func(t testing.TB, now func() time.Time) *store.DB

// clock is a story's time: it stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now().UTC().Truncate(time.Microsecond)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// house is a database with what a story needs around it.
type house struct {
	testing.TB
	db    *store.DB
	clock *clock
	claim int
}

func build(t testing.TB, open Open) *house {
	t.Helper()
	c := newClock()
	return &house{TB: t, db: open(t, c.now), clock: c}
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// oneStage is a spec of one search stage that minimises loss.
func oneStage(budget, parallel int) *spec.Spec {
	o := spec.Objective{Metric: "loss", Goal: spec.Minimize, Reduce: "best"}
	return &spec.Spec{
		Version: 1, Name: "digits", Objective: o, Budget: spec.Budget{Trials: budget, Parallel: parallel}, Weight: 1,
		Stages: []spec.Stage{{
			Name: "search", Kind: spec.SearchStage, Command: []string{"true"}, Objective: o,
			Budget: spec.Budget{Trials: budget, Parallel: parallel}, Resources: spec.Resources{CPU: 1},
			Sampler: spec.Sampler{Algorithm: "random"},
		}},
	}
}

// sweep is a sweep whose first stage is open with one branch.
type sweep struct {
	*house
	no      int64
	id      string
	stage   int64
	branch  int64
	k       int
	changes *scheduler.Changes
}

// submit stores a sweep and opens its first stage.
func (h *house) submit(sp *spec.Spec) *sweep {
	h.Helper()
	s, err := h.db.CreateSweep(h.Context(), &trials.Sweep{Name: sp.Name, Owner: "ann", Source: "name: digits", Spec: sp}, "")
	h.must(err)
	w := &sweep{house: h, no: s.No, id: s.ID}
	w.look()
	w.stage = w.changes.Stages[0].No
	w.applied(plan.OpenStage{Stage: w.stage, Name: "search", Budget: sp.Stages[0].Budget.Trials, Branches: []plan.NewBranch{{Seed: 1 << 63}}})
	w.look()
	w.branch = w.changes.Branches[0].No
	return w
}

// look reads the sweep from its beginning.
func (w *sweep) look() *scheduler.Changes {
	w.Helper()
	c, err := w.db.Changes(w.Context(), w.no, 0, 1_000_000)
	w.must(err)
	w.changes = c
	return c
}

func (w *sweep) counts() trials.Counts { return w.look().Sweep.Counts }

func (w *sweep) trial(number int) trials.Trial {
	w.Helper()
	t, _, err := w.db.Trial(w.Context(), w.no, number)
	w.must(err)
	return *t
}

func (w *sweep) attempts(number int) []trials.Attempt {
	w.Helper()
	_, a, err := w.db.Trial(w.Context(), w.no, number)
	w.must(err)
	return a
}

// point is the x-th point of the stories' space.
func point(x int) search.Point { return search.Point{"x": float64(x), "kind": "a" + strconv.Itoa(x%3)} }

// proposals are n points from x on.
func proposals(x, n int) []scheduler.NewTrial {
	out := make([]scheduler.NewTrial, n)
	for i := range out {
		out[i] = scheduler.NewTrial{Point: point(x + i), Hash: fmt.Sprintf("h%d", x+i), By: "random", Note: "drawn", Seed: uint64(x+i) | 1<<63}
	}
	return out
}

// create makes n trials of the sweep's branch.
func (w *sweep) create(n int) {
	w.Helper()
	made, err := w.db.CreateTrials(w.Context(), scheduler.Create{
		Sweep: w.no, Branch: w.branch, K: w.k, Revision: w.look().Sweep.Revision, Trials: proposals(w.k, n),
		Parallel: w.changes.Sweep.Spec.Budget.Parallel,
	})
	w.must(err)
	if made != n {
		w.Fatalf("made %d trials, want %d", made, n)
	}
	w.k += made
}

// worker is what a worker says when it claims.
func (h *house) worker(id string, slots int) scheduler.ClaimQuery {
	h.claim++
	return scheduler.ClaimQuery{
		Claim: trials.Claim{Worker: id, ClaimID: fmt.Sprintf("%s-%d", id, h.claim), Slots: slots, CPU: float64(slots)},
		Max:   slots, TTL: ttl,
	}
}

// take claims n attempts for a worker and beats once, as a worker does when it
// has started the processes.
func (h *house) take(worker string, n int) []scheduler.Claimed {
	h.Helper()
	got, err := h.db.Claim(h.Context(), h.worker(worker, n))
	h.must(err)
	if len(got) != n {
		h.Fatalf("claimed %d attempts, want %d", len(got), n)
	}
	h.beat(worker, got...)
	return got
}

// beat renews what a worker holds.
func (h *house) beat(worker string, held ...scheduler.Claimed) []trials.Signal {
	h.Helper()
	b := trials.Beat{Worker: worker}
	for _, c := range held {
		b.Held = append(b.Held, ref(c))
	}
	signals, _, err := h.db.Renew(h.Context(), b, ttl)
	h.must(err)
	return signals
}

func ref(c scheduler.Claimed) trials.Ref {
	return trials.Ref{Trial: c.Attempt.Trial, Attempt: c.Attempt.Number}
}

func author(c scheduler.Claimed) tracking.Author {
	return tracking.Author{Owner: trials.Owner(c.Attempt.Trial), Attempt: c.Attempt.Number}
}

// report logs the objective at a step.
func (h *house) report(c scheduler.Claimed, step int64, value float64) {
	h.Helper()
	h.must(h.log(c, tracking.Metric{Key: "loss", Value: value, Step: step, Time: h.clock.now().UnixMilli()}))
}

func (h *house) log(c scheduler.Claimed, points ...tracking.Metric) error {
	return h.db.LogBatch(h.Context(), author(c), c.Trial.Run, tracking.Batch{Metrics: points})
}

// settle ends an attempt and gives the answer.
func (h *house) settle(c scheduler.Claimed, o trials.Outcome) trials.Settled {
	h.Helper()
	got, err := h.db.Settle(h.Context(), []trials.Settlement{{Ref: ref(c), Outcome: o}})
	h.must(err)
	return got[0]
}

func (h *house) settled(c scheduler.Claimed, o trials.Outcome) {
	h.Helper()
	if got := h.settle(c, o); got != trials.SettledOK {
		h.Fatalf("settled %s, want ok", got)
	}
}

// applied carries out actions, none of which may be refused.
func (w *sweep) applied(actions ...plan.Action) {
	w.Helper()
	got, err := w.db.Apply(w.Context(), w.no, actions)
	w.must(err)
	if len(got.Refused) > 0 {
		w.Fatalf("refused: %v", got.Refused)
	}
}

// refused carries out an action that must meet its guard.
func (w *sweep) refused(a plan.Action) {
	w.Helper()
	got, err := w.db.Apply(w.Context(), w.no, []plan.Action{a})
	w.must(err)
	if len(got.Done) > 0 {
		w.Errorf("%s took effect, want it refused", a)
	}
}

// is compares a state with what it must be.
func is[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
