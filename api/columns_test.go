package api

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

func TestTermsAreColumnsOperatorsAndValues(t *testing.T) {
	got, err := terms("state=running, params.lr<=1e-3,reason~out of memory,number!=4")
	want := []trials.Term{
		{Field: "state", Op: "=", Value: "running"},
		{Field: "params.lr", Op: "<=", Value: 1e-3},
		{Field: "reason", Op: "~", Value: "out of memory"},
		{Field: "number", Op: "!=", Value: 4.0},
	}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Error(err, d)
	}
	if got, err := terms(" "); got != nil || err != nil {
		t.Errorf("an empty filter gives %v, %v", got, err)
	}
}

func TestABadFilterNamesEveryTerm(t *testing.T) {
	_, err := terms("stat=running,lr,=3")
	f := fault.Of(err)
	if f == nil || len(f.Problems) != 3 || f.Problems[0].Hint != "did you mean state?" {
		t.Errorf("got %v", err)
	}
}

func TestRankFollowsTheGoal(t *testing.T) {
	for _, c := range []struct {
		asked string
		goal  spec.Goal
		want  []trials.Order
	}{
		{"", spec.Minimize, []trials.Order{{Field: "value"}, {Field: "best"}}},
		{"rank", spec.Maximize, []trials.Order{{Field: "value", Desc: true}, {Field: "best", Desc: true}}},
		{"-rank", spec.Maximize, []trials.Order{{Field: "value"}, {Field: "best"}}},
		{"-params.lr,number", spec.Minimize, []trials.Order{{Field: "params.lr", Desc: true}, {Field: "number"}}},
	} {
		got, err := orders(c.asked, c.goal)
		if d := cmp.Diff(c.want, got); err != nil || d != "" {
			t.Errorf("%q: %v %s", c.asked, err, d)
		}
	}
	if _, err := orders("-valu", spec.Minimize); err == nil {
		t.Error("an unknown column was taken")
	}
}

func TestColumnsHoldEveryParameterAndNone(t *testing.T) {
	v := 0.25
	ts := []trials.Trial{
		{Number: 1, Value: &v, Point: search.Point{"family": "knn", "k": int64(3)}},
		{Number: 2, Point: search.Point{"family": "svm", "C": 1.5}, Effective: search.Point{"family": "svm", "C": 0.75}},
	}
	got, err := columns("number,value,params.*", ts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"number", "value", "params.C", "params.family", "params.k"}, got.Columns); d != "" {
		t.Error(d)
	}
	if got.Values[1][1] != nil || got.Values[2][0] != nil || *got.Values[2][1] != wire.Num(0.75) {
		t.Errorf("the second trial has no value and the effective C: %v", got.Values)
	}
	if _, err := columns("number,vlue", ts, nil); fault.Of(err) == nil || fault.Of(err).Problems[0].Hint != "did you mean value?" {
		t.Errorf("an unknown column: %v", err)
	}
}

func TestNumbersAreWrittenToBeCompared(t *testing.T) {
	for v, want := range map[float64]string{0.0862137: "0.0862", 0: "0.0000", 12345.678: "12345.7", 1.5e-5: "1.500e-05"} {
		if got := number(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
	if got := thousands(1234567); got != "1\u2009234\u2009567" {
		t.Errorf("got %q", got)
	}
}
