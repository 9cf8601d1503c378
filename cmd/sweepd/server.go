package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"github.com/sweepd/sweepd/api"
	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/mlflow"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/web"
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
}

// server is everything one process serves, built inside out: rows, scheduler,
// tracking, surfaces. Run runs it and lets go of all it holds.
type server struct {
	cfg   serverConfig
	place place
	lock  *os.File
	db    *store.DB
	sched *scheduler.Scheduler
	out   *api.Output
	http  *http.Server
	ln    net.Listener
	token string
	inner *inner // the worker inside; nil without slots
}

// newServer opens the directory and listens. Nothing runs before Run.
func newServer(ctx context.Context, cfg serverConfig) (_ *server, err error) {
	s := &server{cfg: cfg, place: place{cfg.Dir}}
	if s.lock, err = s.place.lock(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.openStore(ctx); err != nil {
		return nil, err
	}
	if s.out, err = api.NewOutput(s.place.file("logs")); err != nil {
		return nil, err
	}
	if s.ln, err = net.Listen("tcp", cfg.Addr); err != nil {
		return nil, fault.Conflictf("cannot listen on %s", cfg.Addr).As("address_in_use").Because(err).Fix("give another --addr; port 0 picks a free one")
	}
	if err := s.wire(ctx); err != nil {
		return nil, err
	}
	if cfg.Slots > 0 {
		if s.inner, err = s.newInner(); err != nil {
			return nil, err
		}
	}
	return s, s.announce()
}

func (s *server) openStore(ctx context.Context) (err error) {
	dsn := s.cfg.DB
	if dsn == "" {
		dsn = s.place.file("sweepd.db")
	}
	if s.db, err = store.Open(ctx, store.Options{DSN: dsn, Log: s.cfg.Log}); err != nil {
		return err
	}
	if err = s.db.Migrate(ctx); err != nil {
		return err
	}
	s.token, err = s.ownToken(ctx)
	return err
}

// ownToken gives the token of the data directory, known to the database: made
// once, found by the command line.
func (s *server) ownToken(ctx context.Context) (string, error) {
	secret, err := s.place.token()
	if err != nil {
		return "", err
	}
	if secret == "" {
		secret = auth.NewSecret(auth.TokenPrefix)
	}
	hash := auth.Hash(secret)
	_, err = s.db.TokenByHash(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		err = s.db.CreateToken(ctx, auth.Token{ID: hash[:12], Name: userName(), Role: auth.Admin, Hash: hash, Created: time.Now()})
	}
	if err != nil {
		return "", err
	}
	return secret, s.place.write("token", []byte(secret+"\n"))
}

func userName() string {
	for _, name := range []string{"USER", "LOGNAME"} {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	return "admin"
}

// wire puts the surfaces on one listener.
func (s *server) wire(ctx context.Context) error {
	key, err := s.db.Key(ctx, "attempt tokens", auth.NewKey)
	if err != nil {
		return err
	}
	signer, err := auth.NewSigner(key)
	if err != nil {
		return err
	}
	blobs, err := blob.OpenFiles(s.place.file("blobs"))
	if err != nil {
		return err
	}
	artifacts, err := blob.OpenFiles(s.place.file("artifacts"))
	if err != nil {
		return err
	}
	service := tracking.Service{Store: s.db, Now: time.Now, NewID: newRunID}
	s.sched = scheduler.New(s.db, scheduler.Options{
		TTL: s.cfg.TTL, Log: s.cfg.Log, ServerID: newRunID(),
		Mint: func(sweep, trial int64, attempt int, run string) string {
			return signer.Sign(auth.Claims{Sweep: sweep, Trial: trial, Attempt: attempt, Run: run})
		},
		Assemble: scheduler.Assembly{Blobs: blobs},
	})
	s.db.OnChange = s.sched.Wake
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	native := &api.Server{
		Scheduler: s.sched, Reader: s.db, Tracking: service.As, Blobs: blobs, Output: s.out, Tokens: s.db, Signer: signer,
		Hosts: s.cfg.Hosts, Version: version(), Database: s.db.Dialect(), Dir: s.cfg.Dir, Now: time.Now, Log: s.cfg.Log,
	}
	if err := native.Register(e); err != nil {
		return err
	}
	(&mlflow.Server{Choose: (&views{service: service, db: s.db}).choose, Blobs: artifacts, Log: s.cfg.Log}).Register(e)
	page := web.Handler()
	e.GET("/s/:page", native.Text(page))
	e.GET("/*", echo.WrapHandler(page))
	s.http = &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	return nil
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
	_, port, _ := net.SplitHostPort(s.ln.Addr().String())
	if _, err := strconv.Atoi(port); err != nil {
		return err
	}
	dir, name := filepath.Split(s.cfg.PortFile)
	if dir == "" {
		dir = "."
	}
	return place{dir}.write(name, []byte(strings.TrimSpace(port)+"\n"))
}

// Run serves until ctx ends: requests under way get the grace, the worker
// inside drains, loops return, the store closes.
func (s *server) Run(ctx context.Context) error {
	defer s.close()
	g, ctx := errgroup.WithContext(ctx)
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.http.BaseContext = func(net.Listener) context.Context { return serving }
	g.Go(func() error { return s.sched.Run(serving) })
	g.Go(func() error {
		if err := s.http.Serve(s.ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if s.inner != nil {
		g.Go(s.inner.run)
	}
	g.Go(func() error {
		<-ctx.Done()
		if s.inner != nil {
			s.inner.end(grace) // its trials must settle while the server answers
		}
		cancel() // long polls end
		quiet, done := detached(ctx)
		defer done()
		return s.http.Shutdown(quiet)
	})
	return g.Wait()
}

// close lets go of what newServer opened, in the order that keeps rows last.
func (s *server) close() {
	if s.ln != nil {
		s.ln.Close()
	}
	if s.out != nil {
		s.out.Close()
	}
	if s.db != nil {
		s.db.Close()
	}
	if s.lock != nil {
		s.lock.Close()
	}
}
