package store

import (
	"context"
	"fmt"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
)

// Command carries out a person's order and gives the sweep as it then stands.
// Each bumps the revision, so that what a sampler was asked before is refused.
func (s *DB) Command(ctx context.Context, sweep int64, c scheduler.Command) (*trials.Sweep, error) {
	var out *trials.Sweep
	err := s.write(ctx, sweep, true, func(t *tx) error {
		sw, err := t.sweep(sweep)
		if err != nil {
			return err
		}
		e, err := t.s.specs.of(t.db, sweep)
		if err != nil {
			return err
		}
		if err := t.command(sw, c); err != nil {
			return err
		}
		sw.Revision++
		noun := sw.noun(e)
		out = &noun
		return nil
	})
	return out, err
}

func (t *tx) command(sw *sweepRow, c scheduler.Command) error {
	ended := trials.SweepState(sw.State).Ended()
	if c.Kind == scheduler.CommandCancel && c.Trials == nil && sw.State == string(trials.SweepCancelled) {
		return nil // the answer was lost, and it was asked again
	}
	if ended && c.Kind != scheduler.CommandRetry {
		return fault.Conflictf("sweep %s is %s already", sw.ID, sw.State).Coded("sweep_ended")
	}
	actor := c.Actor
	if actor == "" {
		actor = "user"
	}
	switch c.Kind {
	case scheduler.CommandPause:
		why := c.Why
		if why == "" {
			why = "paused by " + actor
		}
		done, err := t.pause(sw, trials.Decision{Actor: actor, Text: why}, "by_user")
		if err == nil && !done {
			return nil // it is paused already
		}
		return err
	case scheduler.CommandResume:
		return t.resume(sw, actor, c.Why)
	case scheduler.CommandCancel:
		if c.Trials != nil {
			return t.cancelTrials(sw, actor, c)
		}
		return t.cancelSweep(sw, actor, c.Why)
	case scheduler.CommandRetry:
		return t.retryTrials(sw, actor, c)
	case scheduler.CommandEdit:
		return t.edit(sw, actor, c)
	}
	return fault.Invalidf("there is no command %q", c.Kind).
		Fix("%s", fault.DidYouMean(string(c.Kind), []string{"pause", "resume", "cancel", "retry", "edit"}))
}

func (t *tx) resume(sw *sweepRow, actor, why string) error {
	if sw.State != string(trials.SweepPaused) {
		return nil
	}
	sw.State, sw.Why, sw.WhyCode = string(trials.SweepRunning), "", ""
	if err := t.promote(sw); err != nil {
		return err
	}
	if why == "" {
		why = "resumed by " + actor
	}
	return t.decide(sw, trials.Decision{Actor: actor, Kind: "resume", Text: why})
}

// edit changes priority and parallel bound, of what waits too.
func (t *tx) edit(sw *sweepRow, actor string, c scheduler.Command) error {
	text := ""
	if c.Priority != nil && *c.Priority != sw.Priority {
		text += fmt.Sprintf("priority %d -> %d; ", sw.Priority, *c.Priority)
		sw.Priority = *c.Priority
		if _, err := t.exec("UPDATE attempts SET priority = ?, seq = ? WHERE sweep = ? AND state IN ('held', 'queued')", sw.Priority, sw.Seq, sw.No); err != nil {
			return err
		}
	}
	if c.Parallel != nil && *c.Parallel != sw.Parallel {
		if *c.Parallel < 1 {
			return fault.Invalidf("parallel must be at least 1, not %d", *c.Parallel)
		}
		text += fmt.Sprintf("parallel %d -> %d; ", sw.Parallel, *c.Parallel)
		sw.Parallel, sw.EditedParallel = *c.Parallel, *c.Parallel
		if err := t.hold(sw); err != nil {
			return err
		}
		if err := t.promote(sw); err != nil {
			return err
		}
	}
	if text == "" {
		return nil
	}
	return t.decide(sw, trials.Decision{Actor: actor, Kind: "edit", Text: text[:len(text)-2]})
}

// hold takes queued attempts beyond the parallel bound back, the last ones
// first. Live ones go on.
func (t *tx) hold(sw *sweepRow) error {
	if sw.Parallel == 0 || sw.Live <= sw.Parallel {
		return nil
	}
	n, err := t.exec(`UPDATE attempts SET state = 'held', seq = ? WHERE no IN
		(SELECT no FROM attempts WHERE sweep = ? AND state = 'queued' ORDER BY priority, trial DESC LIMIT ?)`, sw.Seq, sw.No, sw.Live-sw.Parallel)
	sw.Live -= int(n)
	sw.Held += int(n)
	return err
}
