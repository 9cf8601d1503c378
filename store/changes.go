package store

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/trials"
)

// Marks gives the sweeps that have not ended.
func (s *DB) Marks(ctx context.Context) ([]scheduler.Mark, error) {
	var marks []scheduler.Mark
	err := s.reader(ctx).Raw("SELECT no AS sweep, seq FROM sweeps WHERE ended_at = 0 ORDER BY no").Scan(&marks).Error
	return marks, err
}

// changed are the tables whose rows a page of changes holds.
var changed = []string{"trials", "attempts", "readings", "decisions"}

// Changes gives what changed after a number, about limit rows, whole numbers
// only. It reads one moment of the database.
func (s *DB) Changes(ctx context.Context, sweep, after int64, limit int) (*scheduler.Changes, error) {
	var out *scheduler.Changes
	err := s.snapshot(ctx, func(db *gorm.DB) (err error) {
		out, err = s.changes(db, sweep, after, max(limit, 1))
		return err
	})
	return out, err
}

func (s *DB) changes(db *gorm.DB, sweep, after int64, limit int) (*scheduler.Changes, error) {
	var sw sweepRow
	res := db.Raw("SELECT * FROM sweeps WHERE no = ?", sweep).Scan(&sw)
	if res.Error != nil {
		return nil, res.Error
	}
	if res.RowsAffected == 0 {
		return nil, fault.NotFoundf("there is no sweep number %d", sweep)
	}
	e, err := s.specs.of(db, sweep)
	if err != nil {
		return nil, err
	}
	c := &scheduler.Changes{Sweep: sw.noun(e), Seq: sw.Seq}
	if c.Stages, c.Branches, err = stagesOf(db, sweep); err != nil || sw.Seq <= after {
		return c, err
	}
	last, more, err := pageEnd(db, sweep, after, limit)
	if err != nil {
		return nil, err
	}
	if more {
		c.Seq, c.More = last, true
	}
	return c, fill(db, c, sweep, after, c.Seq)
}

// pageEnd finds the change number that a page ends with: that of its limit-th
// row, if there is more after it.
func pageEnd(db *gorm.DB, sweep, after int64, limit int) (last int64, more bool, err error) {
	parts, args := make([]string, len(changed)), []any{}
	for i, table := range changed {
		parts[i] = "SELECT * FROM (SELECT seq FROM " + table + " WHERE sweep = ? AND seq > ? ORDER BY seq" + first(limit+1) + ") AS s"
		args = append(args, sweep, after)
	}
	var seqs []int64
	if err := db.Raw(strings.Join(parts, " UNION ALL "), args...).Scan(&seqs).Error; err != nil {
		return 0, false, err
	}
	if len(seqs) <= limit {
		return 0, false, nil
	}
	slices.Sort(seqs)
	last = seqs[limit-1]
	return last, seqs[len(seqs)-1] > last, nil
}

// fill reads the rows of a page.
func fill(db *gorm.DB, c *scheduler.Changes, sweep, after, to int64) (err error) {
	var (
		tr []trialRow
		at []attemptRow
		rd []readingRow
		de []decisionRow
	)
	const where = " WHERE sweep = ? AND seq > ? AND seq <= ? ORDER BY "
	for _, q := range []struct {
		into  any
		table string
		order string
	}{{&tr, "trials", "number"}, {&at, "attempts", "trial, number"}, {&rd, "readings", "seq, trial, ordinal"}, {&de, "decisions", "seq, no"}} {
		if err := db.Raw("SELECT * FROM "+q.table+where+q.order, sweep, after, to).Scan(q.into).Error; err != nil {
			return err
		}
	}
	if c.Trials, err = nouns(tr, (*trialRow).noun); err != nil {
		return err
	}
	if c.Attempts, err = nouns(at, (*attemptRow).noun); err != nil {
		return err
	}
	c.Readings = plain(rd, (*readingRow).noun)
	c.Decisions = plain(de, (*decisionRow).noun)
	return nil
}

// stagesOf reads the stages and branches of a sweep in their order.
func stagesOf(db *gorm.DB, sweep int64) ([]trials.Stage, []trials.Branch, error) {
	var st []stageRow
	var br []branchRow
	if err := db.Raw("SELECT * FROM stages WHERE sweep = ? ORDER BY idx", sweep).Scan(&st).Error; err != nil {
		return nil, nil, err
	}
	if err := db.Raw("SELECT b.* FROM branches b JOIN stages s ON s.no = b.stage WHERE b.sweep = ? ORDER BY s.idx, b.idx", sweep).Scan(&br).Error; err != nil {
		return nil, nil, err
	}
	branches, err := nouns(br, (*branchRow).noun)
	return plain(st, (*stageRow).noun), branches, err
}
