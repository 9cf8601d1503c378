package store_test

import (
	"testing"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// TestCancellingIsQuickHoweverManyWait: no other sweep's writes wait long for the
// end of one of thousands of trials.
func TestCancellingIsQuickHoweverManyWait(t *testing.T) {
	for name, open := range map[string]func(testing.TB, func() time.Time) *store.DB{"sqlite": onSQLite, "postgres": onPostgres(t)} {
		t.Run(name, func(t *testing.T) {
			db := open(t, time.Now)
			const all, live = 4000, 3
			sweep, branch := stage(t, db)
			_, err := db.CreateTrials(t.Context(), scheduler.Create{Sweep: sweep, Branch: branch, Revision: 1, Parallel: 8, Trials: points(0, all)})
			fatal(t, err)
			got, err := db.Claim(t.Context(), scheduler.ClaimQuery{Claim: trials.Claim{Worker: "w", CPU: live}, Max: live, TTL: time.Minute})
			fatal(t, err)
			begin := time.Now()
			sw, err := db.Command(t.Context(), sweep, scheduler.Command{Kind: scheduler.CommandCancel})
			fatal(t, err)
			took := time.Since(begin)
			t.Logf("cancelled in %s", took)
			if took > 2*time.Second {
				t.Errorf("it took %s", took)
			}
			if c := sw.Counts; c.Cancelled != all-live || c.Running != live || c.Live != live || c.Queued+c.Held != 0 {
				t.Errorf("%+v, want all but %d cancelled", c, live)
			}
			for _, c := range got {
				_, err := db.Settle(t.Context(), []trials.Settlement{{
					Ref: trials.Ref{Trial: c.Attempt.Trial, Attempt: c.Attempt.Number}, Outcome: trials.Outcome{Verdict: trials.VerdictCanceled},
				}})
				fatal(t, err)
			}
			tr, _, err := db.Trial(t.Context(), sweep, all)
			fatal(t, err)
			r, err := db.Run(t.Context(), tr.Run)
			fatal(t, err)
			if tr.State != trials.Cancelled || r.Status != tracking.Killed || r.End == 0 {
				t.Errorf("trial %s, run %s ended at %d", tr.State, r.Status, r.End)
			}
		})
	}
}
