package store

import (
	"context"
	"strings"
	"time"

	"github.com/sweepd/sweepd/trials"
)

// Renew gives every live attempt that the worker holds a full lease from now,
// and one Signal per attempt held, in order. drain tells it to claim no more. A
// stop counts as delivered once it is in the answer: that is a change of the
// sweep, the renewal itself is none.
func (s *DB) Renew(ctx context.Context, b trials.Beat, ttl time.Duration) (signals []trials.Signal, drain bool, err error) {
	var live map[trials.Ref]attemptRow
	err = s.write(ctx, 0, false, func(t *tx) (err error) {
		if drain, err = t.seen(b.Worker); err != nil {
			return err
		}
		live, err = t.renew(b, ttl)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	if err := s.deliver(ctx, live); err != nil {
		return nil, false, err
	}
	signals = make([]trials.Signal, len(b.Held))
	for i, ref := range b.Held {
		a, held := live[ref]
		signals[i] = trials.Signal{Ref: ref, Stale: !held}
		if held {
			signals[i].Good, signals[i].Stop, signals[i].Cancel, signals[i].Reason = ttl, a.StopAsked, a.CancelAsked, a.StopReason
		}
	}
	return signals, drain, nil
}

// seen notes that a worker is there and tells whether it drains.
func (t *tx) seen(worker string) (drain bool, err error) {
	_, err = t.change(&drain, "UPDATE workers SET seen_at = ? WHERE id = ? RETURNING drain", micros(t.now), worker)
	return drain, err
}

// renew extends the leases held and gives the attempts that are live.
func (t *tx) renew(b trials.Beat, ttl time.Duration) (map[trials.Ref]attemptRow, error) {
	live := make(map[trials.Ref]attemptRow, len(b.Held))
	now := micros(t.now)
	for first := 0; first < len(b.Held); first += memberRows {
		held := b.Held[first:min(first+memberRows, len(b.Held))]
		args := []any{t.clock(), ttl.Microseconds(), now, b.Worker}
		for _, r := range held {
			args = append(args, r.Trial, r.Attempt)
		}
		var rows []attemptRow
		_, err := t.change(&rows, `UPDATE attempts SET lease_until = ? + ?, renewed = TRUE,
			started_at = CASE WHEN started_at = 0 THEN ? ELSE started_at END
			WHERE state = 'live' AND worker = ? AND (trial, number) IN (VALUES `+t.s.d.pairs(len(held))+`)
			RETURNING no, trial, number, sweep, stop_asked, stop_reason, cancel_asked, delivered`, args...)
		if err != nil {
			return nil, err
		}
		for _, a := range rows {
			live[trials.Ref{Trial: a.Trial, Attempt: a.Number}] = a
			if p, ok := b.Peaks[a.Trial]; ok {
				if _, err := t.exec("UPDATE attempts SET peaks = ? WHERE no = ?", encode(p), a.No); err != nil {
					return nil, err
				}
			}
		}
	}
	return live, nil
}

// pairs is n rows of two whole numbers as placeholders.
func (d *dialect) pairs(n int) string {
	return strings.TrimSuffix(strings.Repeat("("+d.bigint+", "+d.bigint+"),", n), ",")
}

// deliver records, before the worker is told, that it has been told to stop.
func (s *DB) deliver(ctx context.Context, live map[trials.Ref]attemptRow) error {
	told := map[int64][]int64{}
	for _, a := range live {
		if a.StopAsked && !a.Delivered {
			told[a.Sweep] = append(told[a.Sweep], a.No)
		}
	}
	for sweep, nos := range told {
		err := s.write(ctx, sweep, true, func(t *tx) error {
			sw, err := t.sweep(sweep)
			if err != nil {
				return err
			}
			_, err = t.exec("UPDATE attempts SET delivered = TRUE, seq = ? WHERE no IN ? AND state = 'live'", sw.Seq, nos)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
