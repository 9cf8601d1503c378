package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/pgtest"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/store/storetest"
)

var _ scheduler.Store = (*store.DB)(nil)

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

func openSQLite(t testing.TB, now func() time.Time) *store.DB {
	return open(t, filepath.Join(t.TempDir(), "sweepd.db"), now)
}

func openPostgres(t testing.TB, now func() time.Time) *store.DB {
	return open(t, pgtest.URL(t), now)
}

func TestSQLite(t *testing.T)   { storetest.Run(t, openSQLite) }
func TestPostgres(t *testing.T) { storetest.Run(t, openPostgres) }
