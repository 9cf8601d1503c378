package store

import (
	"context"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// runRef is what never changes about a run.
type runRef struct {
	No         int64
	Experiment int64
	Owner      string
	Trial      int64 // 0 unless it is a trial's own run
	Sweep      int64 // 0 outside sweeps
}

// trialRef is what never changes about a trial.
type trialRef struct {
	Sweep     int64
	StageName string
}

// trialRefs are the trials that have been met, by internal number.
type trialRefs struct{ cache[int64, trialRef] }

// trialRef finds a trial; the zero trialRef when there is none.
func (s *DB) trialRef(ctx context.Context, no int64) (trialRef, error) {
	if r, known := s.trials.get(no); known {
		return r, nil
	}
	var r trialRef
	res := s.reader(ctx).Raw("SELECT sweep, stage_name FROM trials WHERE no = ?", no).Scan(&r)
	if res.Error == nil && res.RowsAffected > 0 {
		s.trials.put(no, r)
	}
	return r, res.Error
}

// met remembers a trial that is handed out, and its run: its worker will report
// on both soon.
func (s *DB) met(sw *sweepRow, tr *trialRow) {
	s.trials.put(tr.No, trialRef{Sweep: tr.Sweep, StageName: tr.StageName})
	s.runs.put(tr.Run, runRef{No: tr.RunNo, Experiment: sw.Experiment, Owner: trials.Owner(tr.No), Trial: tr.No, Sweep: tr.Sweep})
}

// runRefs are the runs that have been met.
type runRefs struct{ cache[string, runRef] }

// runRef finds a run; tracking.RunNotFound when there is none.
func (s *DB) runRef(ctx context.Context, id string) (runRef, error) {
	if r, known := s.runs.get(id); known {
		return r, nil
	}
	var r runRef
	res := s.reader(ctx).Raw("SELECT no, experiment, owner, trial, sweep FROM runs WHERE id = ?", id).Scan(&r)
	if res.Error != nil {
		return r, res.Error
	}
	if res.RowsAffected == 0 {
		return r, tracking.RunNotFound(id)
	}
	s.runs.put(id, r)
	return r, nil
}

// fence lets only the live attempt of its trial write to a run, and only an
// ordinary client to a run of no trial. The attempt stays live until the commit.
func (t *tx) fence(by tracking.Author, id, owner string) error {
	if by.Owner != owner {
		return tracking.RunOwned(id)
	}
	if by.Ordinary() {
		return nil
	}
	return t.live(by)
}

// live is AttemptStale unless the author's attempt is live.
func (t *tx) live(by tracking.Author) error {
	trial, ok := trials.OwnerTrial(by.Owner)
	if !ok {
		return tracking.AttemptStale(by)
	}
	var no int64
	n, err := t.scan(&no, "SELECT no FROM attempts WHERE trial = ? AND number = ? AND state = 'live'"+t.s.d.lockShared, trial, by.Attempt)
	if err != nil {
		return err
	}
	if n == 0 {
		return tracking.AttemptStale(by)
	}
	return nil
}

// active reads a run within the transaction; it must be active. lock keeps
// others from changing it before the commit.
func (t *tx) active(ref runRef, id string, lock bool) (*runRow, error) {
	words := ""
	if lock {
		words = t.s.d.lock
	}
	var r runRow
	n, err := t.scan(&r, "SELECT * FROM runs WHERE no = ?"+words, ref.No)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, tracking.RunNotFound(id)
	}
	if r.Lifecycle != string(tracking.Active) {
		return nil, tracking.RunNotActive(id, tracking.Lifecycle(r.Lifecycle))
	}
	return &r, nil
}
