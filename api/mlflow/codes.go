package mlflow

import (
	"context"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
)

// problem is MLflow's error body.
type problem struct {
	Code    string `json:"error_code"`
	Message string `json:"message"`
}

// statusOf gives MLflow's status and error_code of a fault. The pairs are
// MLflow's own (ERROR_CODE_TO_HTTP_STATUS); 5xx and 429 make clients wait and
// repeat, so that only what may succeed later gets one.
func statusOf(f *fault.Error) (int, string) {
	switch f.Kind {
	case fault.Invalid:
		return http.StatusBadRequest, "INVALID_PARAMETER_VALUE"
	case fault.NotFound:
		return http.StatusNotFound, "RESOURCE_DOES_NOT_EXIST"
	case fault.Stale:
		return http.StatusConflict, "RESOURCE_CONFLICT"
	case fault.Unavailable:
		return http.StatusServiceUnavailable, "TEMPORARILY_UNAVAILABLE"
	case fault.Conflict:
		switch f.Code {
		case tracking.CodeExists:
			return http.StatusBadRequest, "RESOURCE_ALREADY_EXISTS"
		case tracking.CodeInvalidState:
			return http.StatusInternalServerError, "INVALID_STATE"
		}
		return http.StatusConflict, "RESOURCE_CONFLICT"
	case fault.Denied:
		if f.Code == auth.CodeUnauthenticated {
			return http.StatusUnauthorized, "UNAUTHENTICATED"
		}
		return http.StatusForbidden, "PERMISSION_DENIED"
	}
	return http.StatusInternalServerError, "INTERNAL_ERROR"
}

// translate turns the errors of a group's handlers into MLflow's.
func (s *Server) translate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := next(c); err != nil {
			s.writeError(c, err)
		}
		return nil
	}
}

// writeError answers with an error in MLflow's form.
func (s *Server) writeError(c echo.Context, err error) {
	if c.Response().Committed {
		s.Log.Warn("answer broke off", "path", c.Path(), "error", err)
		return
	}
	status, p := s.explain(c, err)
	if err := c.JSON(status, p); err != nil {
		s.Log.Debug("error was not delivered", "path", c.Path(), "error", err)
	}
}

func (s *Server) explain(c echo.Context, err error) (int, problem) {
	var h *echo.HTTPError
	if errors.As(err, &h) {
		switch h.Code {
		case http.StatusNotFound, http.StatusMethodNotAllowed:
			return http.StatusNotFound, problem{"ENDPOINT_NOT_FOUND", "No such endpoint: " + c.Request().Method + " " + c.Request().URL.Path}
		case http.StatusInternalServerError:
		default:
			return h.Code, problem{"BAD_REQUEST", http.StatusText(h.Code)}
		}
	}
	if c.Request().Context().Err() != nil && (errors.Is(err, context.Canceled) || fault.KindOf(err) == fault.Internal) {
		return 499, problem{"CANCELLED", "the client went away"}
	}
	if f := fault.Of(err); f != nil && f.Kind != fault.Internal {
		status, code := statusOf(f)
		return status, problem{code, f.Error()}
	}
	s.Log.Error("request failed", "method", c.Request().Method, "path", c.Path(), "error", err)
	return http.StatusInternalServerError, problem{"INTERNAL_ERROR", "internal error; the server's log has the details"}
}
