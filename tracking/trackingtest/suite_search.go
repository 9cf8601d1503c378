package trackingtest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/filter"
)

// largest asks for as much as one search may, and for one more.
func (b *bench) largest() {
	e := b.experiment("e")
	b.run(e, 1)
	service := tracking.Service{Store: b.Store, Now: time.Now, NewID: func() string { return id(99) }}.As(nobody)
	for _, c := range []struct {
		what  string
		most  int
		grown func(n int) tracking.RunSearch
	}{
		{"comparisons", tracking.MaxSearchClauses, func(n int) tracking.RunSearch {
			clauses := make([]string, n)
			for i := range clauses {
				clauses[i] = fmt.Sprintf("params.p%d IS NULL", i)
			}
			return tracking.RunSearch{Filter: strings.Join(clauses, " AND ")}
		}},
		{"keys", tracking.MaxSearchKeys - 2, func(n int) tracking.RunSearch { // the start and the ID are always among them
			keys := make([]string, n)
			for i := range keys {
				keys[i] = fmt.Sprintf("metrics.m%d", i)
			}
			return tracking.RunSearch{OrderBy: keys}
		}},
		{"values", tracking.MaxSearchValues - 1, func(n int) tracking.RunSearch {
			return tracking.RunSearch{Filter: "run_id NOT IN ('x'" + strings.Repeat(", 'x'", n-1) + ")"}
		}},
	} {
		for _, n := range []int{c.most, c.most + 1} {
			s := c.grown(n)
			s.Experiments, s.Limit = []string{e}, 10
			list, err := service.SearchRuns(b.Context(), s)
			if n == c.most && (err != nil || len(list.Runs) != 1) {
				b.Errorf("%d %s: %d runs, %v", n, c.what, len(list.Runs), err)
			}
			if n > c.most && !fault.Is(err, fault.Invalid) {
				b.Errorf("%d %s: %v, want invalid", n, c.what, err)
			}
		}
	}
}

func (b *bench) filters() {
	e := b.experiment("e")
	for n := 1; n <= 5; n++ {
		b.run(e, n)
	}
	failed, end := tracking.Failed, int64(9000)
	_, err := b.Store.UpdateRun(b.Context(), nobody, id(2), tracking.RunChange{Status: &failed, End: &end})
	b.must(err)
	b.log(id(1), tracking.Batch{
		Metrics: []tracking.Metric{point("loss", 1, 1, 0.5), point("loss", 0, 1, 9), point("val loss", 1, 1, 1)},
		Params:  []tracking.Param{{Key: "model", Value: "mlp"}, {Key: "x", Value: ""}},
		Tags:    []tracking.Tag{{Key: "note", Value: "100% of_it"}},
	})
	b.log(id(2), tracking.Batch{
		Metrics: []tracking.Metric{point("loss", 1, 1, math.NaN())},
		Params:  []tracking.Param{{Key: "model", Value: "MLP-2"}},
		Tags:    []tracking.Tag{{Key: "note", Value: "1000 of xit"}},
	})
	b.log(id(3), tracking.Batch{Metrics: []tracking.Metric{point("loss", 1, 1, math.Inf(1))}, Params: []tracking.Param{{Key: "model", Value: "knn"}}})
	b.log(id(4), tracking.Batch{Metrics: []tracking.Metric{point("loss", 1, 1, math.Inf(-1))}})
	for where, want := range map[string][]string{
		"":                                                  {"05", "04", "03", "02", "01"},
		"metrics.loss < 1":                                  {"04", "01"},
		"metrics.loss <= 0.5":                               {"04", "01"},
		"metrics.loss > 0.4":                                {"03", "01"},
		"metrics.loss = 0.5":                                {"01"},
		"metrics.loss = 0":                                  {},
		"metrics.loss != 0.5":                               {"04", "03", "02"},
		"metrics.loss = 9":                                  {},
		"metrics.loss > 1e308":                              {"03"},
		"metrics.loss < -1e308":                             {"04"},
		"metrics.`val loss` >= 1":                           {"01"},
		"params.model = 'mlp'":                              {"01"},
		"params.model != 'mlp'":                             {"03", "02"},
		"params.model LIKE 'ml%'":                           {"01"},
		"params.model ILIKE 'ml%'":                          {"02", "01"},
		"params.model LIKE '%n_'":                           {"03"},
		"params.x = ''":                                     {"01"},
		"params.x IS NULL":                                  {"05", "04", "03", "02"},
		"params.x IS NOT NULL":                              {"01"},
		"tags.note LIKE '100_ of_it'":                       {"01"},
		"tags.note LIKE '100%'":                             {"02", "01"},
		"tags.note = '100% of_it'":                          {"01"},
		"tags.none IS NOT NULL":                             {},
		"params.model = 'x'' OR 1=1 --'":                    {},
		"status = 'FAILED'":                                 {"02"},
		"status != 'FAILED'":                                {"05", "04", "03", "01"},
		"end_time > 0":                                      {"02"},
		"start_time >= 3000":                                {"05", "04", "03"},
		"created = 1000":                                    {"01"},
		"user_id = 'ada' AND run_name = 'run-4'":            {"04"},
		"run_name LIKE 'run-_' AND metrics.loss < 1":        {"04", "01"},
		"tags.mlflow.runName = 'run-5'":                     {"05"},
		"run_id IN ('" + id(1) + "', '" + id(5) + "', 'x')": {"05", "01"},
		"run_id NOT IN ('" + id(1) + "', '" + id(5) + "')":  {"04", "03", "02"},
		"artifact_uri LIKE '%/" + id(3) + "/artifacts'":     {"03"},
		"params.model = 'mlp' AND params.x = '' AND metrics.loss < 1 AND metrics.`val loss` > 0 AND tags.note != 'x'": {"01"},
	} {
		b.is(where, b.found(e, where), want)
	}
	b.is("elsewhere", b.found("0", ""), []string{})
}

