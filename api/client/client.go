// Package client calls the native API. It is what the command line and remote
// workers use; what it returns are the wire's own types, errors are faults as
// the server made them. It repeats nothing by itself: who calls knows what may
// be repeated.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/fault"
)

// Client talks to one server. It is safe for concurrent use.
type Client struct {
	base string
	rest *resty.Client
}

// New makes a client of the server at base ("http://127.0.0.1:8080") that sends
// token with every request; "" sends none.
func New(base, token string) *Client {
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute, // long polls are answered within 50 s
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
	}
	base = strings.TrimRight(base, "/")
	rest := resty.NewWithClient(&http.Client{Transport: transport}).SetBaseURL(base).SetHeader("User-Agent", "sweepd")
	if token != "" {
		rest.SetAuthToken(token)
	}
	return &Client{base: base, rest: rest}
}

// Base is the server's address.
func (c *Client) Base() string { return c.base }

// get fetches JSON into out.
func (c *Client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.do(ctx, resty.MethodGet, path, query, nil, out)
}

// post sends in as JSON and reads the answer into out; either may be nil.
func (c *Client) post(ctx context.Context, path string, in, out any) error {
	return c.do(ctx, resty.MethodPost, path, nil, in, out)
}

func (c *Client) do(ctx context.Context, method, path string, query url.Values, in, out any, headers ...string) error {
	req := c.rest.R().SetContext(ctx)
	if query != nil {
		req.SetQueryParamsFromValues(query)
	}
	if in != nil {
		req.SetHeader("Content-Type", "application/json").SetBody(in)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.SetHeader(headers[i], headers[i+1])
	}
	res, err := req.Execute(method, path)
	if err != nil {
		return c.unreachable(err)
	}
	if res.IsError() {
		return problem(res.StatusCode(), res.Body())
	}
	if out == nil || len(res.Body()) == 0 {
		return nil
	}
	if err := json.Unmarshal(res.Body(), out); err != nil {
		return fmt.Errorf("read the answer of %s %s: %w", method, path, err)
	}
	return nil
}

// unreachable says where the server should have been.
func (c *Client) unreachable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Unavailablef("no answer from the server at %s", c.base).Coded("unreachable").Because(err).
		Fix("start one with: sweepd serve, or name another with --server or SWEEPD_URL")
}

// problem makes the fault that the server sent.
func problem(status int, body []byte) error {
	var p wire.Problem
	if err := json.Unmarshal(body, &p); err != nil || p.Title == "" {
		return fault.Newf(kindOf(status), "the server answered %d %s", status, http.StatusText(status))
	}
	e := fault.Newf(kindOf(status), "%s", p.Title).Coded(p.Code)
	if p.Detail != "" {
		e.Message = p.Detail
	}
	e.Where, e.Hint = p.Where, p.Hint
	for _, f := range p.Problems {
		e.Problems = append(e.Problems, fault.Problem{Where: f.Where, Message: f.Message, Hint: f.Hint, Line: int(f.Line), Column: int(f.Column)})
	}
	if p.Code == string(fault.Stale) {
		e.Kind = fault.Stale
	}
	return e
}

func kindOf(status int) fault.Kind {
	switch status {
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusConflict:
		return fault.Conflict
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Denied
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return fault.Unavailable
	}
	if status >= 500 {
		return fault.Internal
	}
	return fault.Invalid
}
