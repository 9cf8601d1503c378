package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Crash kills one of the server's processes that serve a database, whereupon it
// ends all connections of all databases and recovers, which takes a moment. Where
// the server runs on another machine, the connections are ended by command. u is
// a URL of URL.
func Crash(t testing.TB, u string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, u)
	if err != nil {
		t.Fatalf("connect to PostgreSQL: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }() // it is dead by then
	const others = " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	var pid int
	if err := conn.QueryRow(ctx, "SELECT pid"+others+" LIMIT 1").Scan(&pid); err != nil {
		t.Fatalf("find a process of PostgreSQL: %v", err)
	}
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && bytes.HasPrefix(b, []byte("postgres")) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		return
	}
	if _, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid)"+others); err != nil {
		t.Fatalf("end the connections: %v", err)
	}
}
