// Package door is where trials talk to: a loopback HTTP server of their worker
// that stands for the real one. It answers reports from memory, forwards the
// rest, and holds and repeats what the server does not answer, so that user code
// never sees a server that restarts. Each attempt has a gate, found by its
// bearer token. It knows neither MLflow's requests nor what a report means.
package door

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
)

// Config is what a door needs.
type Config struct {
	Upstream  *url.URL          // base address of the server
	Transport http.RoundTripper // nil: one of its own
	Spool     string            // folder for request bodies that do not fit in memory
	Log       *slog.Logger      // nil: silent
	Now       func() time.Time  // nil: time.Now
}

// Door is the loopback server.
type Door struct {
	cfg    Config
	listen net.Listener
	server *http.Server
	ctx    context.Context // ends with the door; held requests are given up
	cancel context.CancelFunc
	served sync.WaitGroup

	mu    sync.Mutex
	gates map[string]*Gate // by token
}

// New opens a door on a free loopback port. Close it.
func New(cfg Config) (*Door, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute, DisableCompression: true}
	}
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the door for trials: %w", err)
	}
	d := &Door{cfg: cfg, listen: listen, gates: map[string]*Gate{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: time.Minute}
	d.served.Go(func() { d.server.Serve(listen) }) //nolint:errcheck // ends with ErrServerClosed
	return d, nil
}

// URL is the base address that trials are given.
func (d *Door) URL() string { return "http://" + d.listen.Addr().String() }

// Close ends the door and gives up what it holds.
func (d *Door) Close() {
	d.cancel()
	d.server.Close()
	d.served.Wait()
}

// Open makes the gate of an attempt. told is called, from any goroutine, when
// the server says in its answer to a report that the trial should stop.
func (d *Door) Open(token string, told func(reason string)) *Gate {
	g := &Gate{door: d, token: token, told: told, wake: make(chan struct{}, 1), idle: make(chan struct{}, 1)}
	g.ctx, g.cancel = context.WithCancel(d.ctx)
	g.sender.Go(g.send)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gates[token] = g
	return g
}

// ServeHTTP finds the gate by its token.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	d.mu.Lock()
	g := d.gates[token]
	d.mu.Unlock()
	switch {
	case !ok || token == "":
		problem(w, http.StatusUnauthorized, fault.Deniedf("no token").Fix("send SWEEPD_TOKEN (MLflow: MLFLOW_TRACKING_TOKEN) as a bearer token"))
	case g == nil:
		problem(w, http.StatusConflict, fault.Stalef("no attempt with this token runs here").Fix("a process that outlived its trial has nothing to say any more"))
	case r.Method == http.MethodPost && r.URL.Path == "/api/v1/report":
		g.report(w, r)
	default:
		g.forward(w, r)
	}
}
