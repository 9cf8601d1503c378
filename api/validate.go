package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/fault"
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
				return next(c) // echo says 404 or 405
			}
			limit, isJSON := bodyLimit(route)
			r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
			in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{
				MultiError: true, ExcludeRequestBody: !isJSON, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
				SkipSettingDefaults: !isJSON && r.Body != nil && route.Operation.RequestBody != nil,
			}}
			if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
				return explain(err)
			}
			return next(c)
		}
	}, nil
}

// bodyLimit gives the cap of a route's body and whether it is checked as JSON.
func bodyLimit(route *routers.Route) (int64, bool) {
	switch route.Operation.OperationID {
	case "putCode":
		return codeCap, false
	case "putPrediction":
		return fileCap, false
	case "putLogChunk":
		return chunkCap, false
	}
	return jsonCap, true
}

// explain turns what the validator says into problems with their places.
func explain(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return bodyTooLarge(tooLarge.Limit)
	}
	var ps []fault.Problem
	collect(&ps, err, "")
	return fault.Many("the request does not fit the API", ps)
}

func bodyTooLarge(limit int64) error {
	return fault.Invalidf("the body is larger than %d MiB", limit>>20).As(codeTooLarge).Fix("send less at once")
}

func collect(ps *[]fault.Problem, err error, where string) {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, one := range e {
			collect(ps, one, where)
		}
	case *openapi3filter.RequestError:
		if e.Parameter != nil {
			where = e.Parameter.In + " parameter " + e.Parameter.Name
		}
		if e.Err == nil {
			*ps = append(*ps, fault.Problem{Where: where, Message: e.Reason})
			return
		}
		collect(ps, e.Err, where)
	case *openapi3.SchemaError:
		if pointer := strings.Join(e.JSONPointer(), "/"); pointer != "" {
			where = strings.TrimSpace(where + " /" + pointer)
		}
		*ps = append(*ps, fault.Problem{Where: where, Message: e.Reason})
	default:
		*ps = append(*ps, fault.Problem{Where: where, Message: firstLine(err.Error())})
	}
}

// firstLine leaves out the schemas that the validator appends to its texts.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
