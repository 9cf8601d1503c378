package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/trials"
)

// TestNeedsOfOldDoNotStopClaims: a server that has seen thousands of different
// needs looks only for those that wait, of which a statement may join 500.
func TestNeedsOfOldDoNotStopClaims(t *testing.T) {
	for name, open := range map[string]func(testing.TB, func() time.Time) *store.DB{"sqlite": onSQLite, "postgres": onPostgres(t)} {
		t.Run(name, func(t *testing.T) {
			db := open(t, time.Now)
			const needs = 1500
			claim := func(worker string) int {
				got, err := db.Claim(t.Context(), scheduler.ClaimQuery{
					Claim: trials.Claim{Worker: worker, ClaimID: worker, CPU: 4}, Max: 4, TTL: time.Minute,
				})
				fatal(t, err)
				return len(got)
			}
			for i := range needs {
				fatal(t, store.Intern(t.Context(), db, fmt.Sprintf(`{"cpu":0.%04d}`, i+1)))
			}
			if n := claim("a"); n != 0 {
				t.Errorf("%d attempts of nothing", n)
			}
			sweep, branch := stage(t, db)
			_, err := db.CreateTrials(t.Context(), scheduler.Create{Sweep: sweep, Branch: branch, Revision: 1, Trials: points(0, 3)})
			fatal(t, err)
			if n := claim("b"); n != 3 {
				t.Errorf("%d attempts, want 3", n)
			}
		})
	}
}
