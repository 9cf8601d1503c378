package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/worker"
)

// serverConfig is what a server needs to know.
type serverConfig struct {
	Dir      string
	Addr     string // host:port, port 0 picks a free one
	DB       string // "": SQLite in Dir
	Slots    int    // of the worker inside; 0: none
	GPUs     string
	TTL      time.Duration
	Hosts    []string
	PortFile string
	Log      *slog.Logger

	SharedFiles bool // other servers of the database see the same files
}

// server is everything one process serves, built inside out: rows, scheduler,
// tracking, surfaces. Run runs it and lets go of all it holds.
type server struct {
	cfg   serverConfig
	place place
	lock  *os.File
	db    *store.DB
	files []io.Closer // directories that are kept open
	sched *scheduler.Scheduler
	http  *http.Server
	ln    net.Listener
	token string
	inner *inner // the worker inside; nil without slots
}

// newServer opens the directory and listens. Nothing runs before Run, which has
// to be called once it is made; when it fails, nothing stays open.
func newServer(ctx context.Context, cfg serverConfig) (_ *server, err error) {
	if cfg.TTL < minTTL {
		return nil, fault.Invalidf("a lease of %s is too short to be renewed in time", cfg.TTL).At("--lease-ttl").Fix("give at least %s", minTTL)
	}
	s := &server{cfg: cfg, place: place{cfg.Dir}}
	if s.lock, err = s.place.lock(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.db, err = openDB(ctx, s.place, cfg.DB, cfg.Log); err != nil {
		return nil, err
	}
	if s.token, err = s.ownToken(ctx); err != nil {
		return nil, err
	}
	if s.ln, err = listen(cfg.Addr); err != nil {
		return nil, err
	}
	if err = s.wire(ctx); err != nil {
		return nil, err
	}
	if err = s.announce(); err != nil {
		return nil, err
	}
	if cfg.Slots > 0 { // last: a worker that was made lets go of its directory only after it ran
		s.inner, err = s.newInner()
	}
	return s, err
}

// minTTL is the shortest lease: a worker beats six times in it.
const minTTL = 5 * time.Second

func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Conflictf("another program listens on %s", addr).Coded("address_in_use").At("--addr").
			Fix("give another one; port 0 picks a free one")
	}
	return nil, fault.Invalidf("cannot listen on %s", addr).Coded("address").At("--addr").Because(err).Fix("write host:port, like 127.0.0.1:8080")
}

// newInner makes the worker inside: it takes leases by call and moves bytes over
// loopback, as any other.
func (s *server) newInner() (*inner, error) {
	e := &env{log: s.cfg.Log}
	w, err := newWorker(e, s.sched, client.New(s.URL(), s.token), worker.Config{
		Dir: s.place.file("worker"), Slots: s.cfg.Slots, GPUs: s.cfg.GPUs,
	})
	if err != nil {
		return nil, err
	}
	return newInner(w), nil
}

// URL is the address of the page and of the API.
func (s *server) URL() string {
	host, port, _ := net.SplitHostPort(s.ln.Addr().String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// announce tells other processes where this one listens.
func (s *server) announce() error {
	b := fmt.Sprintf("{\"pid\": %d, \"addr\": %q}\n", os.Getpid(), s.URL())
	if err := s.place.write("server.json", []byte(b)); err != nil {
		return err
	}
	if s.cfg.PortFile == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(s.ln.Addr().String())
	if err != nil {
		return err
	}
	dir, name := filepath.Split(s.cfg.PortFile)
	if dir == "" {
		dir = "."
	}
	if err := (place{dir}).write(name, []byte(port+"\n")); err != nil {
		return fault.Invalidf("the port cannot be written").At("--port-file").Because(err)
	}
	return nil
}

// close lets go of what newServer opened, in the order that keeps rows last.
func (s *server) close() {
	if s.ln != nil {
		s.ln.Close()
	}
	for _, f := range s.files {
		f.Close()
	}
	if s.db != nil {
		if err := s.db.Close(); err != nil {
			s.cfg.Log.Warn("the database did not close well", "error", err)
		}
	}
	if s.lock != nil {
		_ = os.Remove(s.place.file("server.json"))
		s.lock.Close()
	}
}
