package store

import (
	"context"
	"strconv"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// createChunk trials with their runs, params, tags and attempts stay near
// memberRows.
const createChunk = 50

// CreateTrials turns proposals into trials with their runs and first attempts,
// in chunks, each guarded by itself. See scheduler.BoardStore.
func (s *DB) CreateTrials(ctx context.Context, c scheduler.Create) (int, error) {
	made := 0
	for first := 0; first == 0 || first < len(c.Trials); first += createChunk {
		part := c
		part.K += made
		part.Trials = c.Trials[first:min(first+createChunk, len(c.Trials))]
		part.Exhausted = c.Exhausted && first+createChunk >= len(c.Trials)
		var n int
		var full bool
		err := s.write(ctx, c.Sweep, true, func(t *tx) (err error) {
			n, full, err = t.createTrials(part)
			return err
		})
		made += n
		if err != nil || full {
			return made, err
		}
	}
	return made, nil
}

// createTrials makes one chunk; full tells that a budget is used up.
func (t *tx) createTrials(c scheduler.Create) (made int, full bool, err error) {
	if err := t.lockSweep(c.Sweep); err != nil {
		return 0, false, err
	}
	var br branchRow
	n, err := t.scan(&br, "SELECT * FROM branches WHERE no = ? AND sweep = ?", c.Branch, c.Sweep)
	if err != nil {
		return 0, false, err
	}
	if n == 0 {
		return 0, false, fault.NotFoundf("sweep %d has no branch %d", c.Sweep, c.Branch)
	}
	if !br.IsOpen || br.Proposed != c.K {
		return 0, false, fault.Stalef("branch %s/%s is at proposal %d, not %d", br.StageName, br.Name, br.Proposed, c.K)
	}
	sw, err := t.sweep(c.Sweep)
	if err != nil {
		return 0, false, err
	}
	if sw.Revision != c.Revision || trials.SweepState(sw.State).Ended() {
		return 0, false, fault.Stalef("sweep %s is at revision %d, not %d, and %s", sw.ID, sw.Revision, c.Revision, sw.State)
	}
	e, err := t.s.specs.of(t.db, c.Sweep)
	if err != nil {
		return 0, false, err
	}
	st, err := e.stage(br.StageName)
	if err != nil {
		return 0, false, err
	}
	room, err := t.budget(sw, br, e.spec.Budget.Trials)
	if err != nil {
		return 0, false, err
	}
	fresh, err := t.unknown(br.No, c.Trials)
	if err != nil {
		return 0, false, err
	}
	if room >= 0 && len(fresh) > room {
		fresh, full = fresh[:room], true
	}
	if len(fresh) == 0 && len(c.Trials) > 0 && !full {
		return 0, false, fault.Conflictf("every one of %d proposed points of branch %s/%s exists already", len(c.Trials), br.StageName, br.Name).
			Coded("points_exist")
	}
	sw.Parallel = c.Parallel
	if sw.EditedParallel > 0 {
		sw.Parallel = sw.EditedParallel
	}
	need := needsOf(st.Resources)
	if err := t.insertTrials(sw, br, fresh, need); err != nil {
		return 0, false, err
	}
	br.Proposed += len(fresh)
	if _, err := t.exec("UPDATE branches SET proposed = ?, exhausted = ?, is_open = ?, seq = ? WHERE no = ?",
		br.Proposed, br.Exhausted || c.Exhausted, br.IsOpen && !c.Exhausted, sw.Seq, br.No); err != nil {
		return 0, false, err
	}
	if _, err := t.exec("UPDATE stages SET proposed = proposed + ?, seq = ? WHERE no = ?", len(fresh), sw.Seq, br.Stage); err != nil {
		return 0, false, err
	}
	if c.Exhausted {
		err = t.decide(sw, trials.Decision{
			Actor: "sampler:" + st.Sampler.Algorithm, Kind: "exhaust", Stage: br.StageName, Branch: br.Name,
			Text: "the space has no more points after " + plural(br.Proposed, "trial"),
		})
	}
	return len(fresh), full, err
}

// unknown leaves out points that the branch has already, and repeated ones.
func (t *tx) unknown(branch int64, list []scheduler.NewTrial) ([]scheduler.NewTrial, error) {
	if len(list) == 0 {
		return nil, nil
	}
	hashes := make([]string, len(list))
	for i := range list {
		hashes[i] = list[i].Hash
	}
	var known []string
	if _, err := t.scan(&known, "SELECT hash FROM trials WHERE branch = ? AND hash IN ? AND replicate = 0", branch, hashes); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(known))
	for _, h := range known {
		seen[h] = true
	}
	var fresh []scheduler.NewTrial
	for _, n := range list {
		if !seen[n.Hash] {
			seen[n.Hash] = true
			fresh = append(fresh, n)
		}
	}
	return fresh, nil
}

