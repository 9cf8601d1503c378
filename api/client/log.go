package client

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
)

// LogPart is a stretch of an attempt's output.
type LogPart struct {
	Bytes  []byte
	Offset int64 // of the first byte
	Size   int64 // bytes there are so far
	Ended  bool  // no more will come
}

// Log reads output from an offset (negative: from the end), waiting up to wait
// seconds for bytes beyond it. Attempt 0 is the newest.
func (c *Client) Log(ctx context.Context, id string, number, attempt int, offset int64, wait int) (LogPart, error) {
	q := url.Values{"offset": {strconv.FormatInt(offset, 10)}}
	setInt(q, "attempt", int64(attempt))
	setInt(q, "wait", int64(wait))
	res, err := c.rest.R().SetContext(ctx).SetQueryParamsFromValues(q).Get(sweepPath(id, fmt.Sprintf("/trials/%d/log", number)))
	if err != nil {
		return LogPart{}, c.unreachable(err)
	}
	if res.IsError() {
		return LogPart{}, problem(res.StatusCode(), res.Body())
	}
	p := LogPart{Bytes: res.Body(), Ended: res.Header().Get("Log-Ended") == "true"}
	p.Offset, _ = strconv.ParseInt(res.Header().Get("Log-Offset"), 10, 64)
	p.Size, _ = strconv.ParseInt(res.Header().Get("Log-Size"), 10, 64)
	return p, nil
}

// File reads a prediction file that a trial left.
func (c *Client) File(ctx context.Context, id string, number int, name string) ([]byte, error) {
	res, err := c.rest.R().SetContext(ctx).Get(sweepPath(id, fmt.Sprintf("/trials/%d/files/%s", number, url.PathEscape(name))))
	if err != nil {
		return nil, c.unreachable(err)
	}
	if res.IsError() {
		return nil, problem(res.StatusCode(), res.Body())
	}
	return res.Body(), nil
}
