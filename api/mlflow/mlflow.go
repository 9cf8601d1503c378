// Package mlflow serves MLflow's REST over a tracking.API, so that its stock
// client does not notice: routes, field names, numbers, error codes. It knows
// neither sweeps nor rows; which API a request talks to is chosen by whoever
// wires it.
package mlflow

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/tracking"
)

// Choose gives the API of a request: an ordinary client's, or a trial's small
// view of it under an attempt's token.
type Choose func(*http.Request) (tracking.API, error)

// Server answers MLflow's clients. Choose, Blobs and Log are needed.
type Server struct {
	Choose Choose
	Blobs  blob.Store // of artifacts alone: its keys are paths below the artifact root
	Log    *slog.Logger
	// Most bytes of a request that is no artifact; 0 is 32 MiB. An artifact may
	// have MaxArtifact bytes, 0 is no limit.
	MaxBody     int64
	MaxArtifact int64
}

// prefixes are where every route is served: for clients and for pages.
func prefixes() []string { return []string{"/api/2.0", "/ajax-api/2.0"} }

// Register adds the routes. Below its prefixes a route that does not exist
// answers ENDPOINT_NOT_FOUND, which is how clients find out what a server can do,
// and errors from outside its handlers, as of a token that is refused, go out in
// MLflow's form; e's error handler keeps those of all other paths.
func (s *Server) Register(e *echo.Echo) {
	others := e.HTTPErrorHandler
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if owns(c.Request().URL.Path) {
			s.writeError(c, err)
			return
		}
		others(err, c)
	}
	e.GET("/health", func(c echo.Context) error { return c.String(http.StatusOK, "OK") })
	e.GET("/version", func(c echo.Context) error { return c.String(http.StatusOK, speaks) })
	for _, prefix := range prefixes() {
		g := e.Group(prefix, s.translate)
		for _, r := range append(s.routes(), s.modelRoutes()...) {
			g.Add(r.method, r.path, r.handle)
		}
		s.nothingElse(g, "/mlflow/*")
		s.nothingElse(g, "/mlflow-artifacts/*")
	}
	for _, prefix := range []string{"/api/3.0", "/ajax-api/3.0"} {
		g := e.Group(prefix, s.translate)
		g.GET("/mlflow/server-info", serverInfo)
		s.nothingElse(g, "/mlflow/*")
	}
}

type route struct {
	method, path string
	handle       echo.HandlerFunc
}

func (s *Server) routes() []route {
	call := s.call
	return []route{
		{http.MethodPost, "/mlflow/experiments/create", call(createExperiment)},
		{http.MethodGet, "/mlflow/experiments/get", call(getExperiment)},
		{http.MethodGet, "/mlflow/experiments/get-by-name", call(getExperimentByName)},
		{http.MethodGet, "/mlflow/experiments/search", call(searchExperiments)},
		{http.MethodPost, "/mlflow/experiments/search", call(searchExperiments)},
		{http.MethodPost, "/mlflow/experiments/update", call(updateExperiment)},
		{http.MethodPost, "/mlflow/experiments/delete", call(deleteExperiment)},
		{http.MethodPost, "/mlflow/experiments/restore", call(restoreExperiment)},
		{http.MethodPost, "/mlflow/experiments/set-experiment-tag", call(setExperimentTag)},
		{http.MethodPost, "/mlflow/experiments/delete-experiment-tag", call(deleteExperimentTag)},
		{http.MethodPost, "/mlflow/runs/create", call(createRun)},
		{http.MethodGet, "/mlflow/runs/get", call(getRun)},
		{http.MethodPost, "/mlflow/runs/update", call(updateRun)},
		{http.MethodPost, "/mlflow/runs/delete", call(deleteRun)},
		{http.MethodPost, "/mlflow/runs/restore", call(restoreRun)},
		{http.MethodPost, "/mlflow/runs/search", call(searchRuns)},
		{http.MethodPost, "/mlflow/runs/log-metric", call(logMetric)},
		{http.MethodPost, "/mlflow/runs/log-parameter", call(logParam)},
		{http.MethodPost, "/mlflow/runs/log-batch", call(logBatch)},
		{http.MethodPost, "/mlflow/runs/log-inputs", call(logInputs)},
		{http.MethodPost, "/mlflow/runs/set-tag", call(setTag)},
		{http.MethodPost, "/mlflow/runs/delete-tag", call(deleteTag)},
		{http.MethodGet, "/mlflow/metrics/get-history", call(getHistory)},
		{http.MethodGet, "/mlflow/metrics/get-history-bulk", call(getHistoryBulk)},
		{http.MethodGet, "/mlflow/metrics/get-history-bulk-interval", call(getHistoryInterval)},
		{http.MethodGet, "/mlflow/artifacts/list", call(s.listRunArtifacts)},
		{http.MethodGet, "/mlflow-artifacts/artifacts", call(s.listArtifacts)},
		{http.MethodGet, "/mlflow-artifacts/artifacts/*", s.getArtifact},
		{http.MethodPut, "/mlflow-artifacts/artifacts/*", s.putArtifact},
		{http.MethodDelete, "/mlflow-artifacts/artifacts/*", s.deleteArtifact},
	}
}

// nothingElse answers what is in no route, whatever the method.
func (s *Server) nothingElse(g *echo.Group, path string) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		g.Add(method, path, func(echo.Context) error { return echo.ErrNotFound })
	}
}

// call reads the request's fields, chooses its API, and sends the answer as
// JSON.
func (s *Server) call(f func(echo.Context, tracking.API, *fields) (any, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		in, err := s.read(c)
		if err != nil {
			return err
		}
		api, err := s.Choose(c.Request())
		if err != nil {
			return err
		}
		answer, err := f(c, api, in)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, answer)
	}
}

// owns tells whether a path belongs to MLflow's REST.
func owns(path string) bool {
	for _, p := range []string{"/api/2.0/", "/ajax-api/2.0/", "/api/3.0/", "/ajax-api/3.0/"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

// none is the answer that says nothing but that it was done.
type none struct{}
