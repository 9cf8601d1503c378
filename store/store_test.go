package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sweepd/sweepd/internal/pgtest"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/store/storetest"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/trackingtest"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/view"
)

var (
	_ scheduler.Store = (*store.DB)(nil)
	_ tracking.Store  = (*store.DB)(nil)
	_ trials.Reader   = (*store.DB)(nil)
	_ view.Binder     = (*store.DB)(nil)
)

func open(t testing.TB, dsn string, now func() time.Time) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{DSN: dsn, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

func onSQLite(t testing.TB, now func() time.Time) *store.DB {
	return open(t, filepath.Join(t.TempDir(), "sweepd.db"), now)
}

// onPostgres opens one database again and again, emptied: making one takes
// longer than a story.
func onPostgres(t testing.TB) storetest.Open {
	u := pgtest.URL(t)
	return func(t testing.TB, now func() time.Time) *store.DB {
		t.Helper()
		db := open(t, u, now)
		conn, err := pgx.Connect(t.Context(), u)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		_, err = conn.Exec(t.Context(), `DO $$ DECLARE names text; BEGIN
			SELECT string_agg(quote_ident(tablename), ', ') INTO names FROM pg_tables
			WHERE schemaname = 'public' AND tablename NOT IN ('experiments', 'goose_db_version');
			EXECUTE 'TRUNCATE ' || names;
			DELETE FROM experiments WHERE no <> 0; UPDATE experiments SET lifecycle = 'active', updated_ms = 0;
		END $$`)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
}

func TestSQLite(t *testing.T)   { storetest.Run(t, onSQLite) }
func TestPostgres(t *testing.T) { storetest.Run(t, onPostgres(t)) }

// TestTwoServersOnOnePostgres opens both in one process: a shared gorm.Config, or
// a lock that only one process sees, would show here.
func TestTwoServersOnOnePostgres(t *testing.T) {
	u := pgtest.URL(t)
	storetest.TwoServers(t, open(t, u, time.Now), open(t, u, time.Now))
}

func tracks(t *testing.T, open storetest.Open) {
	trackingtest.Run(t, func(t *testing.T) trackingtest.Subject {
		db := open(t, time.Now)
		return trackingtest.Subject{Store: db, Own: func(experiment string) (string, tracking.Author, tracking.Author) {
			return storetest.Own(t, db, experiment)
		}}
	})
}

func TestTrackingOnSQLite(t *testing.T)   { tracks(t, onSQLite) }
func TestTrackingOnPostgres(t *testing.T) { tracks(t, onPostgres(t)) }

// TestALeaseEndsAlthoughTheClockWasSetBack: on SQLite leases are kept by the
// machine's clock, which people and time servers set.
func TestALeaseEndsAlthoughTheClockWasSetBack(t *testing.T) {
	at := time.Now()
	db := onSQLite(t, func() time.Time { return at })
	sweep, branch := stage(t, db)
	_, err := db.CreateTrials(t.Context(), scheduler.Create{Sweep: sweep, Branch: branch, Revision: 1, Trials: points(0, 1)})
	fatal(t, err)
	_, err = db.Claim(t.Context(), scheduler.ClaimQuery{Claim: trials.Claim{Worker: "w", CPU: 1}, Max: 1, TTL: time.Minute})
	fatal(t, err)
	at = at.Add(-24 * time.Hour)
	for _, c := range []struct {
		after time.Duration
		taken int
	}{{0, 0}, {time.Minute, 0}, {time.Minute, 1}} {
		at = at.Add(c.after)
		got, err := db.Expire(t.Context(), time.Minute)
		fatal(t, err)
		if len(got) != c.taken {
			t.Errorf("after %s %d sweeps changed, want %d", c.after, len(got), c.taken)
		}
	}
}
