package api

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/sweepd/sweepd/internal/fault"
)

// explain turns what the validator says about a request into problems with
// their places: "query parameter limit", "body", "/points/0/metrics".
func explain(err error) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return tooLarge(over)
	}
	var ps []fault.Problem
	collect(&ps, err, "")
	return fault.Many("the request does not fit the API", ps)
}

// tooLarge names the cap when a body went over it; any other error it gives
// back.
func tooLarge(err error) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return fault.Invalidf("the body is larger than %d MiB", over.Limit>>20).Coded(codeTooLarge).At("body").Fix("send less at once")
	}
	return err
}

func collect(ps *[]fault.Problem, err error, where string) {
	switch e := err.(type) {
	case openapi3.MultiError:
		for _, one := range e {
			collect(ps, one, where)
		}
	case *openapi3filter.RequestError:
		inRequest(ps, e)
	case *openapi3.SchemaError:
		*ps = append(*ps, inSchema(e, where))
	default:
		*ps = append(*ps, fault.Problem{Where: where, Message: firstLine(err.Error())})
	}
}

// inRequest finds the part of the request that an error is about.
func inRequest(ps *[]fault.Problem, e *openapi3filter.RequestError) {
	where := "body"
	if e.Parameter != nil {
		where = e.Parameter.In + " parameter " + e.Parameter.Name
	}
	var unread *openapi3filter.ParseError
	switch {
	case e.Err == nil:
		*ps = append(*ps, fault.Problem{Where: where, Message: firstLine(e.Reason)})
	case e.Parameter == nil && errors.As(e.Err, &unread):
		*ps = append(*ps, fault.Problem{Where: where, Message: "this is no JSON: " + firstLine(unread.Error())})
	default:
		collect(ps, e.Err, where)
	}
}

// unsupported is how the validator says that an object has a key too many.
var unsupported = regexp.MustCompile(`^property "(.*)" is unsupported$`)

func inSchema(e *openapi3.SchemaError, where string) fault.Problem {
	pointer := strings.Join(e.JSONPointer(), "/")
	p := fault.Problem{Where: where, Message: firstLine(e.Reason)}
	if m := unsupported.FindStringSubmatch(e.Reason); m != nil {
		pointer = strings.TrimPrefix(pointer+"/"+m[1], "/")
		p.Message = "there is no such key"
		p.Hint = fault.DidYouMean(m[1], slices.Sorted(maps.Keys(e.Schema.Properties)))
	}
	if pointer != "" {
		p.Where = strings.TrimPrefix(where+" /"+pointer, "body ")
	}
	return p
}

// firstLine leaves out the schemas that the validator appends to its texts.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
