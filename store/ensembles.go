package store

import (
	"context"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// SaveEnsemble stores an ensemble and ends its stage. fault.Stale when the stage
// is not open any more.
func (s *DB) SaveEnsemble(ctx context.Context, sweep, stage int64, e trials.Ensemble) error {
	return s.write(ctx, sweep, true, func(t *tx) error {
		sw, st, err := t.openOne(sweep, stage)
		if err != nil {
			return err
		}
		e.Created, e.Stage = t.now, st.Name
		body := encode(e)
		if _, err := t.exec("INSERT INTO ensembles (sweep, stage, body, made_at) VALUES (?, ?, ?, ?)", sweep, stage, body, micros(t.now)); err != nil {
			return err
		}
		if _, err := t.exec("UPDATE stages SET output = ? WHERE no = ?", body, stage); err != nil {
			return err
		}
		if err := t.endStage(sw, st, trials.StageFinished, ""); err != nil {
			return err
		}
		return t.decide(sw, trials.Decision{
			Actor: "plan", Kind: "ensemble", Stage: st.Name,
			Text: "the ensemble has " + plural(len(e.Members), "member") + " chosen from " + plural(e.Considered, "trial"), Payload: []byte(body),
		})
	})
}

// FailStage ends a stage that could not be opened or built, and the sweep with
// it.
func (s *DB) FailStage(ctx context.Context, sweep, stage int64, why string) error {
	return s.write(ctx, sweep, true, func(t *tx) error {
		sw, err := t.sweep(sweep)
		if err != nil {
			return err
		}
		st, err := t.stage(sw, stage)
		if err != nil {
			return err
		}
		if st == nil || trials.StageState(st.State).Ended() || trials.SweepState(sw.State).Ended() {
			return fault.Stalef("stage %d of sweep %s has ended already", stage, sw.ID)
		}
		if err := t.endStage(sw, st, trials.StageFailed, why); err != nil {
			return err
		}
		return t.failSweep(sw, "stage "+st.Name+": "+why)
	})
}

// failSweep ends a sweep that cannot go on. Its trials that wait are cancelled,
// live ones are asked to end.
func (t *tx) failSweep(sw *sweepRow, why string) error {
	if err := t.cancelSweep(sw, "plan", why); err != nil {
		return err
	}
	sw.State, sw.WhyCode = string(trials.SweepFailed), "stage_failed"
	return nil
}

// openOne locks a sweep and reads a stage of it that must be open.
func (t *tx) openOne(sweep, stage int64) (*sweepRow, *stageRow, error) {
	sw, err := t.sweep(sweep)
	if err != nil {
		return nil, nil, err
	}
	st, err := t.stage(sw, stage)
	if err != nil {
		return nil, nil, err
	}
	if st == nil || st.State != string(trials.StageOpen) {
		return nil, nil, fault.Stalef("stage %d of sweep %s is not open", stage, sw.ID)
	}
	return sw, st, nil
}
