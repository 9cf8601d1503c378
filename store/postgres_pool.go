package store

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// postgresPool is what gorm runs statements on: their arguments are legible, and
// errors say when PostgreSQL is away. gorm translates no error of a query by
// itself.
type postgresPool struct{ *sql.DB }

var (
	_ gorm.ConnPoolBeginner = postgresPool{}
	_ gorm.GetDBConnector   = postgresPool{}
	_ gorm.TxCommitter      = (*postgresTx)(nil)
)

// GetDBConn gives the pool itself.
func (p postgresPool) GetDBConn() (*sql.DB, error) { return p.DB, nil }

// BeginTx begins a transaction that is like the pool.
func (p postgresPool) BeginTx(ctx context.Context, o *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := p.DB.BeginTx(ctx, o)
	if err != nil {
		return nil, away(err)
	}
	return &postgresTx{tx}, nil
}

// ExecContext runs a statement without rows.
func (p postgresPool) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	res, err := p.DB.ExecContext(ctx, text, legible(args)...)
	return res, away(err)
}

// QueryContext runs a statement with rows.
func (p postgresPool) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	rows, err := p.DB.QueryContext(ctx, text, legible(args)...)
	return rows, away(err)
}

// QueryRowContext runs a statement with one row.
func (p postgresPool) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	return p.DB.QueryRowContext(ctx, text, legible(args)...)
}

// postgresTx is a transaction of a postgresPool.
type postgresTx struct{ *sql.Tx }

// ExecContext runs a statement without rows.
func (t *postgresTx) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	res, err := t.Tx.ExecContext(ctx, text, legible(args)...)
	return res, away(err)
}

// QueryContext runs a statement with rows.
func (t *postgresTx) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	rows, err := t.Tx.QueryContext(ctx, text, legible(args)...)
	return rows, away(err)
}

// QueryRowContext runs a statement with one row.
func (t *postgresTx) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	return t.Tx.QueryRowContext(ctx, text, legible(args)...)
}
