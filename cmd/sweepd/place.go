package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/internal/fault"
)

// place is a data directory as seen from outside: who serves it, and with which
// token it may be used.
type place struct{ dir string }

// serving is what a server writes into its directory.
type serving struct {
	PID  int    `json:"pid"`
	Addr string `json:"addr"` // http://host:port
}

func (p place) file(name string) string { return filepath.Join(p.dir, name) }

// lock takes the directory for this process; the caller keeps the file open as
// long as it serves. When another holds it, the error names that one.
func (p place) lock() (*os.File, error) {
	f, err := p.prepare()
	if err != nil {
		return nil, fault.Invalidf("this cannot be the data directory").Coded("data_directory").At(p.dir).Because(err).
			Fix("name another one with --dir or SWEEPD_DIR")
	}
	// Who only looks whether somebody is here holds the lock for a moment too.
	for range 20 {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			_ = os.Remove(p.file("server.json")) // of a server that is gone
			return f, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.Close()
	who := "another process"
	if s, err := p.serving(); err == nil {
		who = fmt.Sprintf("process %d at %s", s.PID, s.Addr)
	}
	return nil, fault.Conflictf("%s is served already, by %s", p.dir, who).Coded("in_use").
		Fix("use that one, or give this one another --dir")
}

// prepare makes the directory, when it is missing, and opens its lock.
func (p place) prepare() (*os.File, error) {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return nil, err
	}
	// A data directory keeps itself out of git, and out of what a sweep of the
	// folder around it takes along.
	if err := os.WriteFile(p.file(".gitignore"), []byte("*\n"), 0o600); err != nil {
		return nil, err
	}
	return os.OpenFile(p.file("lock"), os.O_CREATE|os.O_RDWR, 0o600)
}

// await waits for the server that holds the directory to say where it listens:
// one that is just starting opens its database first.
func (p place) await(ctx context.Context) (serving, error) {
	for end := time.Now().Add(10 * time.Second); ; {
		s, err := p.serving()
		if err == nil || !p.alive() || time.Now().After(end) || !pause(ctx, 20*time.Millisecond) {
			return s, err
		}
	}
}

// serving reads who serves the directory; it may be an old one that is gone.
func (p place) serving() (serving, error) {
	var s serving
	b, err := os.ReadFile(p.file("server.json"))
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	return s, err
}

// alive tells whether somebody holds the directory now.
func (p place) alive() bool {
	f, err := os.OpenFile(p.file("lock"), os.O_RDWR, 0o600)
	if err != nil {
		return false
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		return true
	}
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	return false
}

// write puts a small file in place as a whole.
func (p place) write(name string, b []byte) error {
	tmp, err := os.CreateTemp(p.dir, name+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := errors.Join(tmp.Chmod(0o600), writeAll(tmp, b), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), p.file(name))
}

func writeAll(f *os.File, b []byte) error {
	_, err := f.Write(b)
	return err
}

// token reads the directory's own token, "" when there is none.
func (p place) token() (string, error) {
	b, err := os.ReadFile(p.file("token"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}

// address is where a server listens, as people write it: the scheme may be left
// out.
func address(text string) (string, error) {
	full := text
	if !strings.Contains(text, "://") {
		full = "http://" + text
	}
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fault.Invalidf("%q is no address of a server", text).Coded("address").At("--server").Fix("write it like http://127.0.0.1:8080")
	}
	return strings.TrimRight(full, "/"), nil
}

// client connects to the server that the flags name, else to the local one.
func (e *env) client() (*client.Client, error) {
	p := place{e.Dir}
	addr, token := e.Server, e.Token
	if addr != "" {
		var err error
		if addr, err = address(addr); err != nil {
			return nil, err
		}
	}
	s, err := p.serving()
	if err != nil && addr == "" {
		s, err = p.await(e.ctx)
	}
	local := addr == "" || (err == nil && addr == s.Addr)
	if token == "" && local {
		if token, err = p.token(); err != nil {
			return nil, fmt.Errorf("read the token of %s: %w", e.Dir, err)
		}
	}
	if addr == "" {
		if s.Addr == "" || !p.alive() {
			return nil, fault.Unavailablef("no server runs in %s", e.Dir).Coded("unreachable").
				Fix("start one with: sweepd serve, or name one with --server or SWEEPD_URL")
		}
		addr = s.Addr
	}
	return client.New(addr, token), nil
}
