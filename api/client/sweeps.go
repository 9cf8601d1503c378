package client

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/sweepd/sweepd/api/wire"
)

// System tells the server's version and load.
func (c *Client) System(ctx context.Context) (wire.System, error) {
	var out wire.System
	err := c.get(ctx, "/api/v1/system", nil, &out)
	return out, err
}

// Submit creates a sweep. The same key again gives the sweep made first; ""
// makes a new one each time.
func (c *Client) Submit(ctx context.Context, s wire.Submission, key string) (wire.Sweep, error) {
	var out wire.Sweep
	err := c.do(ctx, "POST", "/api/v1/sweeps", nil, s, &out, "Idempotency-Key", key)
	return out, err
}

// DryRun checks a submission and says what it would run.
func (c *Client) DryRun(ctx context.Context, s wire.Submission) (wire.Preview, error) {
	var out wire.Preview
	err := c.do(ctx, "POST", "/api/v1/sweeps", url.Values{"dry_run": {"true"}}, s, &out)
	return out, err
}

// Sweeps lists sweeps, newest first, at most limit of them.
func (c *Client) Sweeps(ctx context.Context, p wire.ListSweepsParams) (wire.SweepList, error) {
	q := url.Values{}
	set(q, "state", string(p.State))
	set(q, "name", p.Name)
	set(q, "page", p.Page)
	setInt(q, "limit", p.Limit)
	var out wire.SweepList
	err := c.get(ctx, "/api/v1/sweeps", q, &out)
	return out, err
}

// Sweep gives one sweep by its id, a unique prefix of it or @last.
func (c *Client) Sweep(ctx context.Context, id string) (wire.Sweep, error) {
	var out wire.Sweep
	err := c.get(ctx, sweepPath(id, ""), nil, &out)
	return out, err
}

// Order is what Command asks: pause, resume, cancel or retry.
type Order string

// The orders.
const (
	Pause  Order = "pause"
	Resume Order = "resume"
	Cancel Order = "cancel"
	Retry  Order = "retry"
)

// Command gives a sweep an order.
func (c *Client) Command(ctx context.Context, id string, o Order, body wire.Order) (wire.Sweep, error) {
	var out wire.Sweep
	err := c.post(ctx, sweepPath(id, "/"+string(o)), body, &out)
	return out, err
}

// Edit changes priority or parallel.
func (c *Client) Edit(ctx context.Context, id string, e wire.SweepEdit) (wire.Sweep, error) {
	var out wire.Sweep
	err := c.do(ctx, "PATCH", sweepPath(id, ""), nil, e, &out)
	return out, err
}

// Overview is the first screen of a sweep's page.
func (c *Client) Overview(ctx context.Context, id string, top int) (wire.Overview, error) {
	q := url.Values{}
	setInt(q, "top", int64(top))
	var out wire.Overview
	err := c.get(ctx, sweepPath(id, "/overview"), q, &out)
	return out, err
}

// Trials gives a page of trials as columns.
func (c *Client) Trials(ctx context.Context, id string, p wire.ListTrialsParams) (wire.TrialColumns, error) {
	q := url.Values{}
	set(q, "columns", p.Columns)
	set(q, "sort", p.Sort)
	set(q, "filter", p.Filter)
	set(q, "page", p.Page)
	setInt(q, "limit", p.Limit)
	setInt(q, "after", p.After)
	var out wire.TrialColumns
	err := c.get(ctx, sweepPath(id, "/trials"), q, &out)
	return out, err
}

// Trial gives one trial with its attempts.
func (c *Client) Trial(ctx context.Context, id string, number int) (wire.Trial, error) {
	var out wire.Trial
	err := c.get(ctx, sweepPath(id, fmt.Sprintf("/trials/%d", number)), nil, &out)
	return out, err
}

// Curves gives readings of the objective of up to 100 trials.
func (c *Client) Curves(ctx context.Context, id string, trials string, points int) (wire.Curves, error) {
	q := url.Values{"trials": {trials}}
	setInt(q, "points", int64(points))
	var out wire.Curves
	err := c.get(ctx, sweepPath(id, "/curves"), q, &out)
	return out, err
}

// Changes waits up to wait seconds for what changed after a change number.
func (c *Client) Changes(ctx context.Context, id string, after int64, wait int) (wire.Changes, error) {
	q := url.Values{"after": {strconv.FormatInt(after, 10)}, "wait": {strconv.Itoa(wait)}}
	var out wire.Changes
	err := c.get(ctx, sweepPath(id, "/changes"), q, &out)
	return out, err
}

// Decisions lists what was decided, of one trial when number is not 0.
func (c *Client) Decisions(ctx context.Context, id string, number int, after int64, limit int) (wire.DecisionList, error) {
	q := url.Values{}
	setInt(q, "trial", int64(number))
	setInt(q, "after", after)
	setInt(q, "limit", int64(limit))
	var out wire.DecisionList
	err := c.get(ctx, sweepPath(id, "/decisions"), q, &out)
	return out, err
}

// Ensembles lists a sweep's ensembles.
func (c *Client) Ensembles(ctx context.Context, id string) (wire.EnsembleList, error) {
	var out wire.EnsembleList
	err := c.get(ctx, sweepPath(id, "/ensembles"), nil, &out)
	return out, err
}

func sweepPath(id, rest string) string { return "/api/v1/sweeps/" + url.PathEscape(id) + rest }

func set(q url.Values, key, v string) {
	if v != "" {
		q.Set(key, v)
	}
}

func setInt(q url.Values, key string, v int64) {
	if v != 0 {
		q.Set(key, strconv.FormatInt(v, 10))
	}
}
