package auth

import (
	"context"
	"strings"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
)

// Role is what a token stands for.
type Role string

// The roles. An admin may do everything; a worker may take, renew and settle
// leases and fetch code; an attempt may log to its own run tree and report. No
// token at all is Anonymous.
const (
	Anonymous Role = "anonymous"
	Admin     Role = "admin"
	Worker    Role = "worker"
	Attempt   Role = "attempt"
)

// Token is a stored token: its secret is known to its owner alone.
type Token struct {
	ID      string
	Name    string // who uses it: "ann", "gpu-node-3"
	Role    Role   // Admin or Worker
	Hash    string // see Hash
	Created time.Time
	Expires time.Time // zero: never
	Used    time.Time // zero: not yet; kept to the minute
}

// Principal is who is calling.
type Principal struct {
	Role     Role
	TokenID  string // of an Admin or a Worker
	Name     string // of its token
	Claims   Claims // of an Attempt
	Loopback bool   // the request came from this machine
}

// Directory finds stored tokens. It is asked once per request that carries one.
type Directory interface {
	// TokenByHash gives the token with that hash; fault.NotFound when there is none.
	TokenByHash(ctx context.Context, hash string) (Token, error)
}

// Authenticator turns an Authorization header into a principal.
type Authenticator struct {
	Tokens Directory
	Signer *Signer
	Now    func() time.Time
}

// Who says who is calling: header is the Authorization header's text, remote the
// peer's address as host:port. An empty header is Anonymous; a token that is
// wrong, expired or revoked is an error, even where none is needed, so that a
// stale configuration is noticed.
func (a *Authenticator) Who(ctx context.Context, header, remote string) (Principal, error) {
	p := Principal{Role: Anonymous, Loopback: Loopback(remote)}
	secret, err := bearer(header)
	if err != nil || secret == "" {
		return p, err
	}
	if strings.HasPrefix(secret, AttemptPrefix) {
		if p.Claims, err = a.Signer.Verify(secret); err != nil {
			return Principal{}, err
		}
		p.Role = Attempt
		return p, nil
	}
	hash := Hash(secret)
	t, err := a.Tokens.TokenByHash(ctx, hash)
	if fault.Is(err, fault.NotFound) {
		return Principal{}, errUnknownToken()
	}
	if err != nil {
		return Principal{}, err
	}
	if !Matches(secret, t.Hash) {
		return Principal{}, errUnknownToken()
	}
	if !t.Expires.IsZero() && !a.Now().Before(t.Expires) {
		return Principal{}, fault.Deniedf("the token %s expired on %s", t.Name, t.Expires.UTC().Format(time.RFC3339)).
			Coded(CodeUnauthenticated).Fix("make another with: sweepd token create")
	}
	p.Role, p.TokenID, p.Name = t.Role, t.ID, t.Name
	return p, nil
}

// bearer gives the secret of "Bearer SECRET", "" for an empty header. Basic
// authentication, which MLflow's client can send, carries it as the password.
func bearer(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	scheme, rest, _ := strings.Cut(header, " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return strings.TrimSpace(rest), nil
	case strings.EqualFold(scheme, "Basic"):
		return password(strings.TrimSpace(rest))
	}
	return "", fault.Deniedf("the Authorization header has the scheme %.20q", scheme).
		Coded(CodeUnauthenticated).Fix("send Authorization: Bearer swp_...")
}
