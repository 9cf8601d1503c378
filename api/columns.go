package api

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// columnNames are the columns a trial has beside its parameters.
var columnNames = []string{
	"number", "state", "stage", "branch", "value", "best", "best_step", "last", "resource", "seconds", "attempts", "by", "note", "reason",
	"created", "started", "ended", "run", "name", "id",
}

const (
	defaultColumns = "number,state,stage,branch,value,best,best_step,last,resource,seconds,attempts,params.*"
	allParams      = "params.*"
	paramPrefix    = "params."
)

// columns makes a table of trials: one list per column asked for. params.* is
// every parameter that any of the trials has, by name.
func columns(asked string, ts []trials.Trial, branch map[int64]string) (wire.TrialColumns, error) {
	if asked == "" {
		asked = defaultColumns
	}
	out := wire.TrialColumns{Columns: []string{}, Rows: int64(len(ts)), Values: [][]*any{}}
	var ps []fault.Problem
	for _, name := range strings.Split(asked, ",") {
		switch name = strings.TrimSpace(name); {
		case name == allParams:
			out.Columns = append(out.Columns, paramNames(ts)...)
		case strings.HasPrefix(name, paramPrefix), slices.Contains(columnNames, name):
			out.Columns = append(out.Columns, name)
		default:
			ps = append(ps, unknownColumn(name))
		}
	}
	if err := fault.Many("there are unknown columns", ps); err != nil {
		return out, err
	}
	for _, name := range out.Columns {
		col := make([]*any, len(ts))
		for i := range ts {
			if v := cell(&ts[i], name, branch); v != nil {
				col[i] = &v
			}
		}
		out.Values = append(out.Values, col)
	}
	return out, nil
}

func unknownColumn(name string) fault.Problem {
	hint := fault.DidYouMean(name, columnNames)
	if hint == "" {
		hint = "one of " + strings.Join(columnNames, ", ") + ", params.NAME, params.*"
	}
	return fault.Problem{Where: "column " + name, Message: "there is no such column", Hint: hint}
}

func paramNames(ts []trials.Trial) []string {
	seen := map[string]bool{}
	var names []string
	for i := range ts {
		for k := range ts[i].Params() {
			if !seen[k] {
				seen[k] = true
				names = append(names, paramPrefix+k)
			}
		}
	}
	slices.Sort(names)
	return names
}

// cell is one value as it travels; nil is "none".
func cell(t *trials.Trial, name string, branch map[int64]string) any {
	switch name {
	case "branch":
		return branch[t.Branch]
	case "best_step":
		if t.Best == nil {
			return nil
		}
		return t.BestStep
	case "note":
		return text(t.Note)
	case "run":
		return text(t.Run)
	case "name":
		return text(t.Name)
	case "id":
		return text(t.UserID)
	case "created":
		return t.Created
	case "started":
		if t.Started.IsZero() {
			return nil
		}
		return t.Started
	case "ended":
		if t.Ended.IsZero() {
			return nil
		}
		return t.Ended
	}
	switch v := t.Column(name).(type) {
	case float64:
		return wire.Num(v)
	case string:
		if strings.HasPrefix(name, paramPrefix) {
			return v
		}
		return text(v)
	default:
		return v
	}
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// rank is the order of a leaderboard: completed trials by value, then the
// others by their best reading so far.
const rank = "rank"

// maxOrders is how many columns one request may sort by. Each parameter among
// them is a join, and SQLite takes 64.
const maxOrders = 16

// orders reads "-best,number". rank depends on the goal.
func orders(asked string, goal spec.Goal) ([]trials.Order, error) {
	if asked == "" {
		asked = rank
	}
	var out []trials.Order
	var ps []fault.Problem
	names := strings.Split(asked, ",")
	if len(names) > maxOrders {
		return nil, fault.Invalidf("there are %d columns to sort by, at most %d are looked at", len(names), maxOrders).At("query parameter sort")
	}
	for _, name := range names {
		name = strings.TrimSpace(name)
		field, desc := strings.CutPrefix(name, "-")
		switch {
		case field == rank:
			down := (goal == spec.Maximize) != desc
			out = append(out, trials.Order{Field: "value", Desc: down}, trials.Order{Field: "best", Desc: down})
		case searchable(field):
			out = append(out, trials.Order{Field: field, Desc: desc})
		default:
			ps = append(ps, unsearchable(field))
		}
	}
	return out, fault.Many("the trials cannot be sorted like that", ps)
}

// searchNames are the columns, beside the parameters, that trials are sorted and
// filtered by: those of trials.Term.
var searchNames = []string{"number", "state", "stage", "branch", "value", "best", "last", "resource", "seconds", "attempts", "by", "reason"}

func searchable(field string) bool {
	return strings.HasPrefix(field, paramPrefix) || slices.Contains(searchNames, field)
}

func unsearchable(field string) fault.Problem {
	p := fault.Problem{Where: "column " + field, Message: "there is no such column", Hint: fault.DidYouMean(field, searchNames)}
	if slices.Contains(columnNames, field) {
		p.Message = "trials are neither sorted nor filtered by it"
	}
	return p
}

// operators, longest first so that <= is not read as <.
var operators = []string{"<=", ">=", "!=", "=", "<", ">", "~"}

// terms reads "state=running,params.lr<1e-3,reason~memory".
func terms(asked string) ([]trials.Term, error) {
	if strings.TrimSpace(asked) == "" {
		return nil, nil
	}
	var out []trials.Term
	var ps []fault.Problem
	for _, text := range strings.Split(asked, ",") {
		t, ok := term(strings.TrimSpace(text))
		switch {
		case !ok:
			ps = append(ps, fault.Problem{Where: "filter " + text, Message: "a term is a column, an operator and a value", Hint: "like state=running or params.lr<1e-3"})
		case !searchable(t.Field):
			ps = append(ps, unsearchable(t.Field))
		default:
			out = append(out, t)
		}
	}
	return out, fault.Many("the filter is not understood", ps)
}

func term(text string) (trials.Term, bool) {
	at, op := len(text), ""
	for _, o := range operators {
		if i := strings.Index(text, o); i > 0 && i < at {
			at, op = i, o
		}
	}
	if op == "" {
		return trials.Term{}, false
	}
	value := strings.TrimSpace(text[at+len(op):])
	t := trials.Term{Field: strings.TrimSpace(text[:at]), Op: op, Value: value}
	if f, err := strconv.ParseFloat(value, 64); err == nil && op != "~" {
		t.Value = f
	}
	return t, value != ""
}
