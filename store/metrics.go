package store

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gorm.io/gorm"

	"github.com/sweepd/sweepd/tracking"
)

// metricKeys are the numbers of metric keys that have been seen.
type metricKeys struct{ cache[string, int64] }

// keysOf gives the numbers of keys, interning new ones.
func (t *tx) keysOf(points []tracking.Metric) (map[string]int64, error) {
	nos := map[string]int64{}
	var fresh []string
	for _, m := range points {
		if _, done := nos[m.Key]; done {
			continue
		}
		no, known := t.s.keys.get(m.Key)
		if nos[m.Key] = no; !known {
			fresh = append(fresh, m.Key)
		}
	}
	slices.Sort(fresh) // one order for all, as below
	for _, key := range fresh {
		var no int64
		if _, err := t.change(&no, "INSERT INTO metric_keys (key) VALUES (?) ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING no", key); err != nil {
			return nil, err
		}
		nos[key] = no
	}
	return nos, nil
}

// learnKeys caches the numbers of keys that are committed.
func (s *DB) learnKeys(db *gorm.DB, points []tracking.Metric) error {
	for _, m := range points {
		if _, known := s.keys.get(m.Key); known {
			continue
		}
		var no int64
		if err := db.Raw("SELECT no FROM metric_keys WHERE key = ?", m.Key).Scan(&no).Error; err != nil {
			return err
		}
		if no != 0 {
			s.keys.put(m.Key, no)
		}
	}
	return nil
}

var (
	metricColumns  = []string{"run", "key", "step", "time_ms", "value", "kind", "attempt"}
	summaryColumns = []string{"run", "key", "last_step", "last_ms", "last_value", "last_kind", "min_value", "max_value", "points", "attempt"}
)

// addPoints adds points to a run and keeps its summaries. Points that exist are
// dropped. It gives those of the objective (a key, "" for none) that are new, in
// the order in which they came.
func (t *tx) addPoints(run int64, points []tracking.Metric, objective string) ([]tracking.Metric, error) {
	if len(points) == 0 {
		return nil, nil
	}
	nos, err := t.keysOf(points)
	if err != nil {
		return nil, err
	}
	fresh, err := t.newOnes(run, points, objective, nos)
	if err != nil {
		return nil, err
	}
	byKey := map[string][]tracking.Metric{}
	for _, m := range points {
		byKey[m.Key] = append(byKey[m.Key], m)
	}
	keys := make([]string, 0, len(byKey))
	for k := range byKey {
		keys = append(keys, k)
	}
	slices.Sort(keys) // one order for all, so that two writers never wait for each other
	rows := make([][]any, 0, len(points))
	for _, k := range keys {
		for _, m := range byKey[k] {
			value, kind := split(m.Value)
			rows = append(rows, []any{run, nos[k], m.Step, m.Time, value, kind, m.Attempt})
		}
	}
	added, err := t.insert("metrics", metricColumns, rows, "ON CONFLICT DO NOTHING")
	if err != nil {
		return nil, err
	}
	if added == 0 {
		return nil, nil
	}
	return fresh, t.summarise(run, keys, nos, byKey, int(added) < len(rows))
}

// newOnes are the points of the objective that the run does not have yet.
func (t *tx) newOnes(run int64, points []tracking.Metric, objective string, nos map[string]int64) ([]tracking.Metric, error) {
	var mine []tracking.Metric
	var steps []int64
	for _, m := range points {
		if m.Key == objective && objective != "" {
			mine, steps = append(mine, m), append(steps, m.Step)
		}
	}
	if len(mine) == 0 {
		return nil, nil
	}
	type row struct {
		Step, TimeMs int64
		Value        float64
		Kind         int
	}
	seen := map[row]bool{}
	for part := range slices.Chunk(steps, memberRows) {
		var rows []row
		if _, err := t.scan(&rows, "SELECT step, time_ms, value, kind FROM metrics WHERE run = ? AND key = ? AND step IN ?",
			run, nos[objective], part); err != nil {
			return nil, err
		}
		for _, r := range rows {
			seen[r] = true
		}
	}
	return slices.DeleteFunc(mine, func(m tracking.Metric) bool {
		value, kind := split(m.Value)
		id := row{m.Step, m.Time, value, kind}
		old := seen[id]
		seen[id] = true
		return old
	}), nil
}

// summarise folds new points into the summary of each key. A newer attempt's
// summary replaces that of an older one. doubled says that some points existed,
// so that the number of points must be counted.
func (t *tx) summarise(run int64, keys []string, nos map[string]int64, byKey map[string][]tracking.Metric, doubled bool) error {
	rows := make([][]any, 0, len(keys))
	for _, k := range keys {
		list := byKey[k]
		last := list[0]
		var lo, hi *float64
		for _, m := range list {
			if m.After(last) {
				last = m
			}
			if v := m.Value; !math.IsNaN(v) && !math.IsInf(v, 0) {
				if lo == nil || v < *lo {
					lo = &v
				}
				if hi == nil || v > *hi {
					hi = &v
				}
			}
		}
		value, kind := split(last.Value)
		rows = append(rows, []any{run, nos[k], last.Step, last.Time, value, kind, lo, hi, len(list), last.Attempt})
	}
	if _, err := t.insert("metric_summary", summaryColumns, rows, mergeSummary); err != nil || !doubled {
		return err
	}
	_, err := t.exec(`UPDATE metric_summary SET points = (SELECT COUNT(*) FROM metrics m
		WHERE m.run = metric_summary.run AND m.key = metric_summary.key AND m.attempt = metric_summary.attempt) WHERE run = ? AND key IN ?`, run, values(nos))
	return err
}

func values(nos map[string]int64) []int64 {
	out := make([]int64, 0, len(nos))
	for _, no := range nos {
		out = append(out, no)
	}
	slices.SortFunc(out, cmp.Compare[int64])
	return out
}

// lastRank orders values of one step and time: NaN counts as 0.
const lastRank = `(CASE %[1]s.last_kind WHEN 2 THEN 1.7976931348623157e308 WHEN 3 THEN -1.7976931348623157e308 ELSE %[1]s.last_value END)`

var (
	newerAttempt = "excluded.attempt > metric_summary.attempt"
	laterPoint   = "(" + newerAttempt + " OR (excluded.last_step, excluded.last_ms, " + fmt.Sprintf(lastRank, "excluded") +
		") > (metric_summary.last_step, metric_summary.last_ms, " + fmt.Sprintf(lastRank, "metric_summary") + "))"
	mergeSummary = "ON CONFLICT (run, key) DO UPDATE SET " +
		fold("last_step", laterPoint) + ", " + fold("last_ms", laterPoint) + ", " +
		fold("last_value", laterPoint) + ", " + fold("last_kind", laterPoint) + ", " +
		fold("min_value", newerAttempt+" OR metric_summary.min_value IS NULL OR excluded.min_value < metric_summary.min_value") + ", " +
		fold("max_value", newerAttempt+" OR metric_summary.max_value IS NULL OR excluded.max_value > metric_summary.max_value") + ", " +
		"points = CASE WHEN " + newerAttempt + " THEN excluded.points ELSE metric_summary.points + excluded.points END, " +
		fold("attempt", newerAttempt)
)

// fold takes a column from the new row when a condition holds.
func fold(column, when string) string {
	return column + " = CASE WHEN " + when + " THEN excluded." + column + " ELSE metric_summary." + column + " END"
}
