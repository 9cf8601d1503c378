package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/driver/postgres"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"modernc.org/sqlite"
)

//go:embed migrations
var migrations embed.FS

// dialect is all that differs between the two databases. No other file asks
// which one it is.
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
	read       *sql.TxOptions // of a read that sees one moment
	jsonText   string         // format of a member of a JSON text column, as text: column, then a parameter for its name
	isNumber   string         // format of "this text is a number"
	asNumber   string         // format of this text as a number
	like       string         // pattern match, case-sensitive and without an escape: text, then a parameter
	// clock gives the database's time in microseconds as an argument of a
	// statement, now being the process's own.
	clock func(now time.Time) any
	// durable says, before a transaction begins, whether its commit must reach
	// the disk. nil: it always does.
	durable func(ctx context.Context, w *gorm.DB, full bool) error
}

// pools are the handles of an open database: w writes, r reads.
type pools struct {
	w, r  *gorm.DB
	close func() error
}

// open opens a database by its DSN: a URL of PostgreSQL or the path of a file.
func open(ctx context.Context, dsn string) (*dialect, *pools, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return openPostgres(ctx, dsn)
	}
	return openSQLite(dsn)
}

func (d *dialect) migrations() (fs.FS, error) { return fs.Sub(migrations, "migrations/"+d.name) }

// config is fresh for every handle: gorm writes its dialect into the one it is
// given, so that a shared one would join databases.
func config(prepare bool) *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		PrepareStmt:            prepare,
		PrepareStmtMaxSize:     400,
		Logger:                 logger.Discard,
		DisableAutomaticPing:   true,
	}
}

func postgresDialect() *dialect {
	return &dialect{
		name: "postgres", goose: goose.DialectPostgres, perSweep: true, dollars: true,
		skipLocked: " FOR UPDATE SKIP LOCKED", lock: " FOR UPDATE", lockShared: " FOR SHARE",
		bigint: "CAST(? AS BIGINT)", double: "CAST(? AS DOUBLE PRECISION)", text: "CAST(? AS TEXT)",
		read:     &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true},
		jsonText: "((%s)::jsonb ->> ?)",
		isNumber: `%s ~ '^[-+]{0,1}([0-9]+[.]{0,1}[0-9]*|[.][0-9]+)([eE][-+]{0,1}[0-9]+){0,1}$'`,
		asNumber: "CAST(%s AS DOUBLE PRECISION)",
		like:     "%s LIKE ? ESCAPE ''",
		clock: func(time.Time) any {
			return clause.Expr{SQL: "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"}
		},
	}
}

// openPostgres opens one pool: PostgreSQL needs no other for reading.
func openPostgres(ctx context.Context, dsn string) (*dialect, *pools, error) {
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, nil, fmt.Errorf("read the address of PostgreSQL: %w", err)
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.StatementCacheCapacity = 400
	cfg.MaxConns = max(cfg.MaxConns, 16)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	conn := stdlib.OpenDBFromPool(pool)
	if err := conn.PingContext(ctx); err != nil {
		pool.Close()
		return nil, nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	db, err := gorm.Open(postgres.New(postgres.Config{Conn: conn}), config(false))
	if err != nil {
		pool.Close()
		return nil, nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return postgresDialect(), &pools{w: db, r: db, close: func() error {
		err := conn.Close()
		pool.Close()
		return err
	}}, nil
}

const (
	sqliteReaders = 4
	sqlitePragmas = "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)&_pragma=case_sensitive_like(1)"
)

func sqliteDialect() *dialect {
	full := true // of the one writing connection; group commit lets one in at a time
	return &dialect{
		name: "sqlite", goose: goose.DialectSQLite3,
		bigint: "?", double: "?", text: "?",
		read:     &sql.TxOptions{ReadOnly: true},
		jsonText: `(SELECT CASE WHEN type IN ('true', 'false') THEN type ELSE CAST(atom AS TEXT) END FROM json_each(%s) WHERE key = ?)`,
		isNumber: `(typeof(%[1]s + 0) <> 'text' AND CAST(%[1]s AS TEXT) GLOB '[-+.0-9]*' AND CAST(%[1]s AS TEXT) NOT GLOB '*[^-+.0-9eE]*')`,
		asNumber: "CAST(%s AS REAL)",
		like:     "%s LIKE ?",
		clock:    func(now time.Time) any { return now.UnixMicro() },
		durable: func(ctx context.Context, w *gorm.DB, want bool) error {
			if want == full {
				return nil
			}
			mode := "NORMAL"
			if want {
				mode = "FULL"
			}
			if err := w.WithContext(ctx).Exec("PRAGMA synchronous = " + mode).Error; err != nil {
				return err
			}
			full = want
			return nil
		},
	}
}

// openSQLite opens one writing connection and a few that only read. Writers
// queue in Go, where waiting is fair and cheap, and not in SQLite's busy loop.
func openSQLite(path string) (*dialect, *pools, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	file := (&url.URL{Scheme: "file", Path: abs}).String()
	handle := func(params string, conns int) (*gorm.DB, *sql.DB, error) {
		conn, err := sql.Open("sqlite", file+"?"+sqlitePragmas+"&"+params)
		if err != nil {
			return nil, nil, err
		}
		conn.SetMaxOpenConns(conns)
		conn.SetMaxIdleConns(conns)
		db, err := gorm.Open(sqliteDialector{gormsqlite.Dialector{DriverName: "sqlite", Conn: conn}}, config(true))
		if err != nil {
			conn.Close()
			return nil, nil, fmt.Errorf("open %s: %w", path, err)
		}
		return db, conn, nil
	}
	w, wConn, err := handle("_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate", 1)
	if err != nil {
		return nil, nil, err
	}
	r, rConn, err := handle("mode=ro", sqliteReaders)
	if err != nil {
		wConn.Close()
		return nil, nil, err
	}
	return sqliteDialect(), &pools{w: w, r: r, close: func() error {
		return errors.Join(rConn.Close(), wConn.Close())
	}}, nil
}

// sqliteDialector tells gorm what modernc's error codes mean; its own dialector
// knows another driver's.
type sqliteDialector struct{ gormsqlite.Dialector }

// SQLite's extended result codes, https://www.sqlite.org/rescode.html.
const (
	constraintCheck      = 275
	constraintForeignKey = 787
	constraintPrimaryKey = 1555
	constraintUnique     = 2067
)

// Translate makes gorm's errors of SQLite's.
func (sqliteDialector) Translate(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case constraintPrimaryKey, constraintUnique:
		return fmt.Errorf("%w: %w", gorm.ErrDuplicatedKey, err)
	case constraintForeignKey:
		return fmt.Errorf("%w: %w", gorm.ErrForeignKeyViolated, err)
	case constraintCheck:
		return fmt.Errorf("%w: %w", gorm.ErrCheckConstraintViolated, err)
	}
	return err
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
