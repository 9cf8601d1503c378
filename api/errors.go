package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
)

// status maps a kind of error to HTTP, once for the whole surface.
var status = map[fault.Kind]int{
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.NotFound:    http.StatusNotFound,
	fault.Conflict:    http.StatusConflict,
	fault.Stale:       http.StatusConflict,
	fault.Denied:      http.StatusForbidden,
	fault.Unavailable: http.StatusServiceUnavailable,
	fault.Internal:    http.StatusInternalServerError,
}

// fail writes an error as application/problem+json. What is internal is logged
// and not shown.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	p := s.problem(err, c)
	c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
	if p.Status == http.StatusServiceUnavailable {
		c.Response().Header().Set("Retry-After", "1")
	}
	if c.Request().Method == http.MethodHead {
		_ = c.NoContent(int(p.Status))
		return
	}
	_ = c.JSON(int(p.Status), p)
}

// survive turns a panic of a handler into an error, whose text has the stack:
// one sick request must not look like a broken connection.
func survive() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) (err error) {
			defer func() {
				switch r := recover(); r {
				case nil:
				case http.ErrAbortHandler: // the way to drop a connection on purpose
					panic(r)
				default:
					err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
				}
			}()
			return next(c)
		}
	}
}

func (s *Server) problem(err error, c echo.Context) wire.Problem {
	var he *echo.HTTPError
	f := fault.Of(err)
	switch {
	case f != nil:
	case errors.As(err, &he):
		return fromEcho(he, c.Response().Header().Get(echo.HeaderAllow))
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		f = fault.Unavailablef("the request was given up before it was done")
	default:
		if s.Log != nil {
			s.Log.Error("request failed", "method", c.Request().Method, "path", c.Request().URL.Path, "error", err)
		}
		f = fault.Newf(fault.Internal, "this is a defect of the server; its log has the details")
	}
	p := wire.Problem{Type: "about:blank", Title: f.Message, Status: int64(code(f)), Code: f.Code, Where: f.Where, Hint: f.Hint}
	for _, q := range f.Problems {
		p.Problems = append(p.Problems, wire.Fault{Where: q.Where, Message: q.Message, Hint: q.Hint, Line: int64(q.Line), Column: int64(q.Column)})
	}
	if p.Title == "" && len(f.Problems) > 0 {
		p.Title = f.Problems[0].Message
	}
	return p
}

func code(f *fault.Error) int {
	if f.Code == auth.CodeUnauthenticated {
		return http.StatusUnauthorized
	}
	if f.Code == codeTooLarge {
		return http.StatusRequestEntityTooLarge
	}
	return status[f.Kind]
}

// codeTooLarge marks a body over its cap.
const codeTooLarge = "too_large"

// fromEcho is an error of the router; allow are the methods that a route takes.
func fromEcho(he *echo.HTTPError, allow string) wire.Problem {
	p := wire.Problem{Type: "about:blank", Title: http.StatusText(he.Code), Status: int64(he.Code), Code: "invalid"}
	if m, ok := he.Message.(string); ok {
		p.Title = m
	}
	switch he.Code {
	case http.StatusNotFound:
		p.Code, p.Title, p.Hint = "not_found", "there is no such route", "the routes are in /api/v1/openapi.yaml"
	case http.StatusMethodNotAllowed:
		p.Code, p.Title = "method_not_allowed", "this route does not take this method"
		p.Hint = "it takes " + allow
	case http.StatusRequestEntityTooLarge:
		p.Code = codeTooLarge
	}
	return p
}
