package tracking_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/trackingtest"
)

func open() (tracking.API, *trackingtest.Memory, tracking.Service) {
	m := trackingtest.NewMemory()
	n := 0
	s := tracking.Service{
		Store: m,
		Now:   func() time.Time { return time.UnixMilli(1700000000000) },
		NewID: func() string { n++; return fmt.Sprintf("%032x", n) },
	}
	return s.As(tracking.Author{}), m, s
}

func create(t *testing.T, api tracking.API) string {
	t.Helper()
	r, err := api.CreateRun(t.Context(), tracking.NewRun{})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

// The texts were given by mlflow 3.17.2.
func TestWordsOfInvalidThings(t *testing.T) {
	api, _, _ := open()
	ctx := t.Context()
	run := create(t, api)
	long := strings.Repeat("k", 251)
	for _, c := range []struct {
		err  error
		want string
	}{
		{api.LogMetric(ctx, run, tracking.Metric{Key: "a b!"}), `Invalid value "a b!" for parameter 'name' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`},
		{api.LogMetric(ctx, run, tracking.Metric{Key: "a", Time: -1, Value: 0.5}), `Invalid value -1 for parameter 'timestamp' supplied: metric 'a' (value=0.5). Timestamp must be a nonnegative long (64-bit integer) `},
		{api.LogMetric(ctx, run, tracking.Metric{Key: long}), `'Metric name' exceeds the maximum length of 250 characters`},
		{api.LogParam(ctx, run, tracking.Param{Key: "a/../b"}), `Invalid value "a/../b" for parameter 'key' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to 'b'`},
		{api.LogParam(ctx, run, tracking.Param{Key: "//a"}), `Invalid value "//a" for parameter 'key' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '//a'`},
		{api.LogParam(ctx, run, tracking.Param{Key: long}), `'Param key' exceeds the maximum length of 250 characters`},
		{api.SetTag(ctx, run, tracking.Tag{Key: "ä#"}), `Invalid value "\u00e4#" for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`},
		{api.LogBatch(ctx, "a\n", tracking.Batch{}), `Invalid value "a\n" for parameter 'run_id' supplied.`},
		{api.LogBatch(ctx, run, tracking.Batch{Metrics: []tracking.Metric{{Key: "ok"}, {Key: "."}}}), `Invalid value "." for parameter 'metrics[1].name' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '.'`},
		{api.LogBatch(ctx, run, tracking.Batch{Params: []tracking.Param{{Key: "a"}, {Key: "b"}, {Key: "a"}}}), `Duplicate parameter keys have been submitted: ['a']. Please ensure the request contains only one param value per param key.`},
		{api.LogBatch(ctx, run, tracking.Batch{Tags: make100(101)}), `A batch logging request can contain at most 100 tags. Got 101 tags. Please split up tags across multiple requests and try again.`},
		{second(api.CreateExperiment(ctx, tracking.NewExperiment{Name: " "})), `Invalid experiment name: ' '`},
		{second(api.CreateExperiment(ctx, tracking.NewExperiment{Name: strings.Repeat("n", 501)})), `'name' exceeds the maximum length of 500 characters`},
		{second(api.CreateExperiment(ctx, tracking.NewExperiment{Name: "a", ArtifactLocation: "s3://b/c#d"})), `'artifact_location' URL can't include fragments or params.`},
		{second(api.CreateExperiment(ctx, tracking.NewExperiment{Name: "a", Tags: []tracking.Tag{{Key: "t", Value: strings.Repeat("v", 20001)}}})), `'value' exceeds the maximum length of 20000 characters`},
		{second(api.Experiment(ctx, "x")), `Invalid experiment ID 'x'. Experiment ID must be a valid integer.`},
		{second(api.CreateRun(ctx, tracking.NewRun{Name: "a", Tags: []tracking.Tag{{Key: "mlflow.runName", Value: "b"}}})), `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='a', mlflow.runName='b').`},
		{second(api.SearchRuns(ctx, tracking.RunSearch{Limit: 50001})), `Invalid value 50001 for parameter 'max_results' supplied. It must be at most 50000`},
		{second(api.SearchRuns(ctx, tracking.RunSearch{Limit: 1, Token: "!"})), `Invalid page token, could not base64-decode`},
		{second(api.HistoryOf(ctx, nil, "m", 1)), `GetMetricHistoryBulk request must specify at least one run_id.`},
	} {
		if c.err == nil || c.err.Error() != c.want || !fault.Is(c.err, fault.Invalid) {
			t.Errorf("got  %v\nwant %s", c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func make100(n int) (tags []tracking.Tag) {
	for i := range n {
		tags = append(tags, tracking.Tag{Key: fmt.Sprint(i)})
	}
	return tags
}

func TestLongValuesAreCut(t *testing.T) {
	api, _, _ := open()
	run := create(t, api)
	if err := api.LogBatch(t.Context(), run, tracking.Batch{
		Params: []tracking.Param{{Key: "p", Value: strings.Repeat("ü", 6001)}},
		Tags:   []tracking.Tag{{Key: "t", Value: strings.Repeat("ü", 8001)}},
	}); err != nil {
		t.Fatal(err)
	}
	got, err := api.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	tag, _ := got.Tag("t")
	if got.Params[0].Value != strings.Repeat("ü", 6000) || tag != strings.Repeat("ü", 8000) {
		t.Error("values are not cut at 6000 and 8000 characters")
	}
}

func TestRunsHaveANameWhateverIsGiven(t *testing.T) {
	api, _, _ := open()
	for _, c := range []struct {
		n    tracking.NewRun
		want string
	}{
		{tracking.NewRun{Name: "a"}, "a"},
		{tracking.NewRun{Tags: []tracking.Tag{{Key: "mlflow.runName", Value: "b"}}}, "b"},
		{tracking.NewRun{Name: "c", Tags: []tracking.Tag{{Key: "mlflow.runName", Value: "c"}}}, "c"},
		{tracking.NewRun{}, ""},
	} {
		r, err := api.CreateRun(t.Context(), c.n)
		if err != nil {
			t.Fatal(err)
		}
		tag, _ := r.Tag("mlflow.runName")
		if c.want != "" && r.Name != c.want || r.Name == "" || tag != r.Name || r.Experiment != "0" || r.Status != tracking.Running {
			t.Errorf("%+v gave %+v", c.n, r)
		}
	}
}

func TestARequestKeyMakesOneRun(t *testing.T) {
	api, m, s := open()
	m.Hold("trial", 1)
	trial := s.As(tracking.Author{Owner: "trial", Attempt: 1})
	ids := map[string]bool{}
	for range 2 {
		for _, a := range []tracking.API{api, trial} {
			r, err := a.CreateRun(t.Context(), tracking.NewRun{RequestKey: "k"})
			if err != nil {
				t.Fatal(err)
			}
			ids[r.ID] = true
		}
	}
	if len(ids) != 2 {
		t.Errorf("%d runs from two authors with one key each, want 2", len(ids))
	}
}

func TestTokensBelongToTheirSearch(t *testing.T) {
	api, _, _ := open()
	for range 3 {
		create(t, api)
	}
	search := tracking.RunSearch{Experiments: []string{"0"}, Limit: 2}
	first, err := api.SearchRuns(t.Context(), search)
	if err != nil || len(first.Runs) != 2 || first.Token == "" {
		t.Fatalf("%d runs, token %q, %v", len(first.Runs), first.Token, err)
	}
	search.Token = first.Token
	last, err := api.SearchRuns(t.Context(), search)
	if err != nil || len(last.Runs) != 1 || last.Token != "" {
		t.Errorf("second page: %d runs, token %q, %v", len(last.Runs), last.Token, err)
	}
	search.Filter = "metrics.a < 1"
	if _, err := api.SearchRuns(t.Context(), search); !fault.Is(err, fault.Invalid) {
		t.Errorf("a token of another search: %v", err)
	}
}

func TestArtifactsAreFencedLikeTheirRun(t *testing.T) {
	api, m, s := open()
	own, live, stale := m.Own("0")
	free := create(t, api)
	for _, c := range []struct {
		by   tracking.API
		path string
		want fault.Kind
	}{
		{api, "0/" + free + "/artifacts/a", ""},
		{api, "0/" + own + "/artifacts/a", fault.Denied},
		{api, "0/" + own + "/artifacts", fault.Denied},
		{api, "0/" + free + "/artifacts/" + own + "/artifacts/a", fault.Denied},
		{api, "somewhere/else", ""},
		{api, "somewhere/else/7", ""},
		{api, "0/" + own, fault.Invalid}, // a file there would leave no room for what the trial writes
		{api, "0/" + free, fault.Invalid},
		{api, "0/models", fault.Invalid},
		{api, "77", fault.Invalid},
		{s.As(live), "0/" + own + "/artifacts/a", ""},
		{s.As(live), "0/" + free + "/artifacts/a", fault.Denied},
		{s.As(live), "somewhere/else", fault.Denied},
		{s.As(live), "0/nobody/artifacts/a", fault.Denied},
		{s.As(stale), "0/" + own + "/artifacts/a", fault.Stale},
	} {
		if err := c.by.MayWriteArtifact(t.Context(), c.path); fault.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
}

func TestArtifactLocations(t *testing.T) {
	api, _, _ := open()
	for i, loc := range []string{"s3://bucket/a", "mlflow-artifacts:/team/a", "/somewhere/local", "gs://b/c?x=1", "mlflow-artifacts:/"} {
		if _, err := api.CreateExperiment(t.Context(), tracking.NewExperiment{Name: fmt.Sprint("ok", i), ArtifactLocation: loc}); err != nil {
			t.Errorf("%s: %v", loc, err)
		}
	}
	for i, loc := range []string{
		"mlflow-artifacts:/../../etc", "mlflow-artifacts:/a/%2e%2e/b", `mlflow-artifacts:/a\..\b`, "mlflow-artifacts:/a?x=..", "mlflow-artifacts:/a/./b",
		"http:///#/../../../etc", "s3://b/c;/../..", "s3://b/c?x=%2e%2e/", "runs:/abc", "s3://" + strings.Repeat("b", 2048), "%zz",
	} {
		if _, err := api.CreateExperiment(t.Context(), tracking.NewExperiment{Name: fmt.Sprint("bad", i), ArtifactLocation: loc}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s was taken: %v", loc, err)
		}
	}
}

func TestLatestIsAnOrder(t *testing.T) {
	nan := tracking.Metric{Value: math.NaN()}
	zero := tracking.Metric{}
	if nan.After(zero) || zero.After(nan) || !nan.Same(nan) || nan.Same(zero) {
		t.Error("NaN counts as 0 for the latest and is itself for identity")
	}
	if !(tracking.Metric{Value: math.Inf(1)}).After(tracking.Metric{Value: math.MaxFloat64}) {
		t.Error("infinity is the greatest")
	}
}