func (b *bench) datasetFilters() {
	e := b.experiment("e")
	input := func(name, digest, context string) tracking.Input {
		return tracking.Input{Dataset: tracking.Dataset{Name: name, Digest: digest, SourceType: "local", Source: "{}"}, Tags: []tracking.Tag{{Key: "mlflow.data.context", Value: context}}}
	}
	for n := 1; n <= 3; n++ {
		b.run(e, n)
	}
	b.must(b.Store.LogInputs(b.Context(), nobody, id(1), []tracking.Input{input("digits", "d1", "train"), input("digits", "d2", "eval")}))
	b.must(b.Store.LogInputs(b.Context(), nobody, id(2), []tracking.Input{input("iris", "i1", "train")}))
	for where, want := range map[string][]string{
		"dataset.name = 'digits'":                              {"01"},
		"dataset.name IN ('digits', 'iris')":                   {"02", "01"},
		"dataset.digest LIKE 'd%'":                             {"01"},
		"dataset.context = 'train'":                            {"02", "01"},
		"dataset.context = 'eval' AND dataset.name = 'digits'": {"01"},
		"dataset.name != 'digits'":                             {"02"},
	} {
		b.is(where, b.found(e, where), want)
	}
}

func (b *bench) orders() {
	e := b.experiment("e")
	for n := 1; n <= 6; n++ {
		b.run(e, n)
	}
	for n, v := range map[int]float64{1: 2, 2: math.NaN(), 3: math.Inf(1), 4: -1, 5: math.Inf(-1)} {
		b.metric(id(n), "m", v)
	}
	b.log(id(2), tracking.Batch{Params: []tracking.Param{{Key: "p", Value: "10"}}})
	b.log(id(3), tracking.Batch{Params: []tracking.Param{{Key: "p", Value: "9"}}})
	b.log(id(4), tracking.Batch{Params: []tracking.Param{{Key: "p", Value: "9"}}})
	finished, end := tracking.Finished, int64(1)
	_, err := b.Store.UpdateRun(b.Context(), nobody, id(6), tracking.RunChange{Status: &finished, End: &end})
	b.must(err)
	b.is("newest first", b.found(e, ""), []string{"06", "05", "04", "03", "02", "01"})
	b.is("values, NaN, nothing", b.found(e, "", "metrics.m"), []string{"05", "04", "01", "03", "02", "06"})
	b.is("values down, NaN, nothing", b.found(e, "", "metrics.m DESC"), []string{"03", "01", "04", "05", "02", "06"})
	b.is("params are texts", b.found(e, "", "params.p"), []string{"02", "04", "03", "06", "05", "01"})
	b.is("two keys", b.found(e, "", "params.p DESC", "start_time ASC"), []string{"03", "04", "02", "01", "05", "06"})
	b.is("no end is last", b.found(e, "", "end_time DESC", "run_id"), []string{"06", "01", "02", "03", "04", "05"})
	b.is("status", b.found(e, "", "status DESC", "run_id DESC"), []string{"05", "04", "03", "02", "01", "06"})
}

