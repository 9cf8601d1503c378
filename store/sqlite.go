package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite"
)

const (
	sqliteReaders = 4
	sqlitePragmas = "_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=cache_size(-65536)&_pragma=case_sensitive_like(1)"
)

func sqliteDialect() *dialect {
	return &dialect{
		name: "sqlite", goose: goose.DialectSQLite3,
		bigint: "?", double: "?", text: "?",
		like:  "%s LIKE ?",
		clock: func(now time.Time) any { return now.UnixMicro() },
	}
}

// openSQLite opens one writing connection and a few that only read. Writers
// queue in Go, where waiting is fair and cheap, and not in SQLite's busy loop.
func openSQLite(ctx context.Context, path string) (*dialect, *pools, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, err
	}
	// It holds keys, so it is its owner's alone; SQLite gives its other files the
	// same permissions.
	made, err := os.OpenFile(abs, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	if err := made.Close(); err != nil {
		return nil, nil, err
	}
	file := (&url.URL{Scheme: "file", Path: abs}).String()
	// One connection more than those that are pinned: migrations and single
	// statements use it.
	w, wConn, err := sqliteHandle(file+"?"+sqlitePragmas+"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate", 2)
	if err != nil {
		return nil, nil, fmt.Errorf("open %s: %w", path, err)
	}
	r, rConn, err := sqliteHandle(file+"?"+sqlitePragmas+"&mode=ro", 2*sqliteReaders)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open %s: %w", path, err), wConn.Close())
	}
	closeAll := func() error { return errors.Join(rConn.Close(), wConn.Close()) }
	writer, err := pin(ctx, wConn)
	if err != nil {
		return nil, nil, errors.Join(err, closeAll())
	}
	readers := make(chan *pinned, sqliteReaders)
	for range sqliteReaders {
		p, err := pin(ctx, rConn)
		if err != nil {
			return nil, nil, errors.Join(err, closeAll())
		}
		readers <- p
	}
	return sqliteDialect(), &pools{
		w: w, r: r,
		write: func(ctx context.Context, full bool, fn func(*gorm.DB) error) error {
			return writer.write(ctx, w, full, fn)
		},
		read: func(ctx context.Context, fn func(*gorm.DB) error) error {
			select {
			case p := <-readers:
				defer func() { readers <- p }()
				return p.transact(ctx, r, "BEGIN", fn)
			case <-ctx.Done():
				return ctx.Err()
			}
		},
		close: func() error {
			errs := []error{writer.close()}
			for range sqliteReaders {
				errs = append(errs, (<-readers).close())
			}
			return errors.Join(append(errs, closeAll())...)
		},
	}, nil
}

func sqliteHandle(dsn string, conns int) (*gorm.DB, *sql.DB, error) {
	conn, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, nil, err
	}
	conn.SetMaxOpenConns(conns)
	conn.SetMaxIdleConns(conns)
	db, err := gorm.Open(sqliteDialector{gormsqlite.Dialector{DriverName: "sqlite", Conn: conn}}, config(true))
	if err != nil {
		return nil, nil, errors.Join(err, conn.Close())
	}
	return db, conn, nil
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
	return away(err)
}
