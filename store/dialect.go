package store

import (
	"context"
	"embed"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

//go:embed migrations
var migrations embed.FS

// dialect is all that differs between the two databases. It is filled in
// postgres.go and sqlite.go; nothing else asks which one it is.
type dialect struct {
	name       string
	goose      goose.Dialect
	perSweep   bool   // a write locks one sweep's row, not the whole database
	dollars    bool   // parameters are $1, $2, ... and not ?
	skipLocked string // after a select of rows to claim
	lock       string // after a select of a row that this transaction may change
	lockShared string // after a select of a row that must not change before the commit
	bigint     string // cast of a parameter whose type nothing else tells
	double     string
	text       string
	like       string // pattern match, case-sensitive and without an escape: text, then a parameter
	// clock gives the database's time in microseconds as an argument of a
	// statement, now being the process's own.
	clock func(now time.Time) any
}

// pools are the handles of an open database.
type pools struct {
	w, r *gorm.DB // for single statements
	// write runs one transaction that writes, at most one at a time on SQLite.
	// full says that its commit must reach the disk.
	write func(ctx context.Context, full bool, fn func(*gorm.DB) error) error
	// read runs statements that see one moment.
	read  func(ctx context.Context, fn func(*gorm.DB) error) error
	close func() error
}

// open opens a database by its DSN: a URL of PostgreSQL or the path of a file.
func open(ctx context.Context, dsn string) (*dialect, *pools, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return openPostgres(ctx, dsn)
	}
	return openSQLite(ctx, dsn)
}

func (d *dialect) migrations() (fs.FS, error) { return fs.Sub(migrations, "migrations/"+d.name) }

// config is fresh for every handle: gorm writes its dialect into the one it is
// given, so that a shared one would join databases.
func config(prepare bool) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		PrepareStmt:            prepare,
		PrepareStmtMaxSize:     statementsKept,
		Logger:                 logger.Discard,
		DisableAutomaticPing:   true,
	}
}

// gooseOptions lets one server at a time migrate: PostgreSQL by a lock, SQLite
// by its one writer.
func (d *dialect) gooseOptions() ([]goose.ProviderOption, error) {
	if !d.perSweep {
		return nil, nil
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return []goose.ProviderOption{goose.WithSessionLocker(locker)}, nil
}
