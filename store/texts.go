package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// PostgreSQL keeps no NUL and nothing that is not UTF-8 in a text, and refuses
// the whole transaction that tries. Users' programs write such things: into a
// param, a tag, the last line of a log. Both databases keep U+FFFD in their
// place, so that no settle ever fails by a byte.

// legible gives the arguments of a statement with texts that any database keeps.
// The slice is copied only when something is replaced.
func legible(args []any) []any {
	copied := false
	for i, a := range args {
		var text string
		switch x := a.(type) {
		case string:
			text = x
		case *string:
			if x == nil {
				continue
			}
			text = *x
		default:
			continue
		}
		if kept := legibleText(text); kept != text {
			if !copied {
				args, copied = slices.Clone(args), true
			}
			args[i] = kept
		}
	}
	return args
}

func legibleText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// legiblePool is a pool whose statements take legible arguments.
type legiblePool struct{ *sql.DB }

var (
	_ gorm.ConnPoolBeginner = legiblePool{}
	_ gorm.GetDBConnector   = legiblePool{}
	_ gorm.TxCommitter      = (*legibleTx)(nil)
)

// GetDBConn gives the pool itself.
func (p legiblePool) GetDBConn() (*sql.DB, error) { return p.DB, nil }

// BeginTx begins a transaction whose statements take legible arguments too.
func (p legiblePool) BeginTx(ctx context.Context, o *sql.TxOptions) (gorm.ConnPool, error) {
	tx, err := p.DB.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return &legibleTx{tx}, nil
}

// ExecContext runs a statement without rows.
func (p legiblePool) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return p.DB.ExecContext(ctx, text, legible(args)...)
}

// QueryContext runs a statement with rows.
func (p legiblePool) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return p.DB.QueryContext(ctx, text, legible(args)...)
}

// QueryRowContext runs a statement with one row.
func (p legiblePool) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	return p.DB.QueryRowContext(ctx, text, legible(args)...)
}

// legibleTx is a transaction of a legiblePool.
type legibleTx struct{ *sql.Tx }

// ExecContext runs a statement without rows.
func (t *legibleTx) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return t.Tx.ExecContext(ctx, text, legible(args)...)
}

// QueryContext runs a statement with rows.
func (t *legibleTx) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return t.Tx.QueryContext(ctx, text, legible(args)...)
}

// QueryRowContext runs a statement with one row.
func (t *legibleTx) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	return t.Tx.QueryRowContext(ctx, text, legible(args)...)
}
