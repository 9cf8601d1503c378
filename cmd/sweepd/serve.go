package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// serveCmd is the verb serve.
type serveCmd struct {
	Addr     string        `help:"Address to listen on; port 0 picks a free one." default:"127.0.0.1:8080" env:"SWEEPD_ADDR"`
	PortFile string        `help:"Write the port to this file once it is ready." type:"path"`
	DB       string        `help:"postgres://... instead of the SQLite file in the data directory." env:"SWEEPD_DB"`
	Slots    int           `help:"Run a worker inside with this many slots." default:"0"`
	GPUs     string        `help:"GPUs of that worker: all, none, a number, or indices and UUIDs." name:"gpus" default:"auto"`
	LeaseTTL time.Duration `help:"How long a lease lives without a heartbeat, at least 5s." default:"60s"`
	Host     []string      `help:"Another host name this server answers to."`

	SharedFiles bool `help:"Other servers use the same database and see the same blobs and artifacts in their data directories."`
}

// Run serves until SIGTERM or Ctrl-C.
func (c *serveCmd) Run(e *env) error {
	ctx, stop := signal.NotifyContext(e.ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := newServer(ctx, serverConfig{
		Dir: e.Dir, Addr: c.Addr, DB: c.DB, Slots: c.Slots, GPUs: c.GPUs, TTL: c.LeaseTTL, Hosts: c.Host, PortFile: c.PortFile, Log: e.log,
		SharedFiles: c.SharedFiles,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "sweepd %s serves %s at %s\n", version(), e.Dir, s.URL())
	return s.Run(ctx)
}

// grace is how long a server that ends waits for answers under way.
const grace = 5 * time.Second

// detached outlives a cancelled context by the grace, for what must still be
// written.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), grace)
}
