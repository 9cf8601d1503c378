package trackingtest

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

func point(key string, step, time int64, value float64) tracking.Metric {
	return tracking.Metric{Key: key, Step: step, Time: time, Value: value}
}

func (b *bench) latest() {
	run := b.run("0", 1)
	nan := math.NaN()
	for _, p := range []tracking.Metric{
		point("step", 2, 1, 0), point("step", 1, 9, 9), // the step decides
		point("time", 1, 5, 0), point("time", 1, 4, 9), // then the time
		point("value", 1, 1, 3), point("value", 1, 1, 2), // then the value
		point("nan", 1, 1, nan), point("nan", 1, 1, -1), // NaN counts as 0
		point("under", 1, 1, 1), point("under", 1, 1, nan),
		point("negative", -5, 1, 1), point("negative", -7, 1, 2),
	} {
		b.log(run, tracking.Batch{Metrics: []tracking.Metric{p}})
	}
	b.log(run, tracking.Batch{Metrics: []tracking.Metric{point("batch", 3, 1, 3), point("batch", 1, 1, 1), point("batch", 2, 1, 2)}})
	b.is("one of each, by key", b.get(run).Metrics, []tracking.Metric{
		point("batch", 3, 1, 3), point("nan", 1, 1, nan), point("negative", -5, 1, 1),
		point("step", 2, 1, 0), point("time", 1, 5, 0), point("under", 1, 1, 1), point("value", 1, 1, 3),
	})
}

func (b *bench) points(run, key string) []tracking.Metric {
	b.Helper()
	page, err := b.Store.History(b.Context(), tracking.HistoryQuery{Run: run, Key: key})
	b.must(err)
	b.is("no page follows", page.Next, tracking.Cursor(""))
	return page.Metrics
}

func (b *bench) duplicates() {
	run := b.run("0", 1)
	nan := point("m", 1, 1, math.NaN())
	zero := point("m", 1, 1, 0)
	batch := tracking.Batch{Metrics: []tracking.Metric{nan, zero, nan, zero, point("m", 1, 2, 0)}}
	b.log(run, batch)
	b.log(run, batch)
	b.is("each once, NaN is not 0", b.points(run, "m"), []tracking.Metric{zero, nan, point("m", 1, 2, 0)})
}

func (b *bench) floats() {
	run := b.run("0", 1)
	values := []float64{
		0, 1, -1, 0.1, 1.0 / 3, math.Pi, 1e-300, 5e-324, math.MaxFloat64, -math.MaxFloat64,
		math.Inf(1), math.Inf(-1), math.NaN(), 1 << 53, 9007199254740993, -0.30000000000000004,
	}
	var metrics []tracking.Metric
	for i, v := range values {
		metrics = append(metrics, point(fmt.Sprintf("m%02d", i), math.MaxInt64, int64(i), v), point("all", math.MinInt64, int64(i), v))
	}
	b.log(run, tracking.Batch{Metrics: metrics})
	latest := b.get(run).Metrics[1:]
	for i, p := range b.points(run, "all") {
		for _, got := range []float64{p.Value, latest[i].Value} {
			if want := values[i]; math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
				b.Errorf("%v came back as %v", want, got)
			}
		}
		b.is("steps to the ends of int64", []int64{p.Step, latest[i].Step}, []int64{math.MinInt64, math.MaxInt64})
	}
}

func (b *bench) atomic() {
	run := b.run("0", 1)
	b.log(run, tracking.Batch{Params: []tracking.Param{{Key: "p", Value: "1"}}})
	before := b.get(run)
	err := b.Store.LogBatch(b.Context(), nobody, run, tracking.Batch{
		Metrics: []tracking.Metric{point("m", 1, 1, 1)},
		Params:  []tracking.Param{{Key: "q", Value: "1"}, {Key: "p", Value: "2"}},
		Tags:    []tracking.Tag{{Key: "t", Value: "1"}},
	})
	b.fails(err, fault.Invalid, "")
	b.is("nothing of it is there", b.get(run), before)
	b.is("no point either", len(b.points(run, "m")), 0)
	b.fails(b.Store.LogBatch(b.Context(), nobody, id(2), tracking.Batch{}), fault.NotFound, "Run with id="+id(2)+" not found")
	b.log(run, tracking.Batch{})
}

func (b *bench) bigBatch() {
	run := b.run("0", 1)
	var batch tracking.Batch
	for i := range 800 {
		batch.Metrics = append(batch.Metrics, point(fmt.Sprintf("m%d", i%200), int64(i), int64(i), float64(i)))
	}
	long := strings.Repeat("ü", tracking.MaxParamValue)
	for i := range 100 {
		batch.Params = append(batch.Params, tracking.Param{Key: fmt.Sprintf("p%d", i), Value: long})
		batch.Tags = append(batch.Tags, tracking.Tag{Key: fmt.Sprintf("t%d", i), Value: strings.Repeat("x", tracking.MaxTagValue)})
	}
	batch.Tags[0].Key = strings.Repeat("k", tracking.MaxKey)
	b.log(run, batch)
	b.log(run, batch)
	got := b.get(run)
	b.is("all there", []int{len(got.Metrics), len(got.Params), len(got.Tags)}, []int{200, 100, 101})
	b.is("uncut", got.Params[7].Value == long, true)
}

