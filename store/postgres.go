package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/sweepd/sweepd/internal/fault"
)

// patience is the longest a group's transaction may take: its members' own
// contexts must not end what belongs to others as well.
const patience = time.Minute

var errImpatient = fault.Unavailablef("the database took longer than %s over a change", patience).Coded("database_away")

func postgresDialect() *dialect {
	return &dialect{
		name: "postgres", goose: goose.DialectPostgres, perSweep: true, dollars: true,
		skipLocked: " FOR UPDATE SKIP LOCKED", lock: " FOR UPDATE", lockShared: " FOR SHARE",
		bigint: "CAST(? AS BIGINT)", double: "CAST(? AS DOUBLE PRECISION)", text: "CAST(? AS TEXT)",
		like: "%s LIKE ? ESCAPE ''",
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
	cfg.ConnConfig.StatementCacheCapacity = statementsKept
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
	db, err := gorm.Open(postgresDialector{&postgres.Dialector{Config: &postgres.Config{Conn: postgresPool{conn}}}}, config(false))
	if err != nil {
		pool.Close()
		return nil, nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	return postgresDialect(), &pools{
		w: db, r: db,
		write: func(ctx context.Context, _ bool, fn func(*gorm.DB) error) error {
			ctx, cancel := context.WithTimeoutCause(ctx, patience, errImpatient)
			defer cancel()
			err := db.WithContext(ctx).Transaction(fn)
			if err != nil && context.Cause(ctx) == errImpatient {
				return errImpatient
			}
			return err
		},
		read: func(ctx context.Context, fn func(*gorm.DB) error) error {
			return db.WithContext(ctx).Transaction(fn, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		},
		close: func() error {
			err := conn.Close()
			pool.Close()
			return err
		},
	}, nil
}
