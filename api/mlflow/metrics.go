package mlflow

import (
	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

type metricsAnswer struct {
	Metrics []metricWire `json:"metrics,omitempty"`
	Token   string       `json:"next_page_token,omitempty"`
}

// getHistory gives all points when max_results is absent.
func getHistory(c echo.Context, api tracking.API, in *fields) (any, error) {
	s := tracking.HistorySearch{Run: in.run(), Key: in.need("metric_key"), Token: in.text("page_token")}
	if n := in.integer("max_results"); n != nil {
		if *n <= 0 {
			in.fail(fault.Invalidf("Invalid value %d for parameter 'max_results' supplied. It must be a positive integer.", *n))
		}
		s.Limit = int(*n)
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	list, err := api.History(c.Request().Context(), s)
	return metricsAnswer{ofMetrics(list.Metrics), list.Token}, err
}

func getHistoryBulk(c echo.Context, api tracking.API, in *fields) (any, error) {
	runs, limit := in.texts("run_id"), in.size("max_results", tracking.MaxHistoryPoints)
	key := in.text("metric_key")
	if in.get("metric_key") == nil {
		in.fail(fault.Invalidf("GetMetricHistoryBulk request must specify a metric_key."))
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	points, err := api.HistoryOf(c.Request().Context(), runs, key, int(min(limit, tracking.MaxHistoryPoints)))
	return struct {
		Metrics []metricWire `json:"metrics"`
	}{ofRunMetrics(points)}, err
}

func getHistoryInterval(c echo.Context, api tracking.API, in *fields) (any, error) {
	q := tracking.SampleQuery{
		Runs: in.texts("run_ids"), Key: in.need("metric_key"),
		From: in.integer("start_step"), To: in.integer("end_step"), Limit: int(in.size("max_results", tracking.MaxSamplePoints)),
	}
	if len(q.Runs) == 0 {
		in.missing("run_ids")
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	points, err := api.SampleHistory(c.Request().Context(), q)
	return metricsAnswer{Metrics: ofRunMetrics(points)}, err
}
