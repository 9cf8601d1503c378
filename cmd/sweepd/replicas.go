package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
)

// lately is how long ago another server of the same database must have been
// there to count: three times as long as one is silent with the usual leases.
const lately = 30 * time.Second

// identity is who this server is among those of its database: a name that the
// data directory keeps, and one of this start.
func (s *server) identity() (own, id string, err error) {
	b, err := os.ReadFile(s.place.file("identity"))
	if errors.Is(err, fs.ErrNotExist) {
		b = []byte(newRunID()[:8] + "\n")
		err = s.place.write("identity", b)
	}
	if err != nil {
		return "", "", err
	}
	own = strings.TrimSpace(string(b)) + "-"
	return own, own + newRunID()[:12], nil
}

// beside refuses to serve a PostgreSQL that a server with another data directory
// serves, since neither has the other's code, predictions and artifacts, unless
// the user says that they share them.
func (s *server) beside(ctx context.Context, own string) error {
	if s.cfg.DB == "" || s.cfg.SharedFiles {
		return nil
	}
	other, ago, err := s.db.OtherServer(ctx, own, lately)
	if err != nil || other == "" {
		return err
	}
	return fault.Conflictf("another server with files of its own (%s) used this database %s ago", other, ago.Round(time.Second)).
		Coded("other_server").At("--db").
		Fix("let workers use that one; if it is gone for good, try again in %s; where both see the same blobs and artifacts, give --shared-files", lately)
}