// pages walks through runs while others arrive before and behind.
func (b *bench) pages() {
	e := b.experiment("e")
	for n := 10; n < 22; n++ {
		b.run(e, n)
		if n%4 != 0 {
			b.metric(id(n), "m", float64(n/2)) // ties, and some with none
		}
	}
	b.metric(id(12), "m", math.NaN())
	for _, orderBy := range [][]string{nil, {"metrics.m"}, {"metrics.m DESC"}, {"attributes.end_time", "metrics.m DESC"}, {"tags.mlflow.runName"}, {"params.none"}} {
		order, err := filter.RunOrder(orderBy)
		b.must(err)
		want := b.found(e, "", orderBy...)
		var got []string
		late := 0
		for after := tracking.Cursor(""); ; {
			page, err := b.Store.SearchRuns(b.Context(), tracking.RunQuery{Experiments: []string{e, "0"}, View: tracking.ActiveOnly, Order: order, After: after, Limit: 5})
			b.must(err)
			for _, r := range page.Runs {
				if r.Experiment == e {
					got = append(got, r.ID[30:])
				}
			}
			if after = page.Next; after == "" {
				break
			}
			b.made++
			late++
			r := newRun("0", 100+b.made)
			r.Start = int64(late*7) * 1000
			_, err = b.Store.CreateRun(b.Context(), nobody, r)
			b.must(err)
			if late > 10 {
				b.Fatal("the pages never end")
			}
		}
		b.is(fmt.Sprintf("each once, in order, by %v", orderBy), got, want)
	}
}

func (b *bench) views() {
	e := b.experiment("e")
	b.run(e, 1)
	b.run(e, 2)
	b.must(b.Store.SetRunLifecycle(b.Context(), nobody, id(1), tracking.Deleted, 1))
	order, err := filter.RunOrder(nil)
	b.must(err)
	for view, want := range map[tracking.View][]string{tracking.ActiveOnly: {"02"}, tracking.DeletedOnly: {"01"}, tracking.All: {"02", "01"}} {
		page, err := b.Store.SearchRuns(b.Context(), tracking.RunQuery{Experiments: []string{e, "4711"}, View: view, Order: order, Limit: 10})
		b.must(err)
		b.is(string(view), short(page.Runs), want)
	}
}

// pagesOfTimes walks through runs whose clients gave nanoseconds for
// milliseconds: a page begins at a whole number and not at the nearest float.
func (b *bench) pagesOfTimes() {
	e := b.experiment("e")
	var want []string
	for n := 1; n <= 5; n++ {
		r := newRun(e, n)
		r.Start = 1<<60 + int64(n)
		_, err := b.Store.CreateRun(b.Context(), nobody, r)
		b.must(err)
		end := r.Start
		_, err = b.Store.UpdateRun(b.Context(), nobody, r.ID, tracking.RunChange{End: &end})
		b.must(err)
		want = append(want, r.ID[30:])
	}
	for _, by := range []string{"start_time", "end_time"} {
		order, err := filter.RunOrder([]string{by})
		b.must(err)
		var got []string
		for after := tracking.Cursor(""); len(got) <= len(want); {
			page, err := b.Store.SearchRuns(b.Context(), tracking.RunQuery{Experiments: []string{e}, View: tracking.ActiveOnly, Order: order, After: after, Limit: 1})
			b.must(err)
			got = append(got, short(page.Runs)...)
			if after = page.Next; after == "" {
				break
			}
		}
		b.is(by, got, want)
	}
}

func (b *bench) badCursors() {
	e := b.experiment("e")
	order, err := filter.RunOrder(nil)
	b.must(err)
	for _, bad := range []tracking.Cursor{"x", "{}", "[", "0"} {
		_, err := b.Store.SearchRuns(b.Context(), tracking.RunQuery{Experiments: []string{e}, View: tracking.All, Order: order, After: bad, Limit: 1})
		b.fails(err, fault.Invalid, "")
		_, err = b.Store.History(b.Context(), tracking.HistoryQuery{Run: id(1), Key: "m", After: bad, Limit: 1})
		b.fails(err, fault.Invalid, "")
	}
}
