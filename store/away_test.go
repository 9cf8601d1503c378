package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sweepd/sweepd/internal/fault"
)

func TestADatabaseThatIsAwayIsUnavailable(t *testing.T) {
	broken := &net.OpError{Op: "write", Net: "unix", Err: syscall.EPIPE}
	for _, c := range []struct {
		err  error
		away bool
	}{
		{nil, false},
		{errors.New("a defect"), false},
		{context.Canceled, false},
		{fmt.Errorf("dial: %w", context.DeadlineExceeded), false},
		{fault.Stalef("not held"), false},
		{&pgconn.PgError{Code: "22021"}, false}, // bytes that are no text
		{&pgconn.PgError{Code: "23505"}, false}, // unique
		{&pgconn.PgError{Code: "08006"}, true},
		{&pgconn.PgError{Code: "53100"}, true}, // disk full
		{&pgconn.PgError{Code: "53300"}, true}, // too many connections
		{&pgconn.PgError{Code: "57P03"}, true}, // starting up
		{&pgconn.PgError{Code: "40P01"}, true}, // deadlock
		{fmt.Errorf("write failed: %w", broken), true},
		{fmt.Errorf("unexpected: %w", io.ErrUnexpectedEOF), true},
		{sql.ErrTxDone, true},
		{sqliteFull(t), true},
	} {
		got := away(c.err)
		if fault.Is(got, fault.Unavailable) != c.away {
			t.Errorf("%v became %v", c.err, got)
		}
		if !errors.Is(got, c.err) {
			t.Errorf("%v has lost its cause %v", got, c.err)
		}
	}
}

// sqliteFull is the error of a SQLite file that may not grow.
func sqliteFull(t *testing.T) error {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "full.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, text := range []string{"CREATE TABLE t (x BLOB)", "PRAGMA max_page_count = 4", "INSERT INTO t VALUES (zeroblob(100000))"} {
		if _, err = db.Exec(text); err != nil {
			return err
		}
	}
	t.Fatal("a full file took a row")
	return nil
}

// TestAGroupMeetsAnAbsentDatabaseOnce: members need not find out one by one.
func TestAGroupMeetsAnAbsentDatabaseOnce(t *testing.T) {
	s, err := Open(t.Context(), Options{DSN: filepath.Join(t.TempDir(), "sweepd.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tries := 0
	gone := &member{fn: func(*tx) error { tries++; return fmt.Errorf("write: %w", io.EOF) }}
	other := &member{fn: func(*tx) error { return nil }}
	s.commit(t.Context(), []*member{other, gone, other})
	if tries != 1 || !fault.Is(gone.err, fault.Unavailable) || !fault.Is(other.err, fault.Unavailable) {
		t.Errorf("%d tries, %v and %v", tries, gone.err, other.err)
	}
}
