package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
)

// Sweep finds a sweep by its ID, a unique prefix of it, or "@last".
func (s *DB) Sweep(ctx context.Context, id string) (*trials.Sweep, error) {
	db := s.reader(ctx)
	var rows []sweepRow
	q := db.Raw("SELECT * FROM sweeps WHERE id >= ? AND id < ? ORDER BY id LIMIT 4", id, id+"\x7f")
	if id == "@last" {
		q = db.Raw("SELECT * FROM sweeps ORDER BY no DESC LIMIT 1")
	}
	if err := q.Scan(&rows).Error; err != nil {
		return nil, err
	}
	switch {
	case len(rows) == 0:
		return nil, s.noSweep(db, id)
	case len(rows) > 1 && rows[0].ID != id:
		names := make([]string, 0, 3)
		for _, r := range rows[:min(3, len(rows))] {
			names = append(names, r.ID)
		}
		return nil, fault.Invalidf("%q is the beginning of several sweeps", id).Coded("ambiguous_id").Fix("say more of it: %s", strings.Join(names, ", "))
	}
	e, err := s.specs.of(db, rows[0].No)
	if err != nil {
		return nil, err
	}
	out := rows[0].noun(e)
	return &out, nil
}

// noSweep says that there is no such sweep and names the nearest.
func (s *DB) noSweep(db *gorm.DB, id string) error {
	if id == "@last" {
		return fault.NotFoundf("there is no sweep yet")
	}
	var ids []string
	if err := db.Raw("SELECT id FROM sweeps ORDER BY no DESC LIMIT 1000").Scan(&ids).Error; err != nil {
		return err
	}
	return fault.NotFoundf("there is no sweep %s", id).Fix("%s", fault.DidYouMean(id, ids))
}

// Sweeps lists sweeps, the newest first.
func (s *DB) Sweeps(ctx context.Context, q trials.SweepQuery) ([]trials.Sweep, string, error) {
	where, args := []string{"1 = 1"}, []any{}
	if q.State != "" {
		where, args = append(where, "state = ?"), append(args, string(q.State))
	}
	if q.Name != "" {
		where, args = append(where, "LOWER(name) LIKE ? ESCAPE '!'"), append(args, "%"+escapeLike(strings.ToLower(q.Name))+"%")
	}
	if q.Page != "" {
		no, err := wholeNumber(q.Page)
		if err != nil {
			return nil, "", err
		}
		where, args = append(where, "no < ?"), append(args, no)
	}
	limit := min(max(q.Limit, 1), 1000)
	db := s.reader(ctx)
	var rows []sweepRow
	if err := db.Raw("SELECT * FROM sweeps WHERE "+strings.Join(where, " AND ")+" ORDER BY no DESC LIMIT ?", append(args, limit+1)...).Scan(&rows).Error; err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		next = pageKey(rows[limit-1].No)
	}
	out, err := nouns(rows, func(r *sweepRow) (trials.Sweep, error) {
		e, err := s.specs.of(db, r.No)
		return r.noun(e), err
	})
	return out, next, err
}

// Stages gives the stages and branches of a sweep in their order.
func (s *DB) Stages(ctx context.Context, sweep int64) (st []trials.Stage, br []trials.Branch, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		st, br, err = stagesOf(db, sweep)
		return err
	})
	return st, br, err
}

// Trial gives one trial with its attempts, the oldest first.
func (s *DB) Trial(ctx context.Context, sweep int64, number int) (*trials.Trial, []trials.Attempt, error) {
	var tr trials.Trial
	var at []trials.Attempt
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		var row trialRow
		res := db.Raw("SELECT * FROM trials WHERE sweep = ? AND number = ?", sweep, number).Scan(&row)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			var made int
			if err := db.Raw("SELECT created FROM sweeps WHERE no = ?", sweep).Scan(&made).Error; err != nil {
				return err
			}
			return fault.NotFoundf("the sweep has no trial %d", number).Fix("it has %s so far", plural(made, "trial"))
		}
		var rows []attemptRow
		if err := db.Raw("SELECT * FROM attempts WHERE trial = ? ORDER BY number", row.No).Scan(&rows).Error; err != nil {
			return err
		}
		var err error
		if tr, err = row.noun(); err != nil {
			return err
		}
		at, err = nouns(rows, (*attemptRow).noun)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return &tr, at, nil
}

// Decisions gives log entries after a change number, the oldest first; of one
// trial when number is not 0.
func (s *DB) Decisions(ctx context.Context, sweep int64, number int, after int64, limit int) ([]trials.Decision, error) {
	text, args := "SELECT * FROM decisions WHERE sweep = ? AND seq > ?", []any{sweep, after}
	if number != 0 {
		text, args = text+" AND trial = ?", append(args, number)
	}
	var rows []decisionRow
	err := s.reader(ctx).Raw(text+" ORDER BY seq, no LIMIT ?", append(args, min(max(limit, 1), 10000))...).Scan(&rows).Error
	return plain(rows, (*decisionRow).noun), err
}

// Ensembles gives the sweep's ensembles in the order in which they were built.
func (s *DB) Ensembles(ctx context.Context, sweep int64) ([]trials.Ensemble, error) {
	var rows []struct {
		No   int64
		Body string
	}
	if err := s.reader(ctx).Raw("SELECT no, body FROM ensembles WHERE sweep = ? ORDER BY no", sweep).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := make([]trials.Ensemble, len(rows))
	for i, r := range rows {
		if err := decode(r.Body, &out[i]); err != nil {
			return nil, err
		}
		out[i].No, out[i].Sweep = r.No, sweep
	}
	return out, nil
}
