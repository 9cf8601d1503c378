package client

import (
	"context"
	"net/url"

	"github.com/sweepd/sweepd/api/wire"
)

// Tokens lists tokens without their secrets.
func (c *Client) Tokens(ctx context.Context) ([]wire.Token, error) {
	var out wire.ListTokens200JSONResponse
	err := c.get(ctx, "/api/v1/tokens", nil, &out)
	return out.Tokens, err
}

// CreateToken makes a token; its Secret is shown this once.
func (c *Client) CreateToken(ctx context.Context, t wire.NewToken) (wire.Token, error) {
	var out wire.Token
	err := c.post(ctx, "/api/v1/tokens", t, &out)
	return out, err
}

// DeleteToken revokes a token by its id.
func (c *Client) DeleteToken(ctx context.Context, id string) error {
	return c.do(ctx, "DELETE", "/api/v1/tokens/"+url.PathEscape(id), nil, nil, nil)
}

// Login gives a one-time path that opens a browser session with this token's
// rights: "/login?code=...".
func (c *Client) Login(ctx context.Context) (string, error) {
	var out wire.CreateLogin201JSONResponse
	err := c.post(ctx, "/api/v1/login", nil, &out)
	return "/login?code=" + url.QueryEscape(out.Code), err
}
