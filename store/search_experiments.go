package store

import (
	"context"
	"strconv"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

// experimentColumns are the columns of an experiment's attributes.
var experimentColumns = map[string]string{
	filter.Name: "e.name", filter.ExperimentID: "e.no", filter.CreationTime: "e.created_ms", filter.LastUpdateTime: "e.updated_ms",
}

// SearchExperiments gives a page of experiments with their tags.
func (s *DB) SearchExperiments(ctx context.Context, q tracking.ExperimentQuery) (out tracking.ExperimentPage, err error) {
	b := &finder{d: s.d}
	b.view("e.lifecycle", q.View)
	for _, c := range q.Where {
		b.experimentClause(c)
	}
	for i, o := range q.Order {
		b.experimentOrder(i, o)
	}
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		b := *b
		nos, next, err := b.page(db, "e.no", "experiments e", q.After, q.Limit)
		if err != nil || len(nos) == 0 {
			return err
		}
		var rows []experimentRow
		if err := db.Raw("SELECT * FROM experiments WHERE no IN ?", nos).Scan(&rows).Error; err != nil {
			return err
		}
		tags, err := experimentTags(db, nos)
		if err != nil {
			return err
		}
		at := map[int64]*experimentRow{}
		for i := range rows {
			at[rows[i].No] = &rows[i]
		}
		out.Next = next
		for _, no := range nos {
			out.Experiments = append(out.Experiments, at[no].noun(tags[no]))
		}
		return nil
	})
	return out, err
}

func (q *finder) experimentClause(c filter.Clause) {
	if c.Entity == filter.Tag {
		q.keyed("experiment_tags", "experiment = e.no", c)
		return
	}
	column := experimentColumns[c.Key]
	if c.Key == filter.ExperimentID {
		column = "CAST(e.no AS TEXT)"
	}
	cond, args := q.compare(column, c)
	q.and(cond, args...)
}

func (q *finder) experimentOrder(i int, o filter.Order) {
	if o.Entity == filter.Tag {
		v := "o" + strconv.Itoa(i)
		q.joins = append(q.joins, "LEFT JOIN experiment_tags "+v+" ON "+v+".experiment = e.no AND "+v+".key = ?")
		q.joinArgs = append(q.joinArgs, o.Key)
		q.key(v+".value", v+".experiment IS NULL", false, o.Desc)
		return
	}
	q.key(experimentColumns[o.Key], "", o.Key != filter.Name, o.Desc)
}
