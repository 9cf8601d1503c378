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

// OtherServer finds a server that was there less than within ago and whose ID
// does not begin with own, the last one seen, and tells how long ago that was;
// "" when there is none.
func (s *DB) OtherServer(ctx context.Context, own string, within time.Duration) (id string, ago time.Duration, err error) {
	var row struct {
		ID  string
		Ago int64
	}
	now := s.d.clock(s.now())
	err = s.reader(ctx).Raw("SELECT id, ? - seen_at AS ago FROM servers WHERE seen_at > ? - ? AND substr(id, 1, ?) <> ? ORDER BY seen_at DESC LIMIT 1",
		now, now, within.Microseconds(), len(own), own).Scan(&row).Error
	return row.ID, max(0, time.Duration(row.Ago)*time.Microsecond), err
}
