package store

import (
	"encoding/json"
	"strings"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

// finder is a query under construction: conditions, joins that orders need, and
// the keys of its order, each with its arguments.
type finder struct {
	d        *dialect
	where    []string
	args     []any
	joins    []string
	joinArgs []any
	keys     []sortKey
}

// sortKey is one expression of an order; it is never NULL.
type sortKey struct {
	expr    string
	desc    bool
	numeric bool
	whole   bool // an integer, of which a float holds not every digit
}

func (q *finder) and(cond string, args ...any) {
	q.where = append(q.where, cond)
	q.args = append(q.args, args...)
}

// compare is a condition of a clause over an expression.
func (q *finder) compare(expr string, c filter.Clause) (string, []any) {
	switch {
	case c.Op == filter.In || c.Op == filter.NotIn:
		return expr + " " + string(c.Op) + " ?", []any{c.List}
	case c.Op == filter.Like:
		return strings.ReplaceAll(q.d.like, "%s", expr), []any{c.Text}
	case c.Op == filter.ILike:
		return strings.ReplaceAll(q.d.like, "%s", "LOWER("+expr+")"), []any{strings.ToLower(c.Text)}
	case c.Numeric:
		return expr + " " + string(c.Op) + " " + q.d.double, []any{c.Number}
	}
	return expr + " " + string(c.Op) + " ?", []any{c.Text}
}

// orderBy is the order and the condition for what comes after a cursor.
func (q *finder) orderBy(after tracking.Cursor) (string, error) {
	var terms []string
	for _, k := range q.keys {
		if k.desc {
			terms = append(terms, k.expr+" DESC")
		} else {
			terms = append(terms, k.expr)
		}
	}
	if after != "" {
		values, err := q.cursor(after)
		if err != nil {
			return "", err
		}
		q.after(values)
	}
	return " ORDER BY " + strings.Join(terms, ", "), nil
}

// after keeps the rows whose keys come after values: k0 > v0, or k0 = v0 and
// k1 > v1, and so on.
func (q *finder) after(values []any) {
	var any []string
	var args []interface{}
	for i, k := range q.keys {
		var all []string
		for j := range i {
			all = append(all, q.keys[j].expr+" = "+q.typed(q.keys[j]))
			args = append(args, values[j])
		}
		op := " > "
		if k.desc {
			op = " < "
		}
		any = append(any, strings.Join(append(all, k.expr+op+q.typed(k)), " AND "))
		args = append(args, values[i])
	}
	q.and("(("+strings.Join(any, ") OR (")+"))", args...)
}

func (q *finder) typed(k sortKey) string {
	switch {
	case k.whole:
		return q.d.bigint
	case k.numeric:
		return q.d.double
	}
	return q.d.text
}

// value is where a key of a row, or of a cursor, is read into.
func (k sortKey) value() any {
	switch {
	case k.whole:
		return new(int64)
	case k.numeric:
		return new(float64)
	}
	return new(string)
}

// cursor reads the keys of the last row of a page.
func (q *finder) cursor(c tracking.Cursor) ([]any, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal([]byte(c), &parts); err != nil || len(parts) != len(q.keys) {
		return nil, badCursor(c)
	}
	out := make([]any, len(parts))
	for i, k := range q.keys {
		out[i] = k.value()
		if err := json.Unmarshal(parts[i], out[i]); err != nil {
			return nil, badCursor(c)
		}
	}
	return out, nil
}

// key adds a key to the order. missing is a condition under which a row has no
// value and comes last either way, "" when every row has one.
func (q *finder) key(expr, missing string, numeric, desc bool) {
	if missing != "" {
		zero := "''"
		if numeric {
			zero = "0"
		}
		q.keys = append(q.keys, sortKey{expr: "(CASE WHEN " + missing + " THEN 1 ELSE 0 END)", numeric: true})
		expr = "(CASE WHEN " + missing + " THEN " + zero + " ELSE " + expr + " END)"
	}
	q.keys = append(q.keys, sortKey{expr: expr, desc: desc, numeric: numeric})
}

// view keeps the rows of a stage of life.
func (q *finder) view(column string, v tracking.View) {
	switch v {
	case tracking.All:
	case tracking.DeletedOnly:
		q.and(column + " = 'deleted'")
	default:
		q.and(column + " = 'active'")
	}
}

// text is the statement: columns of a table under its conditions and order. The
// keys follow as further columns, so that a cursor can be made of them.
func (q *finder) text(columns, from, order string) string {
	for _, k := range q.keys {
		columns += ", " + k.expr
	}
	text := "SELECT " + columns + " FROM " + from + " " + strings.Join(q.joins, " ")
	if len(q.where) > 0 {
		text += " WHERE " + strings.Join(q.where, " AND ")
	}
	return text + order + " LIMIT ?"
}

// page runs the statement: numbers of rows in order, and a cursor when there is
// more.
func (q *finder) page(db queryer, columns, from string, after tracking.Cursor, limit int) ([]int64, tracking.Cursor, error) {
	order, err := q.orderBy(after)
	if err != nil {
		return nil, "", err
	}
	args := append(append([]any{}, q.joinArgs...), q.args...)
	rows, err := db.Raw(q.text(columns, from, order), append(args, limit+1)...).Rows()
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	var nos []int64
	next := tracking.Cursor("")
	for rows.Next() {
		if len(nos) == limit {
			return nos, next, nil
		}
		var no int64
		values := make([]any, len(q.keys))
		into := []any{&no}
		for i, k := range q.keys {
			values[i] = k.value()
			into = append(into, values[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, "", err
		}
		nos = append(nos, no)
		if len(nos) == limit {
			next = tracking.Cursor(encode(values))
		}
	}
	return nos, "", rows.Err()
}