func (b *bench) concurrent() {
	run := b.run("0", 1)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := range 10 {
				errs[w] = b.Store.LogBatch(b.Context(), nobody, run, tracking.Batch{
					Metrics: []tracking.Metric{point("shared", int64(i), 1, float64(i)), point(fmt.Sprintf("own%d", w), int64(i), 1, float64(i))},
					Params:  []tracking.Param{{Key: "same", Value: "1"}},
					Tags:    []tracking.Tag{{Key: "t", Value: fmt.Sprint(w)}},
				})
				if errs[w] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		b.must(err)
	}
	b.is("shared points once", len(b.points(run, "shared")), 10)
	got := b.get(run)
	b.is("a latest of each", len(got.Metrics), 9)
	for _, m := range got.Metrics {
		b.is("latest "+m.Key, m.Step, int64(9))
	}
}

func (b *bench) history() {
	run := b.run("0", 1)
	inf, nan := math.Inf(1), math.NaN()
	want := []tracking.Metric{
		point("m", 5, 1, 9), point("m", -1, 2, 1), point("m", 0, 2, -inf), point("m", 0, 2, -3), point("m", 0, 2, 0), point("m", 0, 2, nan), point("m", 0, 2, 4), point("m", 0, 2, inf), point("m", 1, 3, nan),
	}
	for i := range want {
		b.log(run, tracking.Batch{Metrics: []tracking.Metric{want[(i*5)%len(want)]}})
	}
	b.metric(run, "other", 1)
	b.is("by time, step, value", b.points(run, "m"), want)
	for _, size := range []int{1, 2, 4, 9, 10} {
		var got []tracking.Metric
		for after := tracking.Cursor(""); ; {
			page, err := b.Store.History(b.Context(), tracking.HistoryQuery{Run: run, Key: "m", After: after, Limit: size})
			b.must(err)
			if len(page.Metrics) > size {
				b.Fatalf("a page of %d points, asked for %d", len(page.Metrics), size)
			}
			got = append(got, page.Metrics...)
			if after = page.Next; after == "" {
				break
			}
		}
		b.is(fmt.Sprintf("in pages of %d", size), got, want)
	}
	b.is("no such key", len(b.points(run, "none")), 0)
	b.is("no such run", len(b.points(id(2), "m")), 0)
}

func (b *bench) historyOf() {
	second, first := b.run("0", 2), b.run("0", 1)
	for i := range 3 {
		b.log(first, tracking.Batch{Metrics: []tracking.Metric{point("m", int64(i), 1, 1)}})
		b.log(second, tracking.Batch{Metrics: []tracking.Metric{point("m", int64(i), 1, 2)}})
	}
	got, err := b.Store.HistoryOf(b.Context(), []string{second, first, id(3)}, "m", 4)
	b.must(err)
	b.is("by run, cut at the limit", got, []tracking.RunMetric{
		{Run: first, Metric: point("m", 0, 1, 1)},
		{Run: first, Metric: point("m", 1, 1, 1)},
		{Run: first, Metric: point("m", 2, 1, 1)},
		{Run: second, Metric: point("m", 0, 1, 2)},
	})
}

func (b *bench) samples() {
	long, short, flat := b.run("0", 1), b.run("0", 2), b.run("0", 3)
	var batch tracking.Batch
	for i := range 1000 {
		batch.Metrics = append(batch.Metrics, point("m", int64(i), 1, float64(i)))
	}
	b.log(long, batch)
	b.log(short, tracking.Batch{Metrics: batch.Metrics[:3]})
	for i := range batch.Metrics {
		batch.Metrics[i].Step, batch.Metrics[i].Time = 0, int64(i)
	}
	b.log(flat, batch)
	sample := func(q tracking.SampleQuery) map[string][]tracking.Metric {
		b.Helper()
		q.Key = "m"
		got, err := b.Store.SampleHistory(b.Context(), q)
		b.must(err)
		out := map[string][]tracking.Metric{}
		for _, p := range got {
			out[p.Run] = append(out[p.Run], p.Metric)
		}
		return out
	}
	got := sample(tracking.SampleQuery{Runs: []string{long, short, flat, id(4)}, Limit: 10})
	b.is("few are all", got[short], []tracking.Metric{point("m", 0, 1, 0), point("m", 1, 1, 1), point("m", 2, 1, 2)})
	for _, run := range []string{long, flat} {
		points := got[run]
		if len(points) < 8 || len(points) > 10 {
			b.Errorf("%d points, want about 10", len(points))
			continue
		}
		b.is("the ends", []float64{points[0].Value, points[len(points)-1].Value}, []float64{0, 999})
		for i := 1; i < len(points); i++ {
			if gap := points[i].Value - points[i-1].Value; gap < 50 || gap > 250 {
				b.Errorf("a gap of %v between samples of 10 in 1000", gap)
			}
		}
	}
	from, to := int64(100), int64(102)
	b.is("between steps", sample(tracking.SampleQuery{Runs: []string{long}, Limit: 10, From: &from, To: &to})[long],
		[]tracking.Metric{point("m", 100, 1, 100), point("m", 101, 1, 101), point("m", 102, 1, 102)})
	b.is("one is the last", sample(tracking.SampleQuery{Runs: []string{long}, Limit: 1})[long], []tracking.Metric{point("m", 999, 1, 999)})
}
