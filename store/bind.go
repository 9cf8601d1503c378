package store

import (
	"context"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// Bind remembers that the script of a live attempt has found the trial's run.
// See view.Binder.
func (s *DB) Bind(ctx context.Context, ref trials.Ref, requestKey string) (first bool, err error) {
	err = s.write(ctx, 0, false, func(t *tx) error {
		var a struct {
			Bound   bool
			BoundBy string
		}
		n, err := t.scan(&a, "SELECT bound, bound_by FROM attempts WHERE trial = ? AND number = ? AND state = 'live'"+t.s.d.lock, ref.Trial, ref.Attempt)
		if err != nil {
			return err
		}
		if n == 0 {
			return tracking.AttemptStale(tracking.Author{Owner: trials.Owner(ref.Trial), Attempt: ref.Attempt})
		}
		first = !a.Bound || requestKey != "" && a.BoundBy == requestKey
		if a.Bound {
			return nil
		}
		_, err = t.exec("UPDATE attempts SET bound = TRUE, bound_by = ? WHERE trial = ? AND number = ?", requestKey, ref.Trial, ref.Attempt)
		return err
	})
	return first, err
}
