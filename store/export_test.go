package store

import "context"

// Intern makes a shape of needs, as a sweep of old has left it.
func Intern(ctx context.Context, s *DB, needs string) error {
	return s.write(ctx, 0, false, func(t *tx) error {
		_, err := t.exec("INSERT INTO shapes (needs) VALUES (?)", needs)
		return err
	})
}
