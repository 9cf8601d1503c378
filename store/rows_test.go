package store

import (
	"path/filepath"
	"slices"
	"testing"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/internal/pgtest"
)

// TestRowsAreTheirTables finds a column that a migration has and a row has not,
// or the other way round, on both databases.
func TestRowsAreTheirTables(t *testing.T) {
	for name, dsn := range map[string]string{"sqlite": filepath.Join(t.TempDir(), "sweepd.db"), "postgres": pgtest.URL(t)} {
		db, err := Open(t.Context(), Options{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for range 2 { // the second time there is nothing to do
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, row := range []any{
			sweepRow{},
			specRow{},
			stageRow{},
			branchRow{},
			trialRow{},
			attemptRow{},
			readingRow{},
			decisionRow{},
			workerRow{},
			tokenRow{},
			experimentRow{},
			runRow{},
			paramRow{},
			tagRow{},
			modelRow{},
		} {
			st := &gorm.Statement{DB: db.pools.r}
			if err := st.Parse(row); err != nil {
				t.Fatal(err)
			}
			rows, err := db.reader(t.Context()).Raw("SELECT * FROM " + st.Schema.Table + " LIMIT 0").Rows()
			if err != nil {
				t.Fatal(err)
			}
			got, err := rows.Columns()
			rows.Close()
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(st.Schema.DBNames)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: table %s has %v, its row %v", name, st.Schema.Table, got, want)
			}
		}
	}
}
