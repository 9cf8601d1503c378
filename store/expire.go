package store

import (
	"context"
	"slices"
	"time"

	"github.com/sweepd/sweepd/trials"
)

// Expire takes back the attempts whose lease ended more than TTL/12 ago. One
// that was never renewed was not delivered and costs nothing; the others are
// lost. Their trials are queued again at once. It gives the sweeps that changed.
func (s *DB) Expire(ctx context.Context, ttl time.Duration) ([]int64, error) {
	if err := s.shorten(ctx, ttl); err != nil {
		return nil, err
	}
	var over []attemptRow
	err := s.reader(ctx).Raw(`SELECT no, sweep FROM attempts WHERE state = 'live' AND lease_until < ? - ? ORDER BY lease_until LIMIT ?`,
		s.d.clock(s.now()), (ttl / 12).Microseconds(), 10*memberRows).Scan(&over).Error
	if err != nil {
		return nil, err
	}
	return s.takeBack(ctx, over, func(t *tx, a *attemptRow) (bool, error) {
		var n int
		_, err := t.scan(&n, "SELECT COUNT(*) FROM attempts WHERE no = ? AND lease_until < ? - ?", a.No, t.clock(), (ttl / 12).Microseconds())
		return n > 0, err
	})
}

// implausible is how much longer than a lease one must be to be wrong. Servers
// with other lengths, before this one or beside it, give leases that are not.
const implausible = 10 * time.Minute

// shorten cuts leases that are much longer than any that is given, which they are
// when the clock has been set back: a worker that is gone would keep its attempts
// for as long.
func (s *DB) shorten(ctx context.Context, ttl time.Duration) error {
	var n int
	most := (ttl + implausible).Microseconds()
	err := s.reader(ctx).Raw("SELECT COUNT(*) FROM attempts WHERE state = 'live' AND lease_until > ? + ?", s.d.clock(s.now()), most).Scan(&n).Error
	if err != nil || n == 0 {
		return err
	}
	return s.write(ctx, 0, false, func(t *tx) error {
		_, err := t.exec("UPDATE attempts SET lease_until = ? + ? WHERE state = 'live' AND lease_until > ? + ?",
			t.clock(), ttl.Microseconds(), t.clock(), most)
		return err
	})
}

// takeBack ends live attempts as lost or undelivered, sweep by sweep, each only
// while still is true of it within the transaction.
func (s *DB) takeBack(ctx context.Context, list []attemptRow, still func(*tx, *attemptRow) (bool, error)) ([]int64, error) {
	bySweep := map[int64][]int64{}
	var sweeps []int64
	for _, a := range list {
		if bySweep[a.Sweep] == nil {
			sweeps = append(sweeps, a.Sweep)
		}
		bySweep[a.Sweep] = append(bySweep[a.Sweep], a.No)
	}
	slices.Sort(sweeps)
	for _, sweep := range sweeps {
		for nos := range slices.Chunk(bySweep[sweep], memberRows/10) {
			err := s.write(ctx, sweep, true, func(t *tx) error { return t.lose(sweep, nos, still) })
			if err != nil {
				return nil, err
			}
		}
	}
	return sweeps, nil
}

func (t *tx) lose(sweep int64, nos []int64, still func(*tx, *attemptRow) (bool, error)) error {
	sw, err := t.sweep(sweep)
	if err != nil {
		return err
	}
	for _, no := range nos {
		a, tr, err := t.attempt("a.no = ?", no)
		if err != nil {
			return err
		}
		if a == nil || a.State != string(trials.AttemptLive) {
			continue
		}
		if ok, err := still(t, a); err != nil || !ok {
			if err != nil {
				return err
			}
			continue
		}
		e := ending{verdict: trials.Undelivered}
		if a.Renewed {
			e = ending{
				verdict: trials.Lost, seconds: float64(max(0, micros(t.now)-a.StartedAt)) / 1e6,
				failure: &trials.Failure{Class: trials.ClassLost, Message: "worker " + a.Worker + " was not heard of any more"},
			}
		}
		if err := t.again(sw, a, tr, e); err != nil {
			return err
		}
		if err := t.promote(sw); err != nil {
			return err
		}
	}
	return nil
}

// attempt reads an attempt and its trial; nil when there is none. where is a
// condition over a, the attempt.
func (t *tx) attempt(where string, args ...any) (*attemptRow, *trialRow, error) {
	var a attemptRow
	if n, err := t.scan(&a, "SELECT a.* FROM attempts a WHERE "+where, args...); err != nil || n == 0 {
		return nil, nil, err
	}
	var tr trialRow
	if _, err := t.scan(&tr, "SELECT * FROM trials WHERE no = ?", a.Trial); err != nil {
		return nil, nil, err
	}
	return &a, &tr, nil
}
