package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
)

// ListTokens answers GET /api/v1/tokens.
func (s *Server) ListTokens(ctx context.Context, _ wire.ListTokensRequestObject) (wire.ListTokensResponseObject, error) {
	ts, err := s.Tokens.Tokens(ctx)
	out := wire.ListTokens200JSONResponse{Tokens: []wire.Token{}}
	for _, t := range ts {
		out.Tokens = append(out.Tokens, fromToken(t))
	}
	return out, err
}

// CreateToken answers POST /api/v1/tokens. The secret is in this answer alone.
func (s *Server) CreateToken(ctx context.Context, r wire.CreateTokenRequestObject) (wire.CreateTokenResponseObject, error) {
	role := auth.Role(r.Body.Role)
	if role == "" {
		role = auth.Admin
	}
	var expires time.Time
	if r.Body.ExpiresIn != "" {
		d, err := time.ParseDuration(r.Body.ExpiresIn)
		if err != nil || d <= 0 {
			return nil, fault.Invalidf("%q is no duration", r.Body.ExpiresIn).At("/expires_in").Fix("write it like 720h or 90m")
		}
		expires = s.Now().Add(d)
	}
	t, secret, err := s.makeToken(ctx, r.Body.Name, role, expires)
	if err != nil {
		return nil, err
	}
	w := fromToken(t)
	w.Secret = secret
	return wire.CreateToken201JSONResponse(w), nil
}

func (s *Server) makeToken(ctx context.Context, name string, role auth.Role, expires time.Time) (auth.Token, string, error) {
	secret := auth.NewSecret(auth.TokenPrefix)
	hash := auth.Hash(secret)
	t := auth.Token{ID: hash[:12], Name: name, Role: role, Hash: hash, Created: s.Now(), Expires: expires}
	return t, secret, s.Tokens.CreateToken(ctx, t)
}

// DeleteToken answers DELETE /api/v1/tokens/{id}.
func (s *Server) DeleteToken(ctx context.Context, r wire.DeleteTokenRequestObject) (wire.DeleteTokenResponseObject, error) {
	return wire.DeleteToken204Response{}, s.Tokens.DeleteToken(ctx, r.ID)
}

func fromToken(t auth.Token) wire.Token {
	return wire.Token{ID: t.ID, Name: t.Name, Role: wire.TokenRole(t.Role), Created: t.Created, Expires: t.Expires, Used: t.Used}
}

// How long a one-time code may be redeemed, and how long the session lasts.
const (
	codeLife    = 5 * time.Minute
	sessionLife = 30 * 24 * time.Hour
)

// logins are one-time codes that wait for a browser. They live in memory: a
// restart voids them.
type logins struct {
	mu    sync.Mutex
	until map[string]time.Time // hash of the code
}

func (l *logins) put(code string, until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == nil {
		l.until = map[string]time.Time{}
	}
	l.until[auth.Hash(code)] = until
}

// take uses a code up.
func (l *logins) take(code string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for hash, until := range l.until {
		if now.After(until) {
			delete(l.until, hash)
		}
	}
	hash := auth.Hash(code)
	_, ok := l.until[hash]
	delete(l.until, hash)
	return ok
}

// CreateLogin answers POST /api/v1/login.
func (s *Server) CreateLogin(context.Context, wire.CreateLoginRequestObject) (wire.CreateLoginResponseObject, error) {
	code, until := auth.NewSecret(auth.CodePrefix), s.Now().Add(codeLife)
	s.logins.put(code, until)
	return wire.CreateLogin201JSONResponse{Code: code, Expires: until}, nil
}

// login redeems a one-time code for a session cookie and shows the page.
func (s *Server) login(c echo.Context) error {
	if !s.logins.take(c.QueryParam("code"), s.Now()) {
		return fault.Deniedf("this link has been used or is older than %s", codeLife).Coded(auth.CodeForbidden).Fix("make another with: sweepd token login")
	}
	until := s.Now().Add(sessionLife)
	_, secret, err := s.makeToken(c.Request().Context(), "browser", auth.Admin, until)
	if err != nil {
		return err
	}
	c.SetCookie(&http.Cookie{
		Name: sessionCookie, Value: secret, Path: "/", Expires: until, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.IsTLS(),
	})
	return c.Redirect(http.StatusSeeOther, "/")
}
