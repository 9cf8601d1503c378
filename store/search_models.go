package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

// modelColumns are the columns of a model's attributes.
var modelColumns = map[string]string{
	filter.Name: "m.name", filter.ModelID: "m.id", filter.ModelType: "m.type", filter.ModelStatus: "m.status",
	filter.SourceRunID: "m.source_run", filter.ExperimentID: "m.experiment",
	filter.CreationStamp: "m.created_ms", filter.LastUpdatedStamp: "m.updated_ms",
}

// SearchModels gives a page of full models.
func (s *DB) SearchModels(ctx context.Context, q tracking.ModelQuery) (out tracking.ModelPage, err error) {
	in := []int64{}
	for _, id := range q.Experiments {
		if no, err := strconv.ParseInt(id, 10, 64); err == nil {
			in = append(in, no)
		}
	}
	if len(in) == 0 {
		return out, nil
	}
	build := func() *finder {
		b := &finder{d: s.d}
		b.and("m.experiment IN ?", in)
		b.view("m.lifecycle", tracking.ActiveOnly)
		if len(q.Datasets) > 0 {
			cond, args := onDatasets("p", q.Datasets)
			b.and("EXISTS (SELECT 1 FROM model_metrics p WHERE p.model = m.no"+cond+")", args...)
		}
		for _, c := range q.Where {
			b.modelClause(c, q.Datasets)
		}
		for i, o := range q.Order {
			b.modelOrder(i, o)
		}
		return b
	}
	err = s.snapshot(ctx, func(db *gorm.DB) error {
		out = tracking.ModelPage{}
		nos, next, err := build().page(db, "m.no", "models m", q.After, q.Limit)
		if err != nil || len(nos) == 0 {
			return err
		}
		rows, err := modelsInOrder(db, nos)
		if err != nil {
			return err
		}
		out.Next = next
		out.Models, err = fullModels(db, rows)
		return err
	})
	return out, err
}

// modelsInOrder reads models by their numbers.
func modelsInOrder(db *gorm.DB, nos []int64) ([]modelRow, error) {
	at := make(map[int64]int, len(nos))
	for i, no := range nos {
		at[no] = i
	}
	out := make([]modelRow, len(nos))
	for first := 0; first < len(nos); first += memberRows {
		var rows []modelRow
		if err := db.Raw("SELECT * FROM models WHERE no IN ?", nos[first:min(first+memberRows, len(nos))]).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for _, r := range rows {
			out[at[r.No]] = r
		}
	}
	return out, nil
}

// onDatasets is a condition, to be appended, under which a point of an alias of
// model_metrics counts.
func onDatasets(alias string, on []tracking.DatasetRef) (string, []any) {
	if len(on) == 0 {
		return "", nil
	}
	var one []string
	var args []any
	for _, d := range on {
		cond := alias + ".dataset_name = ?"
		args = append(args, d.Name)
		if d.Digest != "" {
			cond += " AND " + alias + ".dataset_digest = ?"
			args = append(args, d.Digest)
		}
		one = append(one, cond)
	}
	return " AND ((" + strings.Join(one, ") OR (") + "))", args
}

// latestOf is the number of a model's latest point under a key, as a subquery.
func latestOf(key string, on []tracking.DatasetRef) (string, []any) {
	cond, args := onDatasets("p", on)
	return "(SELECT p.no FROM model_metrics p WHERE p.model = m.no AND p.key = ?" + cond +
		" ORDER BY p.time_ms DESC, p.step DESC, p.run, p.no LIMIT 1)", append([]any{key}, args...)
}

// modelPointRank orders values of an alias of model_metrics: NaN counts as 0.
const modelPointRank = `(CASE %[1]s.kind WHEN 2 THEN 1.7976931348623157e308 WHEN 3 THEN -1.7976931348623157e308 ELSE %[1]s.value END)`

// modelClause adds a condition. What a model does not have fails every
// condition.
func (q *finder) modelClause(c filter.Clause, on []tracking.DatasetRef) {
	switch c.Entity {
	case filter.Attribute:
		column := modelColumns[c.Key]
		if c.Key == filter.ExperimentID {
			column = "CAST(m.experiment AS TEXT)"
		}
		cond, args := q.compare(column, c)
		if c.Key == filter.ModelType || c.Key == filter.SourceRunID {
			cond = "(" + column + " <> '' AND " + cond + ")"
		}
		q.and(cond, args...)
	case filter.Metric:
		cond, args := q.compare(fmt.Sprintf(modelPointRank, "s"), c)
		if c.Op == filter.Ne {
			cond = "(s.kind = 1 OR " + cond + ")"
		} else {
			cond = "s.kind <> 1 AND " + cond
		}
		latest, of := latestOf(c.Key, on)
		q.and("EXISTS (SELECT 1 FROM model_metrics s WHERE s.no = "+latest+" AND "+cond+")", append(of, args...)...)
	case filter.Param:
		q.keyed("model_params", "model = m.no", c)
	case filter.Tag:
		q.keyed("model_tags", "model = m.no", c)
	}
}

// modelOrder adds a key to the order.
func (q *finder) modelOrder(i int, o tracking.ModelOrder) {
	if o.Entity == filter.Attribute {
		missing := ""
		if o.Key == filter.ModelType || o.Key == filter.SourceRunID {
			missing = modelColumns[o.Key] + " = ''"
		}
		numeric := o.Key == filter.CreationStamp || o.Key == filter.LastUpdatedStamp || o.Key == filter.ExperimentID
		q.key(modelColumns[o.Key], missing, numeric, o.Desc)
		return
	}
	var on []tracking.DatasetRef
	if o.Dataset != (tracking.DatasetRef{}) {
		on = []tracking.DatasetRef{o.Dataset}
	}
	v := "o" + strconv.Itoa(i)
	latest, args := latestOf(o.Key, on)
	q.joins = append(q.joins, "LEFT JOIN model_metrics "+v+" ON "+v+".no = "+latest)
	q.joinArgs = append(q.joinArgs, args...)
	q.keys = append(q.keys, sortKey{
		expr: "(CASE WHEN " + v + ".no IS NULL THEN 2 WHEN " + v + ".kind = 1 THEN 1 ELSE 0 END)", numeric: true,
	})
	q.key(fmt.Sprintf(modelPointRank, v), v+".no IS NULL", true, o.Desc)
}
