package store

import (
	"context"
	"fmt"

	"github.com/pressly/goose/v3"
)

// Migrate brings the database to this program's schema, one numbered file after
// the other. Two servers that start at once migrate once.
func (s *DB) Migrate(ctx context.Context) error {
	files, err := s.d.migrations()
	if err != nil {
		return err
	}
	conn, err := s.pools.w.DB()
	if err != nil {
		return err
	}
	options, err := s.d.gooseOptions()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(s.d.goose, conn, files, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}
