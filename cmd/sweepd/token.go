package main

import (
	"fmt"
	"io"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// tokenCmd is the verb token.
type tokenCmd struct {
	Ls     tokenLsCmd     `cmd:"" default:"withargs" help:"List tokens; secrets are never shown again."`
	Create tokenCreateCmd `cmd:"" help:"Make a token; its secret is printed this once."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token."`
	Login  tokenLoginCmd  `cmd:"" help:"Print a link that opens the page with this token's rights, once."`
}

type tokenLsCmd struct{}

// Run lists tokens.
func (c *tokenLsCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	tokens, err := cl.Tokens(e.ctx)
	if err != nil {
		return err
	}
	return e.print(tokens, func(w io.Writer) {
		now := time.Now()
		rows := [][]string{{"ID", "NAME", "ROLE", "AGE", "USED", "EXPIRES"}}
		for _, t := range tokens {
			used, expires := "never", "never"
			if !t.Used.IsZero() {
				used = age(t.Used, now) + " ago"
			}
			if !t.Expires.IsZero() {
				expires = t.Expires.Format(time.DateTime)
			}
			rows = append(rows, []string{t.ID, t.Name, string(t.Role), age(t.Created, now), used, expires})
		}
		table(w, rows...)
	})
}

type tokenCreateCmd struct {
	Name    string `arg:"" help:"Whose it is, or what for."`
	Role    string `help:"What it may do: admin or worker." enum:"admin,worker" default:"admin"`
	Expires string `help:"How long it is good for, as 720h; for ever when absent." placeholder:"DURATION"`
}

// Run makes a token. The secret alone goes to standard output, so that it can
// be caught by a script.
func (c *tokenCreateCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	t, err := cl.CreateToken(e.ctx, wire.NewToken{Name: c.Name, Role: wire.NewTokenRole(c.Role), ExpiresIn: c.Expires})
	if err != nil {
		return err
	}
	return e.print(t, func(w io.Writer) {
		fmt.Fprintf(e.err, "Token %s for %s. It is shown this once:\n", t.ID, t.Name)
		fmt.Fprintln(w, t.Secret)
	})
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"Id of the token, as token ls shows it."`
}

// Run revokes.
func (c *tokenRevokeCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	if err := cl.DeleteToken(e.ctx, c.ID); err != nil {
		return err
	}
	return e.print(map[string]any{"revoked": c.ID}, func(w io.Writer) { fmt.Fprintln(w, "revoked", c.ID) })
}

type tokenLoginCmd struct{}

// Run prints the link.
func (c *tokenLoginCmd) Run(e *env) error {
	cl, err := e.client()
	if err != nil {
		return err
	}
	path, err := cl.Login(e.ctx)
	if err != nil {
		return err
	}
	return e.print(map[string]any{"url": cl.Base() + path}, func(w io.Writer) { fmt.Fprintln(w, cl.Base()+path) })
}
