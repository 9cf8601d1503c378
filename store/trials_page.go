package store

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// trialField is a column of the leaderboard.
type trialField struct {
	expr    string
	missing string // when a trial has no value there
	numeric bool
}

// trialFields are the fields of a Term that are no parameters.
var trialFields = map[string]trialField{
	"state": {expr: "t.state"}, "stage": {expr: "t.stage_name"}, "by": {expr: "t.proposer"}, "reason": {expr: "t.reason"},
	"branch": {expr: "(SELECT name FROM branches b WHERE b.no = t.branch)"},
	"number": {expr: "t.number", numeric: true}, "resource": {expr: "t.resource", numeric: true},
	"seconds": {expr: "t.seconds", numeric: true}, "attempts": {expr: "t.attempts", numeric: true},
	"value": {expr: "t.value", missing: "t.value IS NULL", numeric: true},
	"best":  {expr: "t.best", missing: "t.best IS NULL", numeric: true},
	"last":  {expr: "t.last", missing: "t.last IS NULL", numeric: true},
}

const paramPrefix = "params."

// paramName is what a parameter may be called; see the sweep file's names.
var paramName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)

// Trials gives one page of a sweep's trials, filtered and sorted. See
// trials.Reader.
func (s *DB) Trials(ctx context.Context, sweep int64, q trials.TrialQuery) (*trials.TrialPage, error) {
	var out *trials.TrialPage
	err := s.snapshot(ctx, func(db *gorm.DB) error {
		out = &trials.TrialPage{}
		var sw sweepRow
		res := db.Raw("SELECT created, seq FROM sweeps WHERE no = ?", sweep).Scan(&sw)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return fault.NotFoundf("there is no sweep number %d", sweep)
		}
		out.Total, out.Seq = sw.Created, sw.Seq
		b, err := s.trialSearch(sweep, q)
		if err != nil {
			return err
		}
		out.Matched = sw.Created
		if len(b.where) > 1 {
			text := "SELECT COUNT(*) FROM trials t WHERE " + strings.Join(b.where, " AND ")
			if err := db.Raw(text, b.args...).Scan(&out.Matched).Error; err != nil {
				return err
			}
		}
		nos, next, err := b.page(db, "t.no", "trials t", tracking.Cursor(q.Page), min(max(q.Limit, 1), 10000))
		if err != nil || len(nos) == 0 {
			return err
		}
		out.Next = string(next)
		out.Trials, err = trialsInOrder(db, nos)
		return err
	})
	return out, err
}

// trialSearch compiles a query.
func (s *DB) trialSearch(sweep int64, q trials.TrialQuery) (*finder, error) {
	b := &finder{d: s.d}
	b.and("t.sweep = ?", sweep)
	if q.After > 0 {
		b.and("t.seq > ?", q.After)
	}
	for _, term := range q.Filter {
		if err := b.term(term); err != nil {
			return nil, err
		}
	}
	last := trials.Order{Field: "number"}
	for _, o := range append(slices.Clone(q.Sort), last) {
		f, err := s.trialField(o.Field)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(o.Field, paramPrefix) {
			b.param(f, o.Desc)
			continue
		}
		b.key(f.expr, f.missing, f.numeric, o.Desc)
	}
	return b, nil
}

// trialField finds a field; a parameter is the text of the value that the trial
// ran with, NULL when it has none.
func (s *DB) trialField(name string) (trialField, error) {
	if p, ok := strings.CutPrefix(name, paramPrefix); ok {
		if !paramName.MatchString(p) {
			return trialField{}, fault.Invalidf("%q is no name of a parameter", p).As("unknown_field")
		}
		return trialField{expr: s.d.member("CASE WHEN t.effective <> '' THEN t.effective ELSE t.point END", p)}, nil
	}
	f, ok := trialFields[name]
	if !ok {
		names := slices.Sorted(maps.Keys(trialFields))
		return f, fault.Invalidf("a trial has no field %q", name).As("unknown_field").Fix("%s", fault.DidYouMean(name, append(names, "params.NAME")))
	}
	return f, nil
}

// member is a member of a JSON text as text. Its name stands in the statement as
// a literal, since the expression is used several times in one: it must be a
// paramName.
func (d *dialect) member(column, name string) string {
	return strings.ReplaceAll(fmt.Sprintf(d.jsonText, column), "?", "'"+name+"'")
}

// param orders by a parameter: numbers by their value, then texts, then those
// without.
func (q *finder) param(f trialField, desc bool) {
	num := fmt.Sprintf(q.d.isNumber, f.expr)
	q.keys = append(q.keys,
		sortKey{expr: "(CASE WHEN " + f.expr + " IS NULL THEN 2 WHEN " + num + " THEN 0 ELSE 1 END)", numeric: true},
		sortKey{expr: "(CASE WHEN " + num + " THEN " + fmt.Sprintf(q.d.asNumber, f.expr) + " ELSE 0 END)", numeric: true, desc: desc},
		sortKey{expr: "(CASE WHEN " + num + " THEN '' ELSE COALESCE(" + f.expr + ", '') END)", desc: desc})
}

var termOps = []string{"=", "!=", "<", "<=", ">", ">=", "~"}

// term adds a condition. A number is compared with numbers, a text with texts;
// what has no value meets no condition.
func (q *finder) term(t trials.Term) error {
	f, err := (&DB{d: q.d}).trialField(t.Field)
	if err != nil {
		return err
	}
	if !slices.Contains(termOps, t.Op) {
		return fault.Invalidf("%q is no comparison", t.Op).As("unknown_comparison").Fix("one of: %s", strings.Join(termOps, " "))
	}
	isParam := strings.HasPrefix(t.Field, paramPrefix)
	text, isText := t.Value.(string)
	value, isNumber := t.Value.(float64)
	switch {
	case t.Op == "~" && isText:
		q.and("LOWER(CAST("+f.expr+" AS TEXT)) LIKE ? ESCAPE '!'", "%"+escapeLike(strings.ToLower(text))+"%")
	case t.Op == "~" || !isText && !isNumber:
		return fault.Invalidf("%s %s wants a text or a number, not %v", t.Field, t.Op, t.Value)
	case isText && f.numeric:
		return fault.Invalidf("%s is a number and is compared with one, not with %q", t.Field, text)
	case isText:
		q.and(f.expr+" "+t.Op+" "+q.d.text, text)
	case isParam:
		num := fmt.Sprintf(q.d.isNumber, f.expr)
		q.and("(CASE WHEN "+num+" THEN "+fmt.Sprintf(q.d.asNumber, f.expr)+" END) "+t.Op+" "+q.d.double, value)
	case !f.numeric:
		return fault.Invalidf("%s is a text and is compared with one, not with %v", t.Field, value)
	default:
		q.and(f.expr+" "+t.Op+" "+q.d.double, value)
	}
	return nil
}

// trialsInOrder reads trials by their numbers.
func trialsInOrder(db *gorm.DB, nos []int64) ([]trials.Trial, error) {
	at := make(map[int64]int, len(nos))
	for i, no := range nos {
		at[no] = i
	}
	out := make([]trials.Trial, len(nos))
	for part := range slices.Chunk(nos, 1000) {
		var rows []trialRow
		if err := db.Raw("SELECT * FROM trials WHERE no IN ?", part).Scan(&rows).Error; err != nil {
			return nil, err
		}
		for i := range rows {
			t, err := rows[i].noun()
			if err != nil {
				return nil, err
			}
			out[at[rows[i].No]] = t
		}
	}
	return out, nil
}
