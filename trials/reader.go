package trials

import (
	"context"

	"github.com/sweepd/sweepd/search"
)

// Reader is what pages and clients are shown. It never takes a write lock and
// no read outlives its call. Package store implements it.
type Reader interface {
	// Sweeps lists sweeps, newest first, after the page key ("" is the start).
	Sweeps(ctx context.Context, q SweepQuery) ([]Sweep, string, error)
	// Sweep finds a sweep by its id, a unique prefix of it, or "@last".
	// fault.NotFound names the nearest id; an ambiguous prefix lists three.
	Sweep(ctx context.Context, id string) (*Sweep, error)
	Stages(ctx context.Context, sweep int64) ([]Stage, []Branch, error)
	// Trials gives one page of a sweep's trials.
	Trials(ctx context.Context, sweep int64, q TrialQuery) (*TrialPage, error)
	Trial(ctx context.Context, sweep int64, number int) (*Trial, []Attempt, error)
	// Readings gives the objective's readings of the trials named, of their
	// newest attempt, by step, thinned to at most points per trial keeping
	// minimum, maximum and last of each bucket (0: all).
	Readings(ctx context.Context, sweep int64, numbers []int, points int) ([]Reading, error)
	// Decisions gives log entries after a change number, of one trial when
	// number is not 0, oldest first.
	Decisions(ctx context.Context, sweep int64, number int, after int64, limit int) ([]Decision, error)
	Ensembles(ctx context.Context, sweep int64) ([]Ensemble, error)
	Workers(ctx context.Context) ([]Worker, error)
}

// SweepQuery selects sweeps.
type SweepQuery struct {
	State SweepState // "" is any
	Name  string     // substring, "" is any
	Limit int        // 1 to 1000
	Page  string
}

// TrialQuery selects, sorts and pages trials.
type TrialQuery struct {
	Filter []Term  // all must hold
	Sort   []Order // then by number
	Limit  int     // 1 to 10000
	Page   string  // opaque, "" is the start
	After  int64   // only what changed after this change number; 0 is all
}

// Term is one condition. Field is "state", "stage", "branch", "number",
// "value", "best", "last", "resource", "seconds", "attempts", "by", "reason",
// or "params.NAME"; Op is = != < <= > >= ~ (substring).
type Term struct {
	Field string
	Op    string
	Value any // string or float64
}

// Order is one key of a sort. Missing values come last either way.
type Order struct {
	Field string
	Desc  bool
}

// TrialPage is one page.
type TrialPage struct {
	Trials  []Trial
	Total   int    // in the sweep
	Matched int    // by the filter
	Next    string // page key, "" at the end
	Seq     int64  // of the sweep when the page was read
}

// Column gives a trial's value for a column name as in Term, nil when it has
// none.
func (t *Trial) Column(name string) any {
	switch name {
	case "number":
		return t.Number
	case "state":
		return string(t.State)
	case "stage":
		return t.StageName
	case "by":
		return t.By
	case "reason":
		return t.Reason
	case "value":
		return number(t.Value)
	case "best":
		return number(t.Best)
	case "last":
		return number(t.Last)
	case "resource":
		return t.Resource
	case "seconds":
		return t.Seconds
	case "attempts":
		return t.Attempts
	}
	if len(name) > 7 && name[:7] == "params." {
		return param(t.Params(), name[7:])
	}
	return nil
}

func number(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

func param(p search.Point, name string) any { return p[name] }
