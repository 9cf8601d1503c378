package store

import (
	"context"
	"time"
)

// Serving keeps this server's row fresh. alone tells whether no other server was
// fresh when this one started, so that leases may have ended only because nobody
// took heartbeats: then one TTL of grace. On SQLite it always was alone.
func (s *DB) Serving(ctx context.Context, id string, ttl time.Duration) (alone bool, err error) {
	err = s.write(ctx, 0, false, func(t *tx) error {
		n, err := t.change(&alone, "UPDATE servers SET seen_at = ? WHERE id = ? RETURNING alone", t.clock(), id)
		if err != nil || n > 0 {
			return err
		}
		var others int
		if _, err := t.scan(&others, "SELECT COUNT(*) FROM servers WHERE seen_at > ? - ?", t.clock(), (ttl / 2).Microseconds()); err != nil {
			return err
		}
		alone = others == 0 || !t.s.d.perSweep
		if _, err := t.exec("DELETE FROM servers WHERE seen_at < ? - ?", t.clock(), (24 * time.Hour).Microseconds()); err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO servers (id, alone, seen_at) VALUES (?, ?, ?)", id, alone, t.clock())
		return err
	})
	return alone, err
}
