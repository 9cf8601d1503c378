package store

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// newSweepID gives "s-" and ten characters of lower-case base32: 50 random bits.
func newSweepID() string {
	var b [7]byte
	rand.Read(b[:]) // never fails, by its contract
	return "s-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))[:10]
}

// newRunID gives 32 hex digits, as MLflow does.
func newRunID() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// CreateSweep stores a sweep with its stages, all waiting, and the experiment of
// its name, which may exist already. Name, Owner, Source, Spec and Code are
// taken from s; an ID is made unless s has one. See scheduler.SweepStore.
func (s *DB) CreateSweep(ctx context.Context, sw *trials.Sweep, key string) (*trials.Sweep, error) {
	if sw.Spec == nil {
		return nil, fault.Invalidf("a sweep needs a spec")
	}
	var out *trials.Sweep
	err := s.write(ctx, 0, true, func(t *tx) (err error) {
		if key != "" {
			if out, err = t.createdBy(key, sw); err != nil || out != nil {
				return err
			}
		}
		out, err = t.createSweep(sw, key)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.OnChange != nil {
		s.OnChange(out.No)
	}
	return out, nil
}

// createdBy finds the sweep that was made with an idempotency key, nil when it
// is new. asked must be the same sweep.
func (t *tx) createdBy(key string, asked *trials.Sweep) (*trials.Sweep, error) {
	var row sweepRow
	if n, err := t.scan(&row, "SELECT * FROM sweeps WHERE create_key = ?", key); err != nil || n == 0 {
		return nil, err
	}
	e, err := t.s.specs.of(t.db, row.No)
	if err != nil {
		return nil, err
	}
	other := ""
	switch {
	case e.source != asked.Source:
		other = "another text"
	case row.Code != asked.Code:
		other = "another state of its directory"
	default:
		same, err := sameSpec(e.spec, asked.Spec)
		if err != nil {
			return nil, err
		}
		if !same {
			other = "the same text with other changes to it"
		}
	}
	if other != "" {
		return nil, fault.Conflictf("the idempotency key %q made sweep %s of %s", key, row.ID, other).
			Coded("idempotency_key_reused").Fix("send a new key with a new sweep")
	}
	sw := row.noun(e)
	return &sw, nil
}

// sameSpec tells whether two specs ask for the same, but for what differs each
// time and at each place that a file is sent from: drawn seeds, the directory's
// path, the interpreter's.
func sameSpec(a, b *spec.Spec) (bool, error) {
	var texts [2]string
	for i, s := range []*spec.Spec{a, b} {
		var bare spec.Spec // as it comes back from a row, whatever made it
		if err := decode(encode(s), &bare); err != nil {
			return false, err
		}
		for j := range bare.Stages {
			st := &bare.Stages[j]
			st.Sampler.Seed, st.Workdir.Path, st.Interpreter = 0, "", ""
		}
		texts[i] = encode(bare)
	}
	return texts[0] == texts[1], nil
}

func (t *tx) createSweep(sw *trials.Sweep, key string) (*trials.Sweep, error) {
	experiment, err := t.experimentNamed(sw.Name)
	if err != nil {
		return nil, err
	}
	row := sweepRow{
		ID: sw.ID, Name: sw.Name, Owner: sw.Owner, Experiment: experiment, Code: sw.Code,
		State: string(trials.SweepRunning), Seq: 1, Revision: 1,
		Priority: sw.Spec.Priority, Weight: sw.Spec.Weight, Parallel: sw.Spec.Budget.Parallel,
		MadeAt: micros(t.now),
	}
	if row.ID == "" {
		row.ID = newSweepID()
	}
	if row.Weight <= 0 {
		row.Weight = 1
	}
	if key != "" {
		row.CreateKey = &key
	}
	t.wrote = true
	if err := t.db.Create(&row).Error; err != nil {
		return nil, err
	}
	text := specRow{Sweep: row.No, Source: sw.Source, Spec: encode(sw.Spec)}
	if err := t.db.Create(&text).Error; err != nil {
		return nil, err
	}
	stages := make([]stageRow, len(sw.Spec.Stages))
	for i, st := range sw.Spec.Stages {
		stages[i] = stageRow{
			Sweep: row.No, Idx: i, Name: st.Name, State: string(trials.StageWaiting),
			Budget: st.Budget.Trials, Seq: row.Seq,
		}
	}
	if len(stages) > 0 {
		if err := t.db.Create(&stages).Error; err != nil {
			return nil, err
		}
	}
	out := row.noun(specEntry{source: sw.Source, spec: sw.Spec})
	return &out, nil
}

// experimentNamed gives the number of the active experiment of that name, made
// when there is none. A deleted one keeps its name, so the sweep's is numbered.
func (t *tx) experimentNamed(name string) (int64, error) {
	for n := 1; ; n++ {
		want := name
		if n > 1 {
			want = name + "-" + hex.EncodeToString([]byte{byte(n >> 8), byte(n)})
		}
		var row experimentRow
		found, err := t.scan(&row, "SELECT * FROM experiments WHERE name = ?", want)
		if err != nil {
			return 0, err
		}
		if found > 0 && row.Lifecycle == string(tracking.Active) {
			return row.No, nil
		}
		if found > 0 {
			continue
		}
		e, err := t.insertExperiment(tracking.Experiment{Name: want, Created: t.now.UnixMilli(), Updated: t.now.UnixMilli()})
		if err != nil {
			return 0, err
		}
		return e, nil
	}
}
