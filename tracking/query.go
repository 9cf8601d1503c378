package tracking

import "github.com/sweepd/sweepd/tracking/filter"

// Cursor is the place after which a next page begins: the sort key of the last
// row given, in words that only the store which made it reads. Paging is by
// key, so rows that arrive meanwhile neither repeat nor hide others. The empty
// Cursor is the beginning; as an answer it says that nothing follows. A Cursor
// that does not read is fault.Invalid.
type Cursor string

// RunQuery asks a store for runs. Order is total: it always ends with a key
// that no two runs share.
type RunQuery struct {
	Experiments []string // IDs; none finds nothing
	View        View
	Where       filter.Filter
	Order       []filter.Order
	After       Cursor
	Limit       int // at least 1
}

// RunPage is a page of full runs: latest metrics, params, tags and inputs.
type RunPage struct {
	Runs []Run
	Next Cursor
}

// ExperimentQuery asks a store for experiments. Order is total: it always holds
// the ID, which orders as a number.
type ExperimentQuery struct {
	View  View
	Where filter.Filter
	Order []filter.Order
	After Cursor
	Limit int // at least 1
}

// ExperimentPage is a page of experiments with their tags.
type ExperimentPage struct {
	Experiments []Experiment
	Next        Cursor
}

// HistoryQuery asks for all points of a metric of a run, ordered by (time,
// step, value), NaN counting as 0 and coming after it.
type HistoryQuery struct {
	Run   string
	Key   string
	After Cursor
	Limit int // 0 is no limit
}

// HistoryPage is a page of points.
type HistoryPage struct {
	Metrics []Metric
	Next    Cursor
}

// SampleQuery asks for an even sample of a metric's points in each of several
// runs.
type SampleQuery struct {
	Runs     []string
	Key      string
	From, To *int64 // steps, both included; both nil for all
	Limit    int    // most points of one run, at least 1
}
