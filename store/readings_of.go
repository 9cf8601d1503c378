package store

import (
	"context"
	"slices"

	"github.com/sweepd/sweepd/trials"
)

// Readings gives the objective's readings of some trials, of the newest attempt
// that has any, by step; thinned to about points per trial, 0 for all.
func (s *DB) Readings(ctx context.Context, sweep int64, numbers []int, points int) ([]trials.Reading, error) {
	var out []trials.Reading
	for part := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(numbers))), memberRows) {
		var rows []readingRow
		err := s.reader(ctx).Raw(`SELECT r.* FROM trials t JOIN readings r ON r.trial = t.no AND r.attempt = t.reading_attempt
			WHERE t.sweep = ? AND t.number IN ? ORDER BY t.number, r.step`, sweep, part).Scan(&rows).Error
		if err != nil {
			return nil, err
		}
		for len(rows) > 0 {
			n := slices.IndexFunc(rows, func(r readingRow) bool { return r.Trial != rows[0].Trial })
			if n < 0 {
				n = len(rows)
			}
			out = append(out, plain(thin(rows[:n], points), (*readingRow).noun)...)
			rows = rows[n:]
		}
	}
	return out, nil
}

// thin keeps, of each of points/3 buckets of rows, the minimum, the maximum and
// the last, so that neither a spike nor the end is lost. A value that is no
// number is neither minimum nor maximum.
func thin(rows []readingRow, points int) []readingRow {
	if points <= 0 || len(rows) <= points {
		return rows
	}
	buckets := max(points/3, 1)
	var out []readingRow
	for b := range buckets {
		part := rows[b*len(rows)/buckets : (b+1)*len(rows)/buckets]
		lo, hi := 0, 0
		for i := range part {
			v := join(part[i].Value, part[i].Kind)
			if l := join(part[lo].Value, part[lo].Kind); v < l || l != l {
				lo = i
			}
			if h := join(part[hi].Value, part[hi].Kind); v > h || h != h {
				hi = i
			}
		}
		keep := []int{lo, hi, len(part) - 1}
		slices.Sort(keep)
		for _, i := range slices.Compact(keep) {
			out = append(out, part[i])
		}
	}
	return out
}
