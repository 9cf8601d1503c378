package store

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

type pointRow struct {
	Run     int64
	Step    int64
	TimeMs  int64
	Value   float64
	Kind    int
	Attempt int
}

func (r *pointRow) noun(key string) tracking.Metric {
	return tracking.Metric{Key: key, Value: join(r.Value, r.Kind), Step: r.Step, Time: r.TimeMs, Attempt: r.Attempt}
}

// pointRank orders values of one step and time: NaN counts as 0 and comes after
// it.
const (
	pointRank = `(CASE kind WHEN 2 THEN 1.7976931348623157e308 WHEN 3 THEN -1.7976931348623157e308 ELSE value END)`
	byTime    = "time_ms, step, " + pointRank + ", kind"
	byStep    = "step, time_ms, " + pointRank + ", kind"
)

func (r *pointRow) rank() float64 {
	switch r.Kind {
	case posInf:
		return math.MaxFloat64
	case negInf:
		return -math.MaxFloat64
	}
	return r.Value
}

// History gives a page of the points of one metric of one run.
func (s *DB) History(ctx context.Context, q tracking.HistoryQuery) (tracking.HistoryPage, error) {
	text := `SELECT m.step, m.time_ms, m.value, m.kind, m.attempt FROM metrics m
		WHERE m.run = (SELECT no FROM runs WHERE id = ?) AND m.key = (SELECT no FROM metric_keys WHERE key = ?)`
	args := []any{q.Run, q.Key}
	if q.After != "" {
		at, err := pointCursor(q.After)
		if err != nil {
			return tracking.HistoryPage{}, err
		}
		text += " AND (" + byTime + ") > (?, ?, " + s.d.double + ", ?)"
		args = append(args, at.TimeMs, at.Step, at.rank(), at.Kind)
	}
	text += " ORDER BY " + byTime
	if q.Limit > 0 {
		text, args = text+" LIMIT ?", append(args, q.Limit+1)
	}
	var rows []pointRow
	if err := s.reader(ctx).Raw(text, args...).Scan(&rows).Error; err != nil {
		return tracking.HistoryPage{}, err
	}
	var page tracking.HistoryPage
	if q.Limit > 0 && len(rows) > q.Limit {
		rows = rows[:q.Limit]
		page.Next = rows[q.Limit-1].cursor()
	}
	page.Metrics = plain(rows, func(r *pointRow) tracking.Metric { return r.noun(q.Key) })
	return page, nil
}

func (r *pointRow) cursor() tracking.Cursor {
	return tracking.Cursor(encode([]any{r.TimeMs, r.Step, r.Value, r.Kind}))
}

func pointCursor(c tracking.Cursor) (r pointRow, err error) {
	var parts []json.RawMessage
	into := []any{&r.TimeMs, &r.Step, &r.Value, &r.Kind}
	if err := json.Unmarshal([]byte(c), &parts); err != nil || len(parts) != len(into) {
		return r, badCursor(c)
	}
	for i := range into {
		if json.Unmarshal(parts[i], into[i]) != nil {
			return r, badCursor(c)
		}
	}
	return r, nil
}

func badCursor(c tracking.Cursor) error {
	return fault.Invalidf("page token %q does not read", c).Coded("bad_page_token").Fix("take it from the answer before, unchanged")
}

// HistoryOf gives the points of one metric in several runs.
func (s *DB) HistoryOf(ctx context.Context, runs []string, key string, limit int) ([]tracking.RunMetric, error) {
	var rows []struct {
		Point pointRow `gorm:"embedded"`
		RunID string
	}
	err := s.reader(ctx).Raw(`SELECT r.id AS run_id, m.step, m.time_ms, m.value, m.kind, m.attempt FROM runs r JOIN metrics m ON m.run = r.no
		WHERE r.id IN ? AND m.key = (SELECT no FROM metric_keys WHERE key = ?) ORDER BY r.id, `+byTime+" LIMIT ?", runs, key, limit).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	out := make([]tracking.RunMetric, len(rows))
	for i := range rows {
		out[i] = tracking.RunMetric{Run: rows[i].RunID, Metric: rows[i].Point.noun(key)}
	}
	return out, nil
}

// SampleHistory gives an even choice of the points of each run.
func (s *DB) SampleHistory(ctx context.Context, q tracking.SampleQuery) (out []tracking.RunMetric, err error) {
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		out = nil
		for _, run := range q.Runs {
			rows, err := sample(db, run, q)
			if err != nil {
				return err
			}
			for i := range rows {
				out = append(out, tracking.RunMetric{Run: run, Metric: rows[i].noun(q.Key)})
			}
		}
		return nil
	})
	return out, err
}

// sample chooses rows by their number within the run, so that what is not
// chosen never leaves the database.
func sample(db *gorm.DB, run string, q tracking.SampleQuery) ([]pointRow, error) {
	where := "run = (SELECT no FROM runs WHERE id = ?) AND key = (SELECT no FROM metric_keys WHERE key = ?)"
	args := []any{run, q.Key}
	if q.From != nil && q.To != nil {
		where, args = where+" AND step BETWEEN ? AND ?", append(args, *q.From, *q.To)
	}
	var n int
	if err := db.Raw("SELECT COUNT(*) FROM metrics WHERE "+where, args...).Scan(&n).Error; err != nil {
		return nil, err
	}
	var rows []pointRow
	if n <= q.Limit {
		err := db.Raw("SELECT step, time_ms, value, kind, attempt FROM metrics WHERE "+where+" ORDER BY "+byStep, args...).Scan(&rows).Error
		return rows, err
	}
	for part := range slices.Chunk(evenly(n, q.Limit), memberRows) {
		var some []pointRow
		err := db.Raw(fmt.Sprintf(`SELECT step, time_ms, value, kind, attempt FROM
			(SELECT *, ROW_NUMBER() OVER (ORDER BY %s) - 1 AS i FROM metrics WHERE %s) AS m WHERE i IN ? ORDER BY i`, byStep, where),
			append(slices.Clone(args), part)...).Scan(&some).Error
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
	}
	return rows, nil
}

// evenly chooses k of n indices, n > k >= 1: the first, the last, and an even
// choice between them; the last when k is 1.
func evenly(n, k int) []int {
	if k == 1 {
		return []int{n - 1}
	}
	out := make([]int, k)
	for i := range k {
		out[i] = i * (n - 1) / (k - 1)
	}
	return out
}
