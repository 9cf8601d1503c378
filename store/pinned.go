package store

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// pinned is a connection with its prepared statements. database/sql and gorm
// prepare anew what a transaction runs, and on SQLite that costs more than
// running it. It is used by one goroutine at a time.
type pinned struct {
	conn    *sql.Conn
	stmts   map[string]*sql.Stmt
	relaxed bool // commits need not reach the disk
}

// statementsKept bounds the statements of a connection; texts differ by how many
// rows they carry.
const statementsKept = 400

var _ gorm.ConnPool = (*pinned)(nil)

func pin(ctx context.Context, db *sql.DB) (*pinned, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &pinned{conn: conn, stmts: map[string]*sql.Stmt{}}, nil
}

func (p *pinned) close() error {
	p.forget()
	return p.conn.Close()
}

func (p *pinned) forget() {
	for text, st := range p.stmts {
		st.Close()
		delete(p.stmts, text)
	}
}

// PrepareContext gives the statement of a text; it belongs to the connection and
// is not for the caller to close.
func (p *pinned) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := p.stmts[text]; ok {
		return st, nil
	}
	if len(p.stmts) >= statementsKept {
		p.forget()
	}
	st, err := p.conn.PrepareContext(ctx, text)
	if err == nil {
		p.stmts[text] = st
	}
	return st, err
}

// ExecContext runs a statement without rows.
func (p *pinned) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	st, err := p.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, legible(args)...)
}

// QueryContext runs a statement with rows.
func (p *pinned) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	st, err := p.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, legible(args)...)
}

// QueryRowContext runs a statement with one row.
func (p *pinned) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	st, err := p.PrepareContext(ctx, text)
	if err != nil {
		return p.conn.QueryRowContext(ctx, text, args...) // which meets the same error
	}
	return st.QueryRowContext(ctx, legible(args)...)
}

// transact runs fn between BEGIN and COMMIT, or ROLLBACK when it fails.
func (p *pinned) transact(ctx context.Context, of *gorm.DB, begin string, fn func(*gorm.DB) error) error {
	if _, err := p.ExecContext(ctx, begin); err != nil {
		return err
	}
	done := false
	defer func() {
		if !done { // an error, or a panic on its way up
			p.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") //nolint:errcheck // SQLite may have rolled back by itself
		}
	}()
	db := of.Session(&gorm.Session{Context: ctx, NewDB: true})
	db.Statement.ConnPool = p
	if err := fn(db); err != nil {
		return err
	}
	_, err := p.ExecContext(ctx, "COMMIT")
	done = err == nil
	return err
}

// write is transact for the one writer, which waits for the disk when full says
// so: SQLite cannot change that within a transaction.
func (p *pinned) write(ctx context.Context, of *gorm.DB, full bool, fn func(*gorm.DB) error) error {
	if full == p.relaxed {
		mode := "FULL"
		if !full {
			mode = "NORMAL"
		}
		if _, err := p.ExecContext(ctx, "PRAGMA synchronous = "+mode); err != nil {
			return err
		}
		p.relaxed = !full
	}
	return p.transact(ctx, of, "BEGIN IMMEDIATE", fn)
}
