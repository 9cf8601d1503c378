package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// errAbsent is what a person reads whose machine has no PostgreSQL.
var errAbsent = errors.New("PostgreSQL's initdb was found neither on PATH nor in /usr/lib/postgresql: " +
	"install it (apt-get install postgresql), or set " + Env + " to the URL of a server")

// watchdog runs the server until its standard input ends. The other end of that
// pipe is held by the test process alone and closed by the kernel when it dies,
// so that neither a panic nor kill -9 leaves a server behind.
const watchdog = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= \
  -c fsync=off -c full_page_writes=off -c max_connections=200 >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -INT $server
wait $server
rm -rf "$2"`

// start makes a cluster, runs it and waits until it answers. It gives the URL of
// the maintenance database.
func start() (string, error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	who, err := unprivileged()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "sweepd-pg-")
	if err != nil {
		return "", err
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return "", err
		}
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"),
		"-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir = dir
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	if out, err := initdb.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}

	server := exec.Command("/bin/sh", "-c", watchdog, "sh", bin, dir)
	server.Dir = dir
	// A session of its own: an interrupt at the terminal ends the tests, and
	// through the pipe the server, in that order.
	server.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setsid: true}
	pipe, err := server.StdinPipe()
	if err != nil {
		return "", err
	}
	if err := server.Start(); err != nil {
		return "", err
	}
	lifelines = append(lifelines, pipe)

	// A socket in the cluster's own folder: no other process can have taken it.
	u := "postgres://postgres@/postgres?sslmode=disable&host=" + url.QueryEscape(dir)
	if err := answers(u); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return "", fmt.Errorf("start PostgreSQL: %w\n%s", err, log)
	}
	return u, nil
}

// lifelines keeps the watchdogs' pipes open for the life of the process: a write
// end that nobody reaches any more would be collected, and so closed.
var lifelines []io.Closer

// answers waits until the server takes a connection.
func answers(u string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, u)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// binaries gives the folder of initdb and postgres, the newest version first.
// Debian keeps them off PATH.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	p, err := exec.LookPath("initdb")
	if err != nil {
		return "", errAbsent
	}
	if p, err = filepath.EvalSymlinks(p); err != nil {
		return "", err
	}
	return filepath.Dir(p), nil
}

// version reads 15 from /usr/lib/postgresql/15/bin/initdb, 0 from anything else.
func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}

// unprivileged gives the user to become, nil for the present one: PostgreSQL
// refuses to run as root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			continue
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			continue
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}
