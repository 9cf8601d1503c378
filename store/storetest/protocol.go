package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/scheduler/plan"
	"github.com/sweepd/sweepd/trials"
)

// protocol takes random lawful steps and asks after each whether the counters
// are those that the rows give, and whether what is promised holds.
func protocol(t *testing.T, open Open) {
	h := build(t, open)
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := &machine{rng: rand.New(rand.NewPCG(seed, 1))}
			m.sweep = (&house{TB: t, db: h.db, clock: h.clock, claim: int(seed) * 1000}).submit(oneStage(12, 1+int(seed%4)))
			for range 60 {
				m.log = append(m.log, m.step())
				m.check()
				if t.Failed() {
					t.Fatalf("after %v", m.log)
				}
			}
			m.command(m.sweep, scheduler.Command{Kind: scheduler.CommandPause})
		})
	}
}

// machine is a sweep, the attempts that workers hold, and what happened.
type machine struct {
	*sweep
	rng  *rand.Rand
	held []scheduler.Claimed
	log  []string
}

func (m *machine) step() string {
	switch n := m.rng.IntN(12); {
	case n < 2:
		made, err := m.db.CreateTrials(m.Context(), scheduler.Create{
			Sweep: m.no, Branch: m.branch, K: m.k, Revision: m.look().Sweep.Revision,
			Trials: proposals(m.k, 1+m.rng.IntN(4)), Parallel: m.changes.Sweep.Spec.Budget.Parallel,
		})
		m.must(err)
		m.k += made
		return fmt.Sprint("create ", made)
	case n < 5:
		got, err := m.db.Claim(m.Context(), m.worker(fmt.Sprint("w", m.rng.IntN(3)), 1+m.rng.IntN(3)))
		m.must(err)
		m.held = append(m.held, got...)
		return fmt.Sprint("claim ", len(got))
	case n < 10 && len(m.held) > 0:
		return m.work()
	case n == 10:
		kind := []scheduler.CommandKind{scheduler.CommandPause, scheduler.CommandResume, scheduler.CommandResume}[m.rng.IntN(3)]
		m.command(m.sweep, scheduler.Command{Kind: kind})
		return string(kind)
	case n == 11:
		return m.decide()
	}
	return "nothing"
}

// work does something with an attempt held.
func (m *machine) work() string {
	i := m.rng.IntN(len(m.held))
	c := m.held[i]
	switch n := m.rng.IntN(8); n {
	case 0:
		m.report(c, int64(m.rng.IntN(5)), m.rng.Float64())
		return "report"
	case 1:
		got, err := m.db.Apply(m.Context(), m.no, []plan.Action{stopOf(c)})
		m.must(err)
		m.beat(c.Attempt.Worker, c)
		return fmt.Sprint("stop ", len(got.Done))
	case 2:
		m.must(m.db.Hello(m.Context(), trials.Worker{ID: c.Attempt.Worker}, ttl))
		var left []scheduler.Claimed
		for _, o := range m.held {
			if o.Attempt.Worker != c.Attempt.Worker {
				left = append(left, o)
			}
		}
		m.held = left
		return "hello of " + c.Attempt.Worker
	default:
		v := []trials.Verdict{trials.Succeeded, trials.Succeeded, trials.VerdictFailed, trials.Preempted, trials.VerdictStopped}[n-3]
		m.settled(c, trials.Outcome{Verdict: v, Seconds: 1})
		m.held = append(m.held[:i:i], m.held[i+1:]...)
		return "settle " + string(v)
	}
}

// decide retries or gives up a trial that waits for it.
func (m *machine) decide() string {
	for _, t := range m.look().Trials {
		retry := plan.Retry{Trial: t.No, Attempts: t.Attempts, Why: "again"}
		var a plan.Action = retry
		if m.rng.IntN(2) == 0 {
			a = plan.Fail{Trial: t.No, Attempts: t.Attempts, Why: "enough"}
		}
		got, err := m.db.Apply(m.Context(), m.no, []plan.Action{a})
		m.must(err)
		if len(got.Done) > 0 {
			return a.String()
		}
	}
	return "nothing to decide"
}

// check compares the sweep's counters with its rows.
func (m *machine) check() {
	m.Helper()
	c := m.look()
	want := trials.Counts{Created: len(c.Trials), Attempts: len(c.Attempts), Readings: int64(len(c.Readings)), Seconds: c.Sweep.Counts.Seconds}
	for _, t := range c.Trials {
		switch t.State {
		case trials.Queued:
			want.Queued++
		case trials.Running:
			want.Running++
		case trials.Completed:
			want.Completed++
		case trials.Stopped:
			want.Stopped++
		case trials.Failed:
			want.Failed++
		}
	}
	open := map[int64]int{}
	live := 0
	for _, a := range c.Attempts {
		switch a.State {
		case trials.AttemptHeld:
			want.Held++
		case trials.AttemptQueued:
			want.Live++
		case trials.AttemptLive:
			want.Live++
			live++
		}
		if a.State != trials.AttemptEnded {
			open[a.Trial]++
		}
	}
	is(m, "counts", c.Sweep.Counts, want)
	is(m, "held by workers", live, len(m.held))
	for no, n := range open {
		if n > 1 {
			m.Errorf("trial %d has %d open attempts", no, n)
		}
	}
	for _, t := range c.Trials {
		if t.State == trials.Queued && open[t.No] != 1 {
			m.Errorf("trial %d is queued and has %d open attempts", t.Number, open[t.No])
		}
		if t.State.Ended() && open[t.No] != 0 {
			m.Errorf("trial %d has ended and has an open attempt", t.Number)
		}
	}
	sp := c.Sweep.Spec.Budget
	if want.Created > sp.Trials {
		m.Errorf("%d trials of a budget of %d", want.Created, sp.Trials)
	}
	if want.Live > sp.Parallel {
		m.Errorf("%d attempts at once, of %d", want.Live, sp.Parallel)
	}
	if c.Sweep.State == trials.SweepRunning && want.Held > 0 && want.Live < sp.Parallel {
		m.Errorf("%d attempts are held although only %d of %d are out", want.Held, want.Live, sp.Parallel)
	}
}
