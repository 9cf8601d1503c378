package mlflow

import (
	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

// headerRequestKey carries a key of the client's own: a request that comes again
// with it is answered alike. Only making a run needs one; every other write can
// be repeated as it is.
const headerRequestKey = "Idempotency-Key"

type runAnswer struct {
	Run runWire `json:"run"`
}

func createRun(c echo.Context, api tracking.API, in *fields) (any, error) {
	n := tracking.NewRun{
		Experiment: in.text("experiment_id"), Name: in.text("run_name"), User: in.text("user_id"),
		Start: in.size("start_time", 0), Tags: tags(in), RequestKey: c.Request().Header.Get(headerRequestKey),
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	r, err := api.CreateRun(c.Request().Context(), n)
	return runAnswer{ofRun(r)}, err
}

func getRun(c echo.Context, api tracking.API, in *fields) (any, error) {
	id := in.run()
	if err := in.ok(); err != nil {
		return nil, err
	}
	r, err := api.Run(c.Request().Context(), id)
	return runAnswer{ofRun(r)}, err
}

func updateRun(c echo.Context, api tracking.API, in *fields) (any, error) {
	id := in.run()
	change := tracking.RunChange{End: in.integer("end_time")}
	if s := in.choice("status", statuses()); s != "" {
		status := tracking.Status(s)
		change.Status = &status
	}
	if name := in.text("run_name"); name != "" {
		change.Name = &name
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	r, err := api.UpdateRun(c.Request().Context(), id, change)
	return struct {
		Info runInfo `json:"run_info"`
	}{ofInfo(r)}, err
}

// statuses are MLflow's RunStatus by number.
func statuses() []string {
	var out []string
	for _, s := range tracking.Statuses() {
		out = append(out, string(s))
	}
	return out
}

func deleteRun(c echo.Context, api tracking.API, in *fields) (any, error) {
	id := in.run()
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.DeleteRun(c.Request().Context(), id)
}

func restoreRun(c echo.Context, api tracking.API, in *fields) (any, error) {
	id := in.run()
	if err := in.ok(); err != nil {
		return nil, err
	}
	return none{}, api.RestoreRun(c.Request().Context(), id)
}

func searchRuns(c echo.Context, api tracking.API, in *fields) (any, error) {
	s := tracking.RunSearch{
		Experiments: in.texts("experiment_ids"), View: view(in, "run_view_type"), Filter: in.text("filter"),
		OrderBy: in.texts("order_by"), Limit: int(in.size("max_results", 1000)), Token: in.text("page_token"),
	}
	if s.Limit > tracking.MaxRunsPage {
		in.fail(fault.Invalidf("Invalid value %d for parameter 'max_results' supplied:  Hint: Value was of type 'int'.%s", s.Limit, seeDocs))
	}
	if err := in.ok(); err != nil {
		return nil, err
	}
	list, err := api.SearchRuns(c.Request().Context(), s)
	answer := struct {
		Runs  []runWire `json:"runs,omitempty"`
		Token string    `json:"next_page_token,omitempty"`
	}{Token: list.Token}
	for _, r := range list.Runs {
		answer.Runs = append(answer.Runs, ofRun(r))
	}
	return answer, err
}
