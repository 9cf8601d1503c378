package store

import "github.com/sweepd/sweepd/trials"

// Fair shares: work is handed out in the order of (priority, virtual time). A
// sweep's attempts are charged with what they will probably take, so that each
// sweep's virtual time goes at the pace of its weight; a sweep that had nothing
// to do starts again at the time of the others. Start-time fair queueing (Goyal,
// Vin and Cheng 1996).

// vtime gives the next attempt of a sweep its place in the order.
func (t *tx) vtime(sw *sweepRow, gpus int) (float64, error) {
	var now float64
	if _, err := t.scan(&now, "SELECT vtime FROM clocks WHERE priority = ?", sw.Priority); err != nil {
		return 0, err
	}
	v := max(sw.VTime, now)
	sw.VTime = v + sw.charge(gpus)
	return v, nil
}

// charge is devices x the running mean of the sweep's attempt seconds / weight;
// a second before the first attempt has ended.
func (r *sweepRow) charge(gpus int) float64 {
	mean := 1.0
	if ended := r.Attempts - r.Live - r.Held; ended > 0 && r.Seconds > 0 {
		mean = r.Seconds / float64(ended)
	}
	return float64(max(gpus, 1)) * mean / r.Weight
}

// passed moves the clock of a priority on to the virtual time of a claim.
func (t *tx) passed(priority int, vtime float64) error {
	_, err := t.exec(`INSERT INTO clocks (priority, vtime) VALUES (?, ?)
		ON CONFLICT (priority) DO UPDATE SET vtime = excluded.vtime WHERE clocks.vtime < excluded.vtime`, priority, vtime)
	return err
}

// room is how many more attempts of a sweep may be queued.
func (r *sweepRow) room() int {
	switch {
	case r.State != string(trials.SweepRunning):
		return 0
	case r.Parallel == 0:
		return r.Held
	}
	return max(0, min(r.Parallel-r.Live, r.Held))
}

// promote queues held attempts, as many as there is room for: the highest
// priority first, then the lowest trial.
func (t *tx) promote(sw *sweepRow) error {
	for sw.room() > 0 {
		var next []attemptRow
		n, err := t.scan(&next, `SELECT no, shape, vtime FROM attempts WHERE sweep = ? AND state = 'held'
			ORDER BY priority DESC, trial`+first(min(sw.room(), memberRows)), sw.No)
		if err != nil {
			return err
		}
		if n == 0 {
			sw.Held = 0
			return nil
		}
		var placed []int64 // they have been queued before, and keep their place
		for _, a := range next {
			if a.VTime != 0 {
				placed = append(placed, a.No)
				continue
			}
			need, err := t.needsOf(a.Shape)
			if err != nil {
				return err
			}
			if a.VTime, err = t.vtime(sw, need.GPU); err != nil {
				return err
			}
			if _, err := t.exec("UPDATE attempts SET state = 'queued', vtime = ?, queued_at = ?, seq = ? WHERE no = ?",
				a.VTime, micros(t.now), sw.Seq, a.No); err != nil {
				return err
			}
		}
		if len(placed) > 0 {
			if _, err := t.exec("UPDATE attempts SET state = 'queued', queued_at = ?, seq = ? WHERE no IN ?", micros(t.now), sw.Seq, placed); err != nil {
				return err
			}
		}
		sw.Held -= len(next)
		sw.Live += len(next)
	}
	return nil
}

// enqueue makes a trial's next attempt, queued when there is room and the sweep
// runs, else held. last is the attempt before it: its place in the order, its
// priority and its shape are kept.
func (t *tx) enqueue(sw *sweepRow, last attemptRow, effective string, notBefore int64) error {
	a := attemptRow{
		Trial: last.Trial, TrialNumber: last.TrialNumber, Number: last.Number + 1, Sweep: sw.No,
		State: string(trials.AttemptHeld), Effective: effective, Priority: sw.Priority,
		VTime: last.VTime, Shape: last.Shape, NotBefore: notBefore, Seq: sw.Seq,
	}
	if sw.State == string(trials.SweepRunning) && (sw.Parallel == 0 || sw.Live < sw.Parallel) {
		a.State, a.QueuedAt = string(trials.AttemptQueued), micros(t.now)
		sw.Live++
	} else {
		sw.Held++
	}
	sw.Attempts++
	t.wrote = true
	return t.db.Create(&a).Error
}
