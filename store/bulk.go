package store

import (
	"strconv"
	"strings"
)

// insert writes rows of one table by statements of many VALUES, past gorm: what
// it spends on a row is more than the database does. suffix follows the values
// ("ON CONFLICT DO NOTHING"). It gives how many rows were touched.
func (t *tx) insert(table string, columns []string, rows [][]any, suffix string) (int64, error) {
	t.wrote = true
	var touched int64
	for len(rows) > 0 {
		n := chunk(len(rows))
		args := make([]any, 0, n*len(columns))
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		res, err := t.db.Statement.ConnPool.ExecContext(t.ctx, t.insertText(table, columns, n, suffix), args...)
		if err != nil {
			return touched, t.translate(err)
		}
		k, err := res.RowsAffected()
		if err != nil {
			return touched, err
		}
		touched += k
		rows = rows[n:]
	}
	return touched, nil
}

// chunk is how many of n rows the next statement takes: from a short list, so
// that there are few texts and each is prepared once.
func chunk(n int) int {
	for _, size := range [...]int{500, 100, 50, 20, 10, 5, 2} {
		if n >= size {
			return size
		}
	}
	return 1
}

// insertText is the statement for n rows.
func (t *tx) insertText(table string, columns []string, n int, suffix string) string {
	var b strings.Builder
	b.Grow(64 + n*len(columns)*4)
	b.WriteString("INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ")
	p := 0
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j := range columns {
			if j > 0 {
				b.WriteByte(',')
			}
			p++
			b.WriteString(t.s.d.parameter(p))
		}
		b.WriteByte(')')
	}
	if suffix != "" {
		b.WriteString(" " + suffix)
	}
	return b.String()
}

// parameter is the placeholder of the n-th argument, from 1.
func (d *dialect) parameter(n int) string {
	if d.dollars {
		return "$" + strconv.Itoa(n)
	}
	return "?"
}

// translate makes gorm's errors of the driver's.
func (t *tx) translate(err error) error {
	if tr, ok := t.db.Dialector.(interface{ Translate(error) error }); ok {
		return tr.Translate(err)
	}
	return err
}
