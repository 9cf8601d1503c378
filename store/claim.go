package store

import (
	"context"
	"strings"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

const (
	// claimMax is the most attempts that one claim takes.
	claimMax = 64
	// seekMax is how many different needs one claim looks at; SQLite joins at most
	// 500 selects. The others have their turn when these are served.
	seekMax = 400
)

// Claim makes queued attempts live in the hands of a worker: the first in the
// order of (priority, virtual time) among those that fit what it has free. The
// same ClaimID again gives what of it is still live, with the time it has left,
// and nothing new.
func (s *DB) Claim(ctx context.Context, q scheduler.ClaimQuery) ([]scheduler.Claimed, error) {
	if q.ClaimID != "" {
		again, err := s.claimed(ctx, q)
		if err != nil || len(again) > 0 {
			return again, err
		}
	}
	free := q.Claim
	want := min(q.Max, claimMax)
	var out []scheduler.Claimed
	for try := 0; try < 4 && len(out) == 0 && want > 0; try++ {
		sweeps, shapes, err := s.seek(ctx, free, want)
		if err != nil || len(sweeps) == 0 {
			return out, err
		}
		for _, sweep := range sweeps {
			var got []scheduler.Claimed
			left := free
			err := s.write(ctx, sweep.no, true, func(t *tx) (err error) {
				left = free
				got, err = t.claim(sweep.no, q, &left, shapes, min(sweep.n, want-len(out)))
				return err
			})
			if err != nil {
				return out, err
			}
			free = left
			out = append(out, got...)
		}
	}
	return out, nil
}

// share is how many attempts of a sweep come next.
type share struct {
	no int64
	n  int
}

// seek looks, without locking, which sweeps' attempts come next and which shapes
// fit. The order within the answer is the order of work.
func (s *DB) seek(ctx context.Context, free trials.Claim, want int) ([]share, []int64, error) {
	var rows []struct {
		No    int64
		Needs string
	}
	db := s.reader(ctx)
	if err := db.Raw(`SELECT no, needs FROM shapes s WHERE EXISTS (SELECT 1 FROM attempts a WHERE a.state = 'queued' AND a.shape = s.no)
		ORDER BY no`).Scan(&rows).Error; err != nil {
		return nil, nil, err
	}
	var fit []int64
	for _, r := range rows {
		n, known := s.needs.get(r.No)
		if !known {
			if err := decode(r.Needs, &n); err != nil {
				return nil, nil, err
			}
			s.needs.put(r.No, n)
		}
		if n.fits(free) && len(fit) < seekMax {
			fit = append(fit, r.No)
		}
	}
	if len(fit) == 0 {
		return nil, nil, nil
	}
	// One seek per shape into the index of queued attempts, merged.
	now := s.d.clock(s.now())
	seeks, args := make([]string, len(fit)), make([]any, 0, 2*len(fit))
	for i, shape := range fit {
		seeks[i] = `SELECT * FROM (SELECT sweep, shape, priority, vtime, no FROM attempts WHERE state = 'queued' AND shape = ? AND not_before <= ?
			ORDER BY priority DESC, vtime, no` + first(want) + `) AS s`
		args = append(args, shape, now)
	}
	var next []attemptRow
	err := db.Raw(strings.Join(seeks, " UNION ALL ")+" ORDER BY priority DESC, vtime, no"+first(want), args...).Scan(&next).Error
	if err != nil {
		return nil, nil, err
	}
	var order []share
	at := map[int64]int{}
	for _, a := range next {
		need, _ := s.needs.get(a.Shape)
		if !need.fits(free) {
			continue
		}
		need.take(&free)
		i, seen := at[a.Sweep]
		if !seen {
			i = len(order)
			at[a.Sweep] = i
			order = append(order, share{no: a.Sweep})
		}
		order[i].n++
	}
	return order, fit, nil
}

// claim takes up to want attempts of one sweep and leaves in free what is left.
func (t *tx) claim(sweep int64, q scheduler.ClaimQuery, free *trials.Claim, shapes []int64, want int) ([]scheduler.Claimed, error) {
	if err := t.lockSweep(sweep); err != nil {
		return nil, err
	}
	var queued []attemptRow
	n, err := t.scan(&queued, `SELECT no, shape FROM attempts WHERE sweep = ? AND state = 'queued' AND shape IN ? AND not_before <= ?
		ORDER BY priority DESC, vtime, no`+first(want)+t.s.d.skipLocked, sweep, shapes, t.clock())
	if err != nil || n == 0 {
		return nil, err
	}
	var taken []int64
	devices := map[int64][]string{}
	for _, a := range queued {
		need, err := t.needsOf(a.Shape)
		if err != nil {
			return nil, err
		}
		if !need.fits(*free) {
			continue
		}
		if got := need.take(free); len(got) > 0 {
			devices[a.No] = got
		}
		taken = append(taken, a.No)
	}
	if len(taken) == 0 {
		return nil, nil
	}
	sw, err := t.sweep(sweep)
	if err != nil {
		return nil, err
	}
	return t.makeLive(sw, q, taken, devices)
}

// makeLive hands queued attempts to a worker; the lease is good for half of its
// length until the first heartbeat.
func (t *tx) makeLive(sw *sweepRow, q scheduler.ClaimQuery, nos []int64, devices map[int64][]string) ([]scheduler.Claimed, error) {
	now := micros(t.now)
	var live []attemptRow
	_, err := t.change(&live, `UPDATE attempts SET state = 'live', worker = ?, claim_id = ?, claimed_at = ?, lease_until = ? + ?, seq = ?
		WHERE no IN ? AND state = 'queued' RETURNING *`,
		q.Worker, q.ClaimID, now, t.clock(), (q.TTL / 2).Microseconds(), sw.Seq, nos)
	if err != nil {
		return nil, err
	}
	trialNos := make([]int64, len(live))
	highest := live[0].VTime
	for i, a := range live {
		trialNos[i] = a.Trial
		highest = max(highest, a.VTime)
		if d := devices[a.No]; len(d) > 0 {
			live[i].Devices = encode(d)
			if _, err := t.exec("UPDATE attempts SET devices = ? WHERE no = ?", live[i].Devices, a.No); err != nil {
				return nil, err
			}
		}
	}
	var of []trialRow
	_, err = t.change(&of, `UPDATE trials SET state = 'running', started_at = CASE WHEN started_at = 0 THEN ? ELSE started_at END, seq = ?
		WHERE no IN ? RETURNING *`, now, sw.Seq, trialNos)
	if err != nil {
		return nil, err
	}
	sw.Queued -= len(of)
	sw.Running += len(of)
	if sw.StartedAt == 0 {
		sw.StartedAt = now
	}
	if err := t.passed(live[0].Priority, highest); err != nil {
		return nil, err
	}
	runs := make([]int64, len(of))
	byNo := make(map[int64]*trialRow, len(of))
	for i := range of {
		runs[i] = of[i].RunNo
		t.s.met(sw, &of[i])
		byNo[of[i].No] = &of[i]
	}
	for _, a := range live {
		if tr := byNo[a.Trial]; a.Effective != "" && a.Effective != tr.Effective {
			if err := t.takeEffective(tr, a); err != nil {
				return nil, err
			}
		}
	}
	if _, err := t.exec(`UPDATE runs SET status = ?, end_ms = 0, start_ms = CASE WHEN status = ? THEN ? ELSE start_ms END WHERE no IN ?`,
		string(tracking.Running), string(tracking.Scheduled), t.now.UnixMilli(), runs); err != nil {
		return nil, err
	}
	out, err := pair(live, byNo)
	for i := range out {
		out[i].Attempt.LeaseUntil = t.now.Add(q.TTL / 2)
	}
	return out, err
}

// takeEffective records the parameters that an attempt runs with, on the trial
// and on its run.
func (t *tx) takeEffective(tr *trialRow, a attemptRow) error {
	tr.Effective = a.Effective
	if _, err := t.exec("UPDATE trials SET effective = ? WHERE no = ?", a.Effective, a.Trial); err != nil {
		return err
	}
	p, err := decodePoint(a.Effective)
	if err != nil {
		return err
	}
	var params [][]any
	for k, v := range p {
		if v != nil {
			text, num := paramText(v)
			params = append(params, []any{tr.RunNo, k, text, num, a.Number})
		}
	}
	_, err = t.insert("params", paramColumns, params,
		"ON CONFLICT (run, key) DO UPDATE SET value = excluded.value, number = excluded.number, attempt = excluded.attempt")
	return err
}

// claimed gives the live attempts of a claim that was made before.
func (s *DB) claimed(ctx context.Context, q scheduler.ClaimQuery) ([]scheduler.Claimed, error) {
	var live []struct {
		Attempt  attemptRow `gorm:"embedded"`
		TimeLeft int64
	}
	db := s.reader(ctx)
	err := db.Raw("SELECT a.*, a.lease_until - ? AS time_left FROM attempts a WHERE worker = ? AND claim_id = ? AND state = 'live' ORDER BY no",
		s.d.clock(s.now()), q.Worker, q.ClaimID).Scan(&live).Error
	if err != nil || len(live) == 0 {
		return nil, err
	}
	nos, rows := make([]int64, len(live)), make([]attemptRow, len(live))
	for i, a := range live {
		nos[i], rows[i] = a.Attempt.Trial, a.Attempt
	}
	var of []trialRow
	if err := db.Raw("SELECT * FROM trials WHERE no IN ?", nos).Scan(&of).Error; err != nil {
		return nil, err
	}
	byNo := make(map[int64]*trialRow, len(of))
	for i := range of {
		byNo[of[i].No] = &of[i]
	}
	out, err := pair(rows, byNo)
	now := s.now().UTC()
	for i := range out {
		out[i].Attempt.LeaseUntil = now.Add(time.Duration(live[i].TimeLeft) * time.Microsecond)
	}
	return out, err
}

// pair puts attempts and their trials together.
func pair(live []attemptRow, byNo map[int64]*trialRow) ([]scheduler.Claimed, error) {
	out := make([]scheduler.Claimed, len(live))
	for i := range live {
		a, err := live[i].noun()
		if err != nil {
			return nil, err
		}
		tr, err := byNo[live[i].Trial].noun()
		if err != nil {
			return nil, err
		}
		out[i] = scheduler.Claimed{Attempt: a, Trial: tr, Sweep: live[i].Sweep}
	}
	return out, nil
}
