// Package api serves the native API of openapi.yaml: it converts, calls one
// method of scheduler or reader, and converts back. It knows neither SQL nor
// how a decision is made.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// Scheduler is what the API asks of the scheduler.
type Scheduler interface {
	Submit(ctx context.Context, s *trials.Sweep, key string) (*trials.Sweep, error)
	Command(ctx context.Context, sweep int64, c scheduler.Command) (*trials.Sweep, error)
	Hello(ctx context.Context, w trials.Worker) (trials.Terms, error)
	Claim(ctx context.Context, c trials.Claim) (trials.Claimed, error)
	Beat(ctx context.Context, b trials.Beat) (trials.Beaten, error)
	Settle(ctx context.Context, worker string, ss []trials.Settlement) ([]trials.Settled, error)
	Drain(ctx context.Context, worker string, on bool) error
	// Changed waits until the sweep has a change after a number, at most wait.
	Changed(ctx context.Context, sweep, after int64, wait time.Duration) error
	// Stopping tells whether a live attempt was asked to stop, and why.
	Stopping(ref trials.Ref) (bool, string)
}

// Reader is what pages read.
type Reader interface {
	trials.Reader
	Changes(ctx context.Context, sweep, after int64, limit int) (*scheduler.Changes, error)
	// Marks gives the sweeps that have not ended.
	Marks(ctx context.Context) ([]scheduler.Mark, error)
}

// Tokens keeps tokens.
type Tokens interface {
	auth.Directory
	Tokens(ctx context.Context) ([]auth.Token, error)
	CreateToken(ctx context.Context, t auth.Token) error
	// DeleteToken revokes; fault.NotFound when there is none.
	DeleteToken(ctx context.Context, id string) error
}

// Server has what the handlers need. All fields but Log are required.
type Server struct {
	Scheduler Scheduler
	Reader    Reader
	Tracking  func(tracking.Author) tracking.API
	Blobs     blob.Store // frozen directories and prediction files
	Output    *Output    // of attempts
	Tokens    Tokens
	Signer    *auth.Signer
	Hosts     []string // names this server answers to, beside loopback's
	Version   string
	Database  string // sqlite or postgres
	Dir       string // the data directory, shown to callers with a token
	Now       func() time.Time
	Log       *slog.Logger // nil: nothing is logged

	started   time.Time
	registry  *prometheus.Registry
	logins    logins
	summaries summaries
	stages    stages
}

var _ wire.StrictServerInterface = (*Server)(nil)

// Register adds the API's routes and the checks that guard every route of e,
// those added later included: host, cross-site writes, token, the table of who
// may call what.
func (s *Server) Register(e *echo.Echo) error {
	s.started = s.Now()
	e.HTTPErrorHandler = s.fail
	check, err := validate()
	if err != nil {
		return err
	}
	e.Use(s.observe(), survive(), careful(), compress(), hosts(s.Hosts), sameSite(), s.authorize(auth.Routes()), check)
	wire.RegisterHandlers(e, wire.NewStrictHandler(s, nil))
	e.RouteNotFound(unrouted, func(echo.Context) error { return echo.ErrNotFound }) // not the page, which answers all else
	e.GET(specPath, specification)
	e.GET("/login", s.login)
	e.GET("/metrics", s.metrics())
	return nil
}

// specPath is the one route below /api/v1 that the specification does not hold.
const specPath = "/api/v1/openapi.yaml"

// specification serves openapi.yaml itself.
func specification(c echo.Context) error {
	return c.Blob(http.StatusOK, "application/yaml", openapi)
}
