// Package pgtest gives tests an empty PostgreSQL database. One cluster is
// started per test process, on a socket in a temporary directory, and is gone when
// the process is, however it ends. It knows nothing of sweepd's tables.
//
// Only tests import it.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Env names the variable that holds the URL of a server to use instead of
// starting one. Its user must be allowed to create databases.
const Env = "SWEEPD_TEST_POSTGRES"

// patience is the longest wait for one answer of the server.
const patience = 30 * time.Second

// cluster is the server of this process: started by the first test that asks,
// kept for all others.
var cluster = sync.OnceValues(func() (string, error) {
	if u := os.Getenv(Env); u != "" {
		return u, nil
	}
	return start()
})

// URL gives the address of a database that is empty and of this test alone. It
// is dropped when the test ends, connections that are still open included. The
// test fails when no PostgreSQL can be had; it is never skipped.
func URL(t testing.TB) string {
	t.Helper()
	admin, err := cluster()
	if err != nil {
		t.Fatal(err)
	}
	name := "sweepd_test_" + suffix()
	run(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { run(t, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })

	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("%s: %v", Env, err)
	}
	u.Path = "/" + name
	return u.String()
}

// run runs one statement that PostgreSQL does not allow in a transaction.
func run(t testing.TB, admin, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }() // nothing was left open on it
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func suffix() string {
	var b [6]byte
	rand.Read(b[:]) // never fails, by its contract
	return hex.EncodeToString(b[:])
}
