package main

import (
	"errors"
	"fmt"
	"io"
)

// migrateCmd is the verb migrate. serve and run migrate by themselves; this is
// for whoever wants it to be a step of its own.
type migrateCmd struct {
	DB string `help:"postgres://... instead of the SQLite file in the data directory." env:"SWEEPD_DB"`
}

// Run migrates the database. A directory that is served is refused.
func (c *migrateCmd) Run(e *env) error {
	p := place{e.Dir}
	lock, err := p.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	db, err := openDB(e.ctx, p, c.DB, e.log)
	if err != nil {
		return err
	}
	err = e.print(map[string]any{"database": db.Dialect(), "version": version()}, func(w io.Writer) {
		fmt.Fprintf(w, "the %s database has the schema of sweepd %s\n", db.Dialect(), version())
	})
	return errors.Join(err, db.Close())
}
