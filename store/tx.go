package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

	"github.com/sweepd/sweepd/internal/fault"
)

// tx is a transaction that writes. Sweeps are locked in it at their first
// change, and their counters are kept in memory until it commits.
type tx struct {
	ctx    context.Context
	db     *gorm.DB
	s      *DB
	now    time.Time
	sweeps map[int64]*sweepRow
	wrote  bool // this member has written
}

// exec runs a statement and gives how many rows it touched.
func (t *tx) exec(sql string, args ...any) (int64, error) {
	t.wrote = true
	res := t.db.Exec(sql, args...)
	return res.RowsAffected, res.Error
}

// scan reads rows into a pointer to a slice, struct or value, and tells how many
// there were.
func (t *tx) scan(into any, sql string, args ...any) (int64, error) {
	res := t.db.Raw(sql, args...).Scan(into)
	return res.RowsAffected, res.Error
}

// change is scan for a statement that writes and returns rows.
func (t *tx) change(into any, sql string, args ...any) (int64, error) {
	t.wrote = true
	return t.scan(into, sql, args...)
}

// clock is the time by which leases are kept, as an argument of a statement.
func (t *tx) clock() any { return t.s.d.clock(t.now) }

// sweep locks a sweep's row, takes its next change number once per transaction,
// and gives the row; what is set in it is stored at the commit.
func (t *tx) sweep(no int64) (*sweepRow, error) {
	if sw := t.sweeps[no]; sw != nil {
		t.wrote = true
		return sw, nil
	}
	var sw sweepRow
	n, err := t.change(&sw, "UPDATE sweeps SET seq = seq + 1 WHERE no = ? RETURNING *", no)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, fault.NotFoundf("there is no sweep number %d", no)
	}
	t.sweeps[no] = &sw
	return &sw, nil
}

// lockSweep keeps other writers of a sweep out where a group does not already,
// without changing it. It comes before the lock of any row of the sweep.
func (t *tx) lockSweep(no int64) error {
	if !t.s.d.perSweep || t.sweeps[no] != nil {
		return nil
	}
	var got int64
	_, err := t.scan(&got, "SELECT no FROM sweeps WHERE no = ?"+t.s.d.lock, no)
	return err
}

// flush stores the sweeps' rows.
func (t *tx) flush() error {
	for _, no := range slices.Sorted(maps.Keys(t.sweeps)) {
		sw := t.sweeps[no]
		if err := t.db.Model(sw).Select("*").Updates(sw).Error; err != nil {
			return err
		}
	}
	return nil
}

// commit runs members in one transaction. A member that is refused before it
// wrote anything leaves the others alone; any other error undoes the group, and
// its members run again one by one, unless the database is away, which they need
// not find out each by itself.
func (s *DB) commit(ctx context.Context, members []*member) {
	ctx = context.WithoutCancel(ctx) // the others' too
	err := away(s.together(ctx, members))
	if err == nil {
		return
	}
	if fault.Is(err, fault.Unavailable) && !collided(err) {
		for _, m := range members {
			m.err = err
		}
		return
	}
	if len(members) == 1 {
		for try := 0; try < 5 && collided(err); try++ {
			if err = away(s.together(ctx, members)); err == nil {
				return
			}
		}
		members[0].err = err
		return
	}
	for _, m := range members {
		s.commit(ctx, []*member{m})
	}
}

// together is one transaction of a group; its error undoes all of it.
func (s *DB) together(ctx context.Context, members []*member) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Newf(fault.Internal, "a write panicked: %v", p)
		}
	}()
	full := slices.ContainsFunc(members, func(m *member) bool { return m.full })
	var changed []int64
	err = s.pools.write(ctx, full, func(db *gorm.DB) error {
		t := &tx{ctx: ctx, db: db, s: s, now: s.now().UTC(), sweeps: map[int64]*sweepRow{}}
		for _, m := range members {
			t.wrote = false
			m.err = m.fn(t)
			if m.err != nil && (t.wrote || len(members) == 1 || !refusal(m.err)) {
				return m.err
			}
		}
		changed = slices.Collect(maps.Keys(t.sweeps))
		return t.flush()
	})
	if err == nil && len(changed) > 0 && s.OnChange != nil {
		s.OnChange(changed...)
	}
	return err
}

// collided tells whether PostgreSQL gave up on a transaction because of another:
// a deadlock, or a row that both found missing and made. The second of them sees
// the row of the first when it runs again.
func collided(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01" || e.Code == "23505")
}
