package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/store"
)

// reachDB is how long a database may take to answer for the first time.
const reachDB = 15 * time.Second

// openDB opens the database that --db names, else the directory's own, with the
// schema of this version.
func openDB(ctx context.Context, p place, db string, log *slog.Logger) (*store.DB, error) {
	dsn, where := db, "--db"
	switch {
	case db == "":
		dsn = p.file("sweepd.db")
		where = dsn
	case !strings.HasPrefix(db, "postgres://") && !strings.HasPrefix(db, "postgresql://"):
		return nil, fault.Invalidf("%.20q is no address of a database that is known here", db).At(where).
			Fix("write postgres://user:password@host:5432/name, or leave it out for SQLite in %s", p.dir)
	}
	opening, cancel := context.WithTimeout(ctx, reachDB)
	defer cancel()
	out, err := store.Open(opening, store.Options{DSN: dsn, Log: log})
	if err == nil {
		if err = out.Migrate(ctx); err != nil {
			err = errors.Join(err, out.Close())
		}
	}
	switch {
	case err == nil:
		return out, nil
	case fault.Of(err) != nil:
		return nil, err
	case db == "":
		return nil, fault.Invalidf("the database cannot be opened").Coded("database").At(where).Because(err).
			Fix("look at who owns it and whether the disk is full; another --dir begins with an empty one")
	}
	return nil, fault.Unavailablef("the database cannot be used").Coded("database").At(where).Because(err).
		Fix("look at host, port, name, user and password in it")
}
