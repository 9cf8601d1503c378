package store

import (
	"context"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

type queryer interface {
	Raw(sql string, values ...any) *gorm.DB
}

// runColumns are the columns of a run's attributes.
var runColumns = map[string]string{
	filter.RunID: "r.id", filter.RunName: "r.name", filter.UserID: "r.user_id", filter.RunStatus: "r.status",
	filter.StartTime: "r.start_ms", filter.EndTime: "r.end_ms", filter.ArtifactURI: "r.artifact_uri", filter.ExperimentID: "r.experiment",
}

// SearchRuns gives a page of full runs.
func (s *DB) SearchRuns(ctx context.Context, q tracking.RunQuery) (out tracking.RunPage, err error) {
	var in []int64
	for _, id := range q.Experiments {
		if no, err := strconv.ParseInt(id, 10, 64); err == nil {
			in = append(in, no)
		}
	}
	if len(in) == 0 {
		in = []int64{-1}
	}
	build := func() *finder {
		b := &finder{d: s.d}
		b.and("r.experiment IN ?", in)
		b.view("r.lifecycle", q.View)
		for _, c := range q.Where {
			b.runClause(c)
		}
		for i, o := range q.Order {
			b.runOrder(i, o)
		}
		return b
	}
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		out = tracking.RunPage{}
		nos, next, err := build().page(db, "r.no", "runs r", q.After, q.Limit)
		if err != nil || len(nos) == 0 {
			return err
		}
		rows, err := runsInOrder(db, nos)
		if err != nil {
			return err
		}
		out.Next = next
		out.Runs, err = fullRuns(db, rows)
		return err
	})
	return out, err
}

// runsInOrder reads runs by their numbers.
func runsInOrder(db *gorm.DB, nos []int64) ([]runRow, error) {
	at := make(map[int64]int, len(nos))
	for i, no := range nos {
		at[no] = i
	}
	out := make([]runRow, len(nos))
	for first := 0; first < len(nos); first += memberRows {
		var rows []runRow
		if err := db.Raw("SELECT * FROM runs WHERE no IN ?", nos[first:min(first+memberRows, len(nos))]).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[at[r.No]] = r
		}
	}
	return out, nil
}

// runClause adds a condition. What a run does not have fails every condition but
// IS NULL.
func (q *finder) runClause(c filter.Clause) {
	switch c.Entity {
	case filter.Attribute:
		column := runColumns[c.Key]
		cond, args := q.compare(column, c)
		if c.Key == filter.EndTime {
			cond = "(" + column + " <> 0 AND " + cond + ")"
		}
		q.and(cond, args...)
	case filter.Metric:
		rank := fmt.Sprintf(lastRank, "s")
		cond, args := q.compare(rank, c)
		if c.Op == filter.Ne {
			cond = "(s.last_kind = 1 OR " + cond + ")"
		} else {
			cond = "s.last_kind <> 1 AND " + cond
		}
		q.and("EXISTS (SELECT 1 FROM metric_summary s WHERE s.run = r.no AND s.key = (SELECT no FROM metric_keys WHERE key = ?) AND "+cond+")",
			append([]any{c.Key}, args...)...)
	case filter.Param:
		q.keyed("params", "run = r.no", c)
	case filter.Tag:
		q.keyed("tags", "run = r.no", c)
	case filter.Dataset:
		column := map[string]string{"name": "d.name", "digest": "d.digest", "context": "i.context"}[c.Key]
		cond, args := q.compare(column, c)
		if c.Key == "context" {
			cond = "i.context <> '' AND " + cond
		}
		q.and("EXISTS (SELECT 1 FROM inputs i JOIN datasets d ON d.no = i.dataset WHERE i.run = r.no AND "+cond+")", args...)
	}
}

// keyed adds a condition over the value under a key of params or tags.
func (q *finder) keyed(table, of string, c filter.Clause) {
	switch c.Op {
	case filter.IsNull:
		q.and("NOT EXISTS (SELECT 1 FROM "+table+" v WHERE v."+of+" AND v.key = ?)", c.Key)
	case filter.IsNotNull:
		q.and("EXISTS (SELECT 1 FROM "+table+" v WHERE v."+of+" AND v.key = ?)", c.Key)
	default:
		cond, args := q.compare("v.value", c)
		q.and("EXISTS (SELECT 1 FROM "+table+" v WHERE v."+of+" AND v.key = ? AND "+cond+")", append([]any{c.Key}, args...)...)
	}
}

// runOrder adds a key to the order.
func (q *finder) runOrder(i int, o filter.Order) {
	v := "o" + strconv.Itoa(i)
	join := func(table string) {
		key := v + ".key = ?"
		if table == "metric_summary" {
			key = v + ".key = (SELECT no FROM metric_keys WHERE key = ?)"
		}
		q.joins = append(q.joins, "LEFT JOIN "+table+" "+v+" ON "+v+".run = r.no AND "+key)
		q.joinArgs = append(q.joinArgs, o.Key)
	}
	switch o.Entity {
	case filter.Attribute:
		missing := ""
		if o.Key == filter.EndTime {
			missing = "r.end_ms = 0"
		}
		numeric := o.Key == filter.StartTime || o.Key == filter.EndTime || o.Key == filter.ExperimentID
		q.key(runColumns[o.Key], missing, numeric, o.Desc)
		q.keys[len(q.keys)-1].whole = numeric
	case filter.Metric:
		join("metric_summary")
		q.keys = append(q.keys, sortKey{
			expr: "(CASE WHEN " + v + ".run IS NULL THEN 2 WHEN " + v + ".last_kind = 1 THEN 1 ELSE 0 END)", numeric: true,
		})
		q.key(fmt.Sprintf(lastRank, v), v+".run IS NULL", true, o.Desc)
	case filter.Param:
		join("params")
		q.key(v+".value", v+".run IS NULL", false, o.Desc)
	case filter.Tag:
		join("tags")
		q.key(v+".value", v+".run IS NULL", false, o.Desc)
	}
}