// insertTrials makes trials with their runs and first attempts.
func (t *tx) insertTrials(sw *sweepRow, br branchRow, list []scheduler.NewTrial, need needs) error {
	if len(list) == 0 {
		return nil
	}
	shape, err := t.intern(need)
	if err != nil {
		return err
	}
	var location string
	if _, err := t.scan(&location, "SELECT artifact_location FROM experiments WHERE no = ?", sw.Experiment); err != nil {
		return err
	}
	now := micros(t.now)
	rows := make([]trialRow, len(list))
	runs := make([]runRow, len(list))
	for i, n := range list {
		number := sw.Created + 1 + i
		id := newRunID()
		rows[i] = trialRow{
			Sweep: sw.No, Number: number, Stage: br.Stage, StageName: br.StageName, Branch: br.No, K: br.Proposed + i,
			UserID: n.UserID, Name: n.Name, Point: encodePoint(n.Point), Hash: n.Hash, Proposer: n.By, Note: n.Note,
			State: string(trials.Queued), Run: id, Seed: int64(n.Seed), Attempts: 1, MadeAt: now, Seq: sw.Seq,
		}
		name := "trial-" + strconv.Itoa(number)
		runs[i] = runRow{
			ID: id, Experiment: sw.Experiment, Name: name, UserID: sw.Owner, Status: string(tracking.Scheduled),
			StartMs: t.now.UnixMilli(), Lifecycle: string(tracking.Active),
			ArtifactURI: tracking.RunArtifactURI(location, id), Sweep: sw.No,
		}
	}
	t.wrote = true
	if err := t.db.Create(&rows).Error; err != nil {
		return err
	}
	for i := range runs {
		runs[i].Owner, runs[i].Trial = trials.Owner(rows[i].No), rows[i].No
	}
	if err := t.db.Create(&runs).Error; err != nil {
		return err
	}
	attempts := make([]attemptRow, len(list))
	var params, tags [][]any
	for i := range rows {
		attempts[i] = attemptRow{
			Trial: rows[i].No, TrialNumber: rows[i].Number, Number: 1, Sweep: sw.No, State: string(trials.AttemptHeld),
			Priority: sw.Priority, Shape: shape, Seq: sw.Seq,
		}
		if a := &attempts[i]; sw.State == string(trials.SweepRunning) && (sw.Parallel == 0 || sw.Live < sw.Parallel) {
			if a.VTime, err = t.vtime(sw, need.GPU); err != nil {
				return err
			}
			a.State, a.QueuedAt = string(trials.AttemptQueued), now
			sw.Live++
		} else {
			sw.Held++
		}
		sw.Attempts++
		for k, v := range list[i].Point {
			if v == nil {
				continue
			}
			text, num := paramText(v)
			params = append(params, []any{runs[i].No, k, text, num, 0})
		}
		tags = append(tags, []any{runs[i].No, "mlflow.runName", runs[i].Name},
			[]any{runs[i].No, "sweepd.sweep", sw.ID}, []any{runs[i].No, "sweepd.trial", strconv.Itoa(rows[i].Number)})
	}
	if err := t.db.Create(&attempts).Error; err != nil {
		return err
	}
	if _, err := t.insert("params", paramColumns, params, ""); err != nil {
		return err
	}
	if _, err := t.insert("tags", tagColumns, tags, ""); err != nil {
		return err
	}
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].No
	}
	if _, err := t.exec("UPDATE trials SET run_no = (SELECT no FROM runs WHERE runs.id = trials.run) WHERE no IN ?", ids); err != nil {
		return err
	}
	sw.Created += len(list)
	sw.Queued += len(list)
	return nil
}

var (
	paramColumns = []string{"run", "key", "value", "number", "attempt"}
	tagColumns   = []string{"run", "key", "value"}
)
