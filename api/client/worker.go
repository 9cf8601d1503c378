package client

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/trials"
)

// Hello registers a worker.
func (c *Client) Hello(ctx context.Context, w trials.Worker) (trials.Terms, error) {
	var out wire.Terms
	err := c.do(ctx, "PUT", "/api/v1/workers/"+url.PathEscape(w.ID)+"/hello", nil, wire.FromWorker(w), &out)
	return wire.ToTerms(out), err
}

// Claim settles what ended and takes attempts, waiting for them as long as the
// claim says.
func (c *Client) Claim(ctx context.Context, q trials.Claim) (trials.Claimed, error) {
	var out wire.Claimed
	err := c.post(ctx, "/api/v1/leases/claim", wire.FromClaim(q), &out)
	return wire.ToClaimed(out), err
}

// Beat renews what a worker holds and waits for signals.
func (c *Client) Beat(ctx context.Context, b trials.Beat) (trials.Beaten, error) {
	var out wire.Beaten
	err := c.post(ctx, "/api/v1/leases/beat", wire.FromBeat(b), &out)
	return wire.ToBeaten(out), err
}

// Settle ends attempts.
func (c *Client) Settle(ctx context.Context, _ string, ss []trials.Settlement) ([]trials.Settled, error) {
	var out wire.SettleLeases200JSONResponse
	err := c.post(ctx, "/api/v1/leases/settle", wire.SettleLeasesJSONBody{Settle: wire.FromSettlements(ss)}, &out)
	return wire.ToSettled(out.Settled), err
}

// Workers lists the workers seen in the last day.
func (c *Client) Workers(ctx context.Context) (wire.WorkerList, error) {
	var out wire.WorkerList
	err := c.get(ctx, "/api/v1/workers", nil, &out)
	return out, err
}

// Drain tells a worker to claim no more, or again.
func (c *Client) Drain(ctx context.Context, worker string, on bool) error {
	return c.do(ctx, "PUT", "/api/v1/workers/"+url.PathEscape(worker)+"/drain", nil, wire.DrainWorkerJSONBody{Drain: on}, nil)
}

// Code opens a frozen directory as gzip of a tar. The caller closes it.
func (c *Client) Code(ctx context.Context, digest string) (io.ReadCloser, error) {
	res, err := c.rest.R().SetContext(ctx).SetDoNotParseResponse(true).Get("/api/v1/code/" + digest)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if res.IsError() {
		defer res.RawBody().Close()
		body, _ := io.ReadAll(io.LimitReader(res.RawBody(), 1<<20))
		return nil, problem(res.StatusCode(), body)
	}
	return res.RawBody(), nil
}

// HasCode tells whether a frozen directory is on the server.
func (c *Client) HasCode(ctx context.Context, digest string) (bool, error) {
	res, err := c.rest.R().SetContext(ctx).Head("/api/v1/code/" + digest)
	if err != nil {
		return false, c.unreachable(err)
	}
	if res.StatusCode() == 404 {
		return false, nil
	}
	if res.IsError() {
		return false, problem(res.StatusCode(), nil)
	}
	return true, nil
}

// PutCode uploads a frozen directory, gzip of a tar.
func (c *Client) PutCode(ctx context.Context, digest string, r io.Reader) error {
	return c.put(ctx, "", "/api/v1/code/"+digest, "application/gzip", r, nil)
}

// PutLog appends a chunk of output with the attempt's token.
func (c *Client) PutLog(ctx context.Context, token string, ref trials.Ref, chunk int, offset int64, last bool, b []byte) error {
	q := url.Values{"offset": {strconv.FormatInt(offset, 10)}}
	if last {
		q.Set("last", "true")
	}
	return c.put(ctx, token, fmt.Sprintf("/api/v1/leases/%d/%d/log/%d?%s", ref.Trial, ref.Attempt, chunk, q.Encode()), "application/octet-stream", b, nil)
}

// PutPrediction uploads a prediction file with the attempt's token.
func (c *Client) PutPrediction(ctx context.Context, token string, ref trials.Ref, name string, r io.Reader, _ int64) (trials.Prediction, error) {
	var out wire.Prediction
	err := c.put(ctx, token, fmt.Sprintf("/api/v1/leases/%d/%d/predictions/%s", ref.Trial, ref.Attempt, url.PathEscape(name)), "application/octet-stream", r, &out)
	return wire.ToPrediction(out), err
}

func (c *Client) put(ctx context.Context, token, path, contentType string, body, out any) error {
	req := c.rest.R().SetContext(ctx).SetHeader("Content-Type", contentType).SetBody(body)
	if token != "" {
		req.SetAuthToken(token)
	}
	if out != nil {
		req.SetResult(out)
	}
	res, err := req.Put(path)
	if err != nil {
		return c.unreachable(err)
	}
	if res.IsError() {
		return problem(res.StatusCode(), res.Body())
	}
	return nil
}
