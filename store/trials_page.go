package store

import (
	"context"
	"maps"
	"slices"
	"strconv"
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
	for _, o := range append(slices.Clone(q.Sort), trials.Order{Field: "number"}) {
		if name, ok := strings.CutPrefix(o.Field, paramPrefix); ok {
			b.param(name, o.Desc)
			continue
		}
		f, ok := trialFields[o.Field]
		if !ok {
			return nil, unknownField(o.Field)
		}
		b.key(f.expr, f.missing, f.numeric, o.Desc)
	}
	return b, nil
}

func unknownField(name string) error {
	names := append(slices.Sorted(maps.Keys(trialFields)), "params.NAME")
	return fault.Invalidf("a trial has no field %q", name).Coded("unknown_field").Fix("%s", fault.DidYouMean(name, names))
}

// param orders by a parameter, as the trial's run has it: numbers by their
// value, then texts, then trials without it.
func (q *finder) param(name string, desc bool) {
	v := "o" + strconv.Itoa(len(q.joins))
	q.joins = append(q.joins, "LEFT JOIN params "+v+" ON "+v+".run = t.run_no AND "+v+".key = ?")
	q.joinArgs = append(q.joinArgs, name)
	q.keys = append(q.keys,
		sortKey{expr: "(CASE WHEN " + v + ".run IS NULL THEN 2 WHEN " + v + ".number IS NULL THEN 1 ELSE 0 END)", numeric: true},
		sortKey{expr: "COALESCE(" + v + ".number, 0)", numeric: true, desc: desc},
		sortKey{expr: "(CASE WHEN " + v + ".number IS NULL THEN COALESCE(" + v + ".value, '') ELSE '' END)", desc: desc})
}

var termOps = []string{"=", "!=", "<", "<=", ">", ">=", "~"}

// term adds a condition. A number is compared with numbers, a text with texts;
// what has no value meets no condition.
func (q *finder) term(t trials.Term) error {
	if !slices.Contains(termOps, t.Op) {
		return fault.Invalidf("%q is no comparison", t.Op).Coded("unknown_comparison").Fix("one of: %s", strings.Join(termOps, " "))
	}
	text, isText := t.Value.(string)
	value, isNumber := t.Value.(float64)
	if !isText && (!isNumber || t.Op == "~") {
		return fault.Invalidf("%s %s wants a %s, not %v", t.Field, t.Op, map[bool]string{true: "text", false: "text or a number"}[t.Op == "~"], t.Value)
	}
	f, args := trialFields[t.Field], []any(nil)
	if name, ok := strings.CutPrefix(t.Field, paramPrefix); ok {
		column := "value"
		if isNumber {
			column = "number"
		}
		f = trialField{expr: "(SELECT p." + column + " FROM params p WHERE p.run = t.run_no AND p.key = ?)", numeric: isNumber}
		args = []any{name}
		text = paramWord(text)
	}
	switch {
	case f.expr == "":
		return unknownField(t.Field)
	case t.Op == "~":
		q.and("LOWER(CAST("+f.expr+" AS TEXT)) LIKE ? ESCAPE '!'", append(args, "%"+escapeLike(strings.ToLower(text))+"%")...)
	case f.numeric && isText:
		return fault.Invalidf("%s is a number and is compared with one, not with %q", t.Field, text)
	case !f.numeric && isNumber:
		return fault.Invalidf("%s is a text and is compared with one, not with %v", t.Field, value)
	case isNumber:
		q.and(f.expr+" "+t.Op+" "+q.d.double, append(args, value)...)
	default:
		q.and(f.expr+" "+t.Op+" "+q.d.text, append(args, text)...)
	}
	return nil
}

// paramWord is a text as a param holds it: truth has a capital there.
func paramWord(text string) string {
	if text == "true" || text == "false" {
		text, _ = paramText(text == "true")
	}
	return text
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
