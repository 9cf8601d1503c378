package pgtest_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sweepd/sweepd/internal/pgtest"
)

func connect(t *testing.T, u string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	a, b := pgtest.URL(t), pgtest.URL(t)
	if a == b {
		t.Fatalf("twice the same database %s", a)
	}
	if _, err := connect(t, a).Exec(context.Background(), "CREATE TABLE seen (n bigint)"); err != nil {
		t.Fatal(err)
	}
	if _, err := connect(t, b).Exec(context.Background(), "SELECT n FROM seen"); err == nil {
		t.Error("a table of the first database is seen in the second")
	}
}

func TestADatabaseGoesWithItsTestEvenWhenInUse(t *testing.T) {
	var u string
	t.Run("user", func(t *testing.T) {
		u = pgtest.URL(t)
		if _, err := pgx.Connect(context.Background(), u); err != nil { // left open on purpose
			t.Fatal(err)
		}
	})
	if conn, err := pgx.Connect(context.Background(), u); err == nil {
		conn.Close(context.Background())
		t.Error("the database is still there after its test")
	}
}

const child = "SWEEPD_PGTEST_CHILD"

// TestTheServerDiesWithItsProcess starts this test binary again, lets it start a
// cluster of its own and kills it with SIGKILL.
func TestTheServerDiesWithItsProcess(t *testing.T) {
	if os.Getenv(child) != "" {
		fmt.Println("URL " + pgtest.URL(t))
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestTheServerDiesWithItsProcess$", "-test.timeout=1m")
	cmd.Env = append(os.Environ(), child+"=1", pgtest.Env+"=")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var socket string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if u, ok := strings.CutPrefix(lines.Text(), "URL "); ok {
			parsed, err := url.Parse(u)
			if err != nil {
				t.Fatal(err)
			}
			socket = filepath.Join(parsed.Query().Get("host"), ".s.PGSQL.5432")
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if socket == "" {
		t.Fatal("the child started no server")
	}
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			return
		}
		conn.Close()
		if time.Now().After(limit) {
			t.Fatal("the server outlived its process by 20 s")
		}
	}
}
