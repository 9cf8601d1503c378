package api

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
)

// hosts refuses requests that name another host than this server, which is how
// a page elsewhere would reach it through a rebound name. Addresses of loopback
// and localhost are always taken, and any literal IP address, since no name was
// resolved for it.
func hosts(names []string) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			host := c.Request().Host
			if h, _, err := net.SplitHostPort(host); err == nil {
				host = h
			}
			host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
			if host != "localhost" && net.ParseIP(host) == nil && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, host) }) {
				return fault.Deniedf("this server does not answer to the name %.100q", host).Coded("foreign_host").
					Fix("name it with serve --host %.100s", host)
			}
			return next(c)
		}
	}
}

// sameSite refuses writes that a page of another site makes a browser send.
// Clients that are no browsers send no Origin and pass.
func sameSite() echo.MiddlewareFunc {
	guard := http.NewCrossOriginProtection()
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := guard.Check(c.Request()); err != nil {
				return fault.Deniedf("a page of another site may not change anything here").Coded("cross_site").Because(err)
			}
			return next(c)
		}
	}
}

// careful keeps browsers from guessing types, since logs and files hold what
// trials wrote, and from keeping answers of the API, which are out of date at
// once.
func careful() echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			h := c.Response().Header()
			h.Set(echo.HeaderXContentTypeOptions, "nosniff")
			if strings.HasPrefix(c.Request().URL.Path, "/api/") {
				h.Set(echo.HeaderCacheControl, "no-store")
			}
			return next(c)
		}
	}
}

const sessionCookie = "sweepd_session"

// unrouted is the path of API calls that no route answers.
const unrouted = "/api/*"

// noRoute tells whether the answer is 404 or 405, which is no question of rights.
func noRoute(c echo.Context) bool {
	return c.Path() == "" || c.Path() == unrouted || c.Get(echo.ContextKeyHeaderAllow) != nil
}

// proxied are the headers by which a proxy says that it passes on what another
// machine asks.
var proxied = []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip"}

// peer is the address that a request comes from, as auth.Loopback reads it. One
// that has come through a proxy comes from nowhere that is known.
func peer(r *http.Request) string {
	for _, name := range proxied {
		if r.Header.Get(name) != "" {
			return "behind a proxy"
		}
	}
	return r.RemoteAddr
}

// authorize finds out who calls and holds it against the table of routes. What
// is in no row is denied.
func (s *Server) authorize(table auth.Table) echo.MiddlewareFunc {
	who := &auth.Authenticator{Tokens: s.Tokens, Signer: s.Signer, Now: s.Now}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			header := r.Header.Get(echo.HeaderAuthorization)
			if cookie, err := r.Cookie(sessionCookie); header == "" && err == nil {
				header = "Bearer " + cookie.Value
			}
			p, err := who.Who(r.Context(), header, peer(r))
			if err != nil && r.Header.Get(echo.HeaderAuthorization) == "" && fault.Is(err, fault.Denied) {
				// A session that has ended is no session; the page says so where it matters.
				p, err = auth.Principal{Role: auth.Anonymous, Loopback: auth.Loopback(peer(r))}, nil
			}
			if err != nil {
				return err
			}
			if noRoute(c) {
				return next(c)
			}
			if err := table.Allow(r.Method, c.Path(), p); err != nil {
				return err
			}
			c.SetRequest(r.WithContext(withRequest(r.Context(), p, r.Header.Get(echo.HeaderAccept))))
			return next(c)
		}
	}
}
