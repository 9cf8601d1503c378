package api

import (
	"mime"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/labstack/echo/v4"
)

// The largest bodies taken, in bytes.
const (
	jsonCap  = 32 << 20
	fileCap  = 2 << 30 // a prediction file
	codeCap  = 300 << 20
	chunkCap = 4 << 20 // of a log
)

// validate holds requests of the native API against openapi.yaml and names
// every fault by its place. Bodies of bytes are capped and streamed, JSON is
// capped and checked; about 30 µs for a small request.
func validate() (echo.MiddlewareFunc, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openapi)
	if err != nil {
		return nil, err
	}
	doc.Servers = nil // any host: the guard has looked at it
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if !strings.HasPrefix(r.URL.Path, "/api/v1/") {
				return next(c)
			}
			route, params, err := router.FindRoute(r)
			if err != nil {
				if allow := methods(router, r); allow != "" {
					c.Response().Header().Set(echo.HeaderAllow, allow)
					return echo.ErrMethodNotAllowed
				}
				if c.Path() == unrouted || c.Path() == specPath {
					return next(c)
				}
				return echo.ErrNotFound // a slash in a parameter: routed by what is encoded, read by what it means
			}
			limit, isJSON := bodyLimit(route.Operation.OperationID)
			r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
			in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{
				MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
				ExcludeRequestBody: !isJSON || isYAML(r), // a sweep file is checked where it is understood
			}}
			if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
				return explain(err)
			}
			return next(c)
		}
	}, nil
}

// methods are those that the API has for a request's path, "" when it has none.
func methods(router routers.Router, r *http.Request) string {
	var out []string
	for _, m := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
		if _, _, err := router.FindRoute(&http.Request{Method: m, URL: r.URL}); err == nil {
			out = append(out, m)
		}
	}
	return strings.Join(out, ", ")
}

// isYAML tells whether the body is a sweep file's text.
func isYAML(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	return err == nil && kind == "application/yaml"
}

// bodyLimit gives the cap of an operation's body and whether it is checked as
// JSON.
func bodyLimit(operation string) (int64, bool) {
	switch operation {
	case "putCode":
		return codeCap, false
	case "putPrediction":
		return fileCap, false
	case "putLogChunk":
		return chunkCap, false
	}
	return jsonCap, true
}
