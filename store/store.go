// Package store keeps everything that must outlive a process in one database,
// SQLite or PostgreSQL: sweeps and their trials, leases, readings, and the
// tracker's experiments, runs and points. It implements scheduler.Store,
// trials.Reader, tracking.Store and the directories of tokens and workers.
//
// It decides nothing: every write carries its guard in its WHERE, and what a
// guard refuses is told to the caller. Bytes of logs, artifacts and code are
// kept elsewhere.
package store

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Options says which database to open.
type Options struct {
	// DSN is the path of a SQLite file, which is made when missing, or the URL of
	// a PostgreSQL database (postgres://...).
	DSN string
	// Log takes what no caller can be told. nil drops it.
	Log *slog.Logger
	// Now is the clock of the process; nil is time.Now. Leases are kept by the
	// database's own clock on PostgreSQL.
	Now func() time.Time
}

// DB is an open database. Its methods may be called by any number of
// goroutines. Migrate comes before everything else.
type DB struct {
	// OnChange is called after each commit that changed sweeps, with their
	// numbers. It must not block and is set before the first use. nil: nobody
	// listens.
	OnChange func(sweeps ...int64)

	d     *dialect
	pools *pools
	log   *slog.Logger
	now   func() time.Time
	lanes *lanes
	specs specs
	keys  metricKeys
	needs shapes
	runs  runRefs

	trials trialRefs
}

// Open opens the database. It reads and writes nothing yet: see Migrate.
func Open(ctx context.Context, o Options) (*DB, error) {
	d, p, err := open(ctx, o.DSN)
	if err != nil {
		return nil, err
	}
	s := &DB{d: d, pools: p, log: o.Log, now: o.Now}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.specs.most = specsKept
	s.lanes = newLanes(s.commit)
	return s, nil
}

// Close waits for statements under way and closes the database.
func (s *DB) Close() error { return s.pools.close() }

// Ping tells whether the database answers.
func (s *DB) Ping(ctx context.Context) error {
	var one int
	return s.reader(ctx).Raw("SELECT 1").Scan(&one).Error
}

// Dialect names the database: sqlite or postgres.
func (s *DB) Dialect() string { return s.d.name }

// reader is the handle for reading one thing.
func (s *DB) reader(ctx context.Context) *gorm.DB { return s.pools.r.WithContext(ctx) }

// snapshot reads several things as they were at one moment.
func (s *DB) snapshot(ctx context.Context, read func(*gorm.DB) error) error {
	return s.pools.read(ctx, read)
}

// write runs one member of a group of the sweep, or of the whole database when
// sweep is 0. full says that it decides or settles something, so that its commit
// must be on the disk before the answer. fn may run more than once and sets what
// it answers anew each time.
func (s *DB) write(ctx context.Context, sweep int64, full bool, fn func(*tx) error) error {
	m := &member{full: full, fn: fn}
	if s.d.perSweep && sweep == 0 {
		s.commit(ctx, []*member{m})
		return m.err
	}
	if !s.d.perSweep {
		sweep = 0
	}
	return s.lanes.do(ctx, sweep, m)
}

// cache is a map that is emptied when it has grown too large: what it holds can
// always be read again.
type cache[K comparable, V any] struct {
	most int // entries; 0 is cacheLimit
	mu   sync.RWMutex
	m    map[K]V
}

const (
	cacheLimit = 100_000
	specsKept  = 200 // one may be a megabyte
)

func (c *cache[K, V]) get(k K) (V, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	v, ok := c.m[k]
	return v, ok
}

func (c *cache[K, V]) put(k K, v V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	most := c.most
	if most == 0 {
		most = cacheLimit
	}
	if c.m == nil || len(c.m) >= most {
		c.m = map[K]V{}
	}
	c.m[k] = v
}
