package main

import (
	"log/slog"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/auth"
)

// Every route that the server answers has a rule, and every rule a route.
func TestEveryRouteHasARule(t *testing.T) {
	s, err := newServer(t.Context(), serverConfig{Dir: t.TempDir(), Addr: "127.0.0.1:0", TTL: time.Minute, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	var routes []auth.Rule
	for _, r := range s.http.Handler.(*echo.Echo).Routes() {
		if r.Method != echo.RouteNotFound {
			routes = append(routes, auth.Rule{Method: r.Method, Path: r.Path})
		}
	}
	if missing := auth.Routes().Missing(routes); len(missing) > 0 {
		t.Errorf("routes without a rule: %q", missing)
	}
	if idle := auth.Routes().Idle(routes); len(idle) > 0 {
		t.Errorf("rules without a route: %q", idle)
	}
}
