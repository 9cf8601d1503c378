package api

import (
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// tables are the routes whose answers grow with a sweep. Logs and files are
// bytes of their own kind, and what workers ask is small and often.
var tables = map[string]bool{
	"/api/v1/sweeps":                       true,
	"/api/v1/sweeps/:sweep":                true,
	"/api/v1/sweeps/:sweep/overview":       true,
	"/api/v1/sweeps/:sweep/trials":         true,
	"/api/v1/sweeps/:sweep/trials/:number": true,
	"/api/v1/sweeps/:sweep/curves":         true,
	"/api/v1/sweeps/:sweep/changes":        true,
	"/api/v1/sweeps/:sweep/decisions":      true,
	"/api/v1/sweeps/:sweep/ensembles":      true,
}

// compress zips tables over 1 kB for whoever takes gzip, at the level that costs
// least. An event stream stays as it is: each event has to leave at once.
func compress() echo.MiddlewareFunc {
	return middleware.GzipWithConfig(middleware.GzipConfig{
		Level: 1, MinLength: 1 << 10,
		Skipper: func(c echo.Context) bool {
			return !tables[c.Path()] || strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "text/event-stream")
		},
	})
}
