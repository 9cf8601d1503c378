package trackingtest

import (
	"cmp"
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

// facts are what a clause can look at: texts and numbers under a key. A run has
// no fact under a key that it does not have.
type facts struct {
	texts   map[filter.Entity]map[string][]string // several only for datasets
	numbers map[filter.Entity]map[string]float64
}

func newFacts() facts {
	return facts{map[filter.Entity]map[string][]string{}, map[filter.Entity]map[string]float64{}}
}

func (f facts) text(e filter.Entity, key, v string) {
	if f.texts[e] == nil {
		f.texts[e] = map[string][]string{}
	}
	f.texts[e][key] = append(f.texts[e][key], v)
}

func (f facts) number(e filter.Entity, key string, v float64) {
	if f.numbers[e] == nil {
		f.numbers[e] = map[string]float64{}
	}
	f.numbers[e][key] = v
}

func ofRun(r tracking.Run) facts {
	f := newFacts()
	for k, v := range map[string]string{
		filter.RunID: r.ID, filter.RunName: r.Name, filter.UserID: r.User,
		filter.RunStatus: string(r.Status), filter.ArtifactURI: r.ArtifactURI,
	} {
		f.text(filter.Attribute, k, v)
	}
	f.number(filter.Attribute, filter.StartTime, float64(r.Start))
	if r.End != 0 {
		f.number(filter.Attribute, filter.EndTime, float64(r.End))
	}
	for _, m := range r.Metrics {
		f.number(filter.Metric, m.Key, m.Value)
	}
	for _, p := range r.Params {
		f.text(filter.Param, p.Key, p.Value)
	}
	for _, t := range r.Tags {
		f.text(filter.Tag, t.Key, t.Value)
	}
	for _, in := range r.Inputs {
		f.text(filter.Dataset, "name", in.Dataset.Name)
		f.text(filter.Dataset, "digest", in.Dataset.Digest)
		for _, t := range in.Tags {
			if t.Key == "mlflow.data.context" {
				f.text(filter.Dataset, "context", t.Value)
			}
		}
	}
	return f
}

func ofExperiment(e tracking.Experiment) facts {
	f := newFacts()
	f.text(filter.Attribute, filter.Name, e.Name)
	f.text(filter.Attribute, filter.ExperimentID, e.ID)
	f.number(filter.Attribute, filter.CreationTime, float64(e.Created))
	f.number(filter.Attribute, filter.LastUpdateTime, float64(e.Updated))
	for _, t := range e.Tags {
		f.text(filter.Tag, t.Key, t.Value)
	}
	return f
}

func (f facts) match(where filter.Filter) bool {
	for _, c := range where {
		if !f.holds(c) {
			return false
		}
	}
	return true
}

func (f facts) holds(c filter.Clause) bool {
	texts := f.texts[c.Entity][c.Key]
	switch {
	case c.Op == filter.IsNull:
		return len(texts) == 0
	case c.Op == filter.IsNotNull:
		return len(texts) > 0
	case c.Numeric:
		v, ok := f.numbers[c.Entity][c.Key]
		return ok && compare(c.Op, v, c.Number)
	}
	return slices.ContainsFunc(texts, func(v string) bool {
		switch c.Op {
		case filter.Eq:
			return v == c.Text
		case filter.Ne:
			return v != c.Text
		case filter.In:
			return slices.Contains(c.List, v)
		case filter.NotIn:
			return !slices.Contains(c.List, v)
		case filter.Like, filter.ILike:
			return like(c.Text, c.Op == filter.ILike).MatchString(v)
		}
		return false
	})
}

func compare(op filter.Op, a, b float64) bool {
	switch op {
	case filter.Eq:
		return a == b
	case filter.Ne:
		return a != b
	case filter.Lt:
		return a < b
	case filter.Le:
		return a <= b
	case filter.Gt:
		return a > b
	}
	return a >= b
}

func like(pattern string, fold bool) *regexp.Regexp {
	quoted := strings.NewReplacer("%", ".*", "_", ".").Replace(regexp.QuoteMeta(pattern))
	flags := "(?s)"
	if fold {
		flags = "(?si)"
	}
	return regexp.MustCompile(flags + "^" + quoted + "$")
}

// sortKey is what facts order by: per clause a class (0 value, 1 NaN, 2 none)
// and the value. Numbers are written so that they read back exactly.
func (f facts) sortKey(order []filter.Order) []string {
	var key []string
	for _, o := range order {
		class, value := "2", ""
		if v, ok := f.numbers[o.Entity][o.Key]; ok {
			if class, value = "0", strconv.FormatFloat(v, 'g', -1, 64); math.IsNaN(v) {
				class = "1"
			}
		} else if vs := f.texts[o.Entity][o.Key]; len(vs) > 0 {
			class, value = "0", vs[0]
		}
		key = append(key, class, value)
	}
	return key
}

// byKeys compares two sort keys of one order.
func byKeys(order []filter.Order) func(a, b []string) int {
	return func(a, b []string) int {
		for i, o := range order {
			if c := strings.Compare(a[2*i], b[2*i]); c != 0 {
				return c
			}
			c := strings.Compare(a[2*i+1], b[2*i+1])
			if numeric(o) && a[2*i] == "0" {
				x, _ := strconv.ParseFloat(a[2*i+1], 64)
				y, _ := strconv.ParseFloat(b[2*i+1], 64)
				c = cmp.Compare(x, y)
			}
			if o.Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	}
}

func numeric(o filter.Order) bool {
	switch o.Key {
	case filter.StartTime, filter.EndTime, filter.CreationTime, filter.LastUpdateTime, filter.CreationStamp, filter.LastUpdatedStamp, filter.ExperimentID:
		return o.Entity == filter.Attribute
	}
	return o.Entity == filter.Metric
}

func visible(v tracking.View, l tracking.Lifecycle) bool {
	return v == tracking.All || (v == tracking.DeletedOnly) == (l == tracking.Deleted)
}

// SearchRuns looks at every run.
func (m *Memory) SearchRuns(_ context.Context, q tracking.RunQuery) (tracking.RunPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []tracking.Run
	for _, r := range m.runs {
		if run := r.full(); slices.Contains(q.Experiments, r.Experiment) && visible(q.View, r.Lifecycle) && ofRun(run).match(q.Where) {
			rows = append(rows, run)
		}
	}
	key := func(r tracking.Run) []string { return ofRun(r).sortKey(q.Order) }
	rows, next, err := page(rows, q.After, q.Limit, key, byKeys(q.Order))
	return tracking.RunPage{Runs: rows, Next: next}, err
}

// SearchExperiments looks at every experiment.
func (m *Memory) SearchExperiments(_ context.Context, q tracking.ExperimentQuery) (tracking.ExperimentPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var rows []tracking.Experiment
	for _, e := range m.experiments {
		if visible(q.View, e.Lifecycle) && ofExperiment(*e).match(q.Where) {
			rows = append(rows, copyExperiment(e))
		}
	}
	key := func(e tracking.Experiment) []string { return ofExperiment(e).sortKey(q.Order) }
	rows, next, err := page(rows, q.After, q.Limit, key, byKeys(q.Order))
	return tracking.ExperimentPage{Experiments: rows, Next: next}, err
}

// pointKey orders points by (time, step, value, NaN last).
func pointKey(p tracking.Metric) []string {
	nan := "0"
	v := p.Value
	if math.IsNaN(v) {
		nan, v = "1", 0
	}
	return []string{strconv.FormatInt(p.Time, 10), strconv.FormatInt(p.Step, 10), strconv.FormatFloat(v, 'g', -1, 64), nan}
}

func byNumbers(a, b []string) int {
	for i := range a {
		x, _ := strconv.ParseFloat(a[i], 64)
		y, _ := strconv.ParseFloat(b[i], 64)
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
	}
	return 0
}

func (m *Memory) pointsOf(run, key string) []tracking.Metric {
	r := m.runs[run]
	if r == nil {
		return nil
	}
	var out []tracking.Metric
	for _, p := range r.points {
		if p.Key == key {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b tracking.Metric) int { return byNumbers(pointKey(a), pointKey(b)) })
	return out
}

// History sorts the points of a key.
func (m *Memory) History(_ context.Context, q tracking.HistoryQuery) (tracking.HistoryPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows, next, err := page(m.pointsOf(q.Run, q.Key), q.After, q.Limit, pointKey, byNumbers)
	return tracking.HistoryPage{Metrics: rows, Next: next}, err
}

// HistoryOf goes through the runs by ID.
func (m *Memory) HistoryOf(_ context.Context, runs []string, key string, limit int) ([]tracking.RunMetric, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	runs = slices.Sorted(slices.Values(runs))
	var out []tracking.RunMetric
	for _, run := range slices.Compact(runs) {
		for _, p := range m.pointsOf(run, key) {
			if len(out) < limit {
				out = append(out, tracking.RunMetric{Run: run, Metric: p})
			}
		}
	}
	return out, nil
}

// SampleHistory chooses by index.
func (m *Memory) SampleHistory(_ context.Context, q tracking.SampleQuery) ([]tracking.RunMetric, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []tracking.RunMetric
	for _, run := range q.Runs {
		points := slices.DeleteFunc(m.pointsOf(run, q.Key), func(p tracking.Metric) bool {
			return q.From != nil && (p.Step < *q.From || p.Step > *q.To)
		})
		slices.SortStableFunc(points, func(a, b tracking.Metric) int { return cmp.Compare(a.Step, b.Step) })
		for _, i := range evenly(len(points), q.Limit) {
			out = append(out, tracking.RunMetric{Run: run, Metric: points[i]})
		}
	}
	return out, nil
}

// evenly chooses at most k of n indices: all, the last, or an even choice with
// the first and the last.
func evenly(n, k int) []int {
	var out []int
	switch {
	case n <= k:
		for i := range n {
			out = append(out, i)
		}
	case k == 1:
		out = []int{n - 1}
	default:
		for i := range k {
			out = append(out, i*(n-1)/(k-1))
		}
	}
	return out
}
