package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/sweepd/sweepd/trials"
)

var web = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// post sends JSON with a token and wants 200.
func post(ctx context.Context, url, token string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := web.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %d %s", url, res.StatusCode, answer)
	}
	return nil
}

// report sends one reading of the objective.
func report(ctx context.Context, r *rig, l trials.Lease, step int) error {
	return post(ctx, r.url+"/api/v1/report", l.Token, fmt.Appendf(nil, `{"points":[{"step":%d,"metrics":{"loss":%g}}]}`, step, 1/float64(step)))
}
