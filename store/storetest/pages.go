package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
)

func trialPages(t *testing.T, open Open) {
	h := build(t, open)
	w := h.submit(oneStage(12, 0))
	var list []scheduler.NewTrial
	for i := range 12 {
		p := search.Point{"lr": float64(12-i) / 10, "kind": []string{"mlp", "knn", "SVM"}[i%3]}
		if i%4 == 0 {
			p["width"] = int64(10 * (i + 1))
		}
		list = append(list, scheduler.NewTrial{Point: p, Hash: fmt.Sprint(i), By: "random"})
	}
	_, err := h.db.CreateTrials(t.Context(), scheduler.Create{Sweep: w.no, Branch: w.branch, Revision: 1, Trials: list})
	h.must(err)
	for i, c := range h.take("w1", 5) {
		h.report(c, 1, float64(i%3))
		if i < 4 {
			h.settled(c, trials.Outcome{Verdict: trials.Succeeded, Seconds: float64(i)})
		}
	}
	for _, c := range []struct {
		filter []trials.Term
		sort   []trials.Order
		want   []int
	}{
		{nil, nil, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{nil, []trials.Order{{Field: "number", Desc: true}}, []int{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{nil, []trials.Order{{Field: "value"}}, []int{1, 4, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12}},
		{nil, []trials.Order{{Field: "value", Desc: true}}, []int{3, 2, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{nil, []trials.Order{{Field: "params.lr"}}, []int{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
		{nil, []trials.Order{{Field: "params.width", Desc: true}}, []int{9, 5, 1, 2, 3, 4, 6, 7, 8, 10, 11, 12}},
		{nil, []trials.Order{{Field: "params.kind"}, {Field: "params.lr"}}, []int{12, 9, 6, 3, 11, 8, 5, 2, 10, 7, 4, 1}},
		{[]trials.Term{{Field: "state", Op: "=", Value: "completed"}}, nil, []int{1, 2, 3, 4}},
		{[]trials.Term{{Field: "state", Op: "!=", Value: "completed"}, {Field: "number", Op: "<=", Value: 6.0}}, nil, []int{5, 6}},
		{[]trials.Term{{Field: "params.lr", Op: ">", Value: 1.0}}, nil, []int{1, 2}},
		{[]trials.Term{{Field: "params.lr", Op: "=", Value: 1.0}}, nil, []int{3}},
		{[]trials.Term{{Field: "params.width", Op: ">=", Value: 50.0}}, nil, []int{5, 9}},
		{[]trials.Term{{Field: "params.kind", Op: "=", Value: "knn"}}, nil, []int{2, 5, 8, 11}},
		{[]trials.Term{{Field: "params.kind", Op: "~", Value: "sv"}}, nil, []int{3, 6, 9, 12}},
		{[]trials.Term{{Field: "value", Op: "<", Value: 1.0}}, nil, []int{1, 4}},
		{[]trials.Term{{Field: "best", Op: ">=", Value: 1.0}}, nil, []int{2, 3, 5}},
		{[]trials.Term{{Field: "params.a'b?@c", Op: "=", Value: 1.0}}, nil, nil},
		{[]trials.Term{{Field: "params.none", Op: "!=", Value: "x"}}, nil, nil},
		{[]trials.Term{{Field: "by", Op: "=", Value: "random"}, {Field: "branch", Op: "=", Value: ""}, {Field: "stage", Op: "~", Value: "EAR"}, {Field: "seconds", Op: ">", Value: 1.0}}, nil, []int{3, 4}},
	} {
		for _, limit := range []int{1000, 2} {
			var got []int
			q := trials.TrialQuery{Filter: c.filter, Sort: c.sort, Limit: limit}
			for {
				page, err := h.db.Trials(t.Context(), w.no, q)
				h.must(err)
				for _, x := range page.Trials {
					got = append(got, x.Number)
				}
				if page.Matched != len(c.want) || page.Total != 12 {
					t.Errorf("%v: %d of %d matched, want %d of 12", c.filter, page.Matched, page.Total, len(c.want))
				}
				if q.Page = page.Next; q.Page == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("filter %v, sort %v, pages of %d:\n got %v\nwant %v", c.filter, c.sort, limit, got, c.want)
			}
		}
	}
	before := w.look().Seq
	h.command(w, scheduler.Command{Kind: scheduler.CommandCancel, Trials: []int{12}})
	page, err := h.db.Trials(t.Context(), w.no, trials.TrialQuery{After: before, Limit: 10})
	h.must(err)
	is(t, "only what changed", len(page.Trials) == 1 && page.Trials[0].Number == 12, true)
	for what, q := range map[string]trials.TrialQuery{
		"field":      {Filter: []trials.Term{{Field: "valu", Op: "=", Value: 1.0}}},
		"comparison": {Filter: []trials.Term{{Field: "value", Op: "OR 1=1", Value: 1.0}}},
		"number":     {Filter: []trials.Term{{Field: "value", Op: "=", Value: "x"}}},
		"text":       {Filter: []trials.Term{{Field: "state", Op: "=", Value: 1.0}}},
		"order":      {Sort: []trials.Order{{Field: "no"}}},
		"page":       {Page: "x"},
	} {
		if _, err := h.db.Trials(t.Context(), w.no, q); !fault.Is(err, fault.Invalid) {
			t.Errorf("a wrong %s: %v, want invalid", what, err)
		}
	}
}
