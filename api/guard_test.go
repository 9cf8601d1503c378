package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/auth"
)

func TestOnlyOwnNamesAreAnsweredTo(t *testing.T) {
	s := open(t)
	for _, host := range []string{"127.0.0.1", "localhost:99", "LocalHost", "[::1]:8080", "10.1.2.3", "sweeps.example.org", "Sweeps.Example.org:443", "sweeps.example.org."} {
		if res, body := s.ask("GET", "/api/v1/system", "", "Host", host); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", host, res.StatusCode, body)
		}
	}
	s.refused(403, "foreign_host", []string{"evil.example", "--host evil.example"}, "GET", "/api/v1/system", "", "Host", "Evil.example:80")
	s.refused(403, "foreign_host", nil, "GET", "/nowhere", "", "Host", "evil.example")
}

func TestPagesElsewhereChangeNothing(t *testing.T) {
	s := open(t)
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		s.refused(403, "cross_site", nil, "POST", "/api/v1/sweeps", `{"source": "a: 1"}`, header...)
		if res, _ := s.ask("GET", "/api/v1/system", "", header...); res.StatusCode != http.StatusOK {
			t.Errorf("reading with %v: %d", header, res.StatusCode)
		}
	}
	if res, body := s.ask("POST", "/api/v1/login", "", "Origin", s.url); res.StatusCode != http.StatusCreated {
		t.Errorf("the page itself: %d %s", res.StatusCode, body)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(2, ""))
	h := s.hello("w1", 1)
	l := h.one()
	worker, attempt := s.secret("w", auth.Worker), l.Token
	const nobody = ""
	for _, c := range []struct {
		who, method, path, body string
		status                  int
	}{
		{nobody, "GET", "/api/v1/sweeps", "", 200}, // from this machine
		{nobody, "GET", "/s/" + sw.ID + ".txt", "", 200},
		{nobody, "POST", "/api/v1/sweeps", `{"source": "a: 1"}`, 401},
		{nobody, "POST", "/api/v1/sweeps/" + sw.ID + "/cancel", "", 401},
		{nobody, "POST", "/api/v1/leases/claim", "{}", 401},
		{nobody, "GET", "/api/v1/tokens", "", 401},
		{nobody, "POST", "/api/v1/report", `{"points": []}`, 401},
		{worker, "GET", "/api/v1/sweeps", "", 200},
		{worker, "POST", "/api/v1/sweeps", `{"source": "a: 1"}`, 403},
		{worker, "POST", "/api/v1/tokens", `{"name": "x"}`, 403},
		{attempt, "POST", "/api/v1/report", `{"points": []}`, 200},
		{attempt, "POST", "/api/v1/leases/claim", "{}", 403},
		{attempt, "POST", "/api/v1/sweeps/" + sw.ID + "/cancel", "", 403},
		{attempt, "PUT", "/api/v1/leases/99/1/log/0?offset=0", "x", 403},
		{"swp_unknown", "GET", "/api/v1/sweeps", "", 401},
		{attempt[:len(attempt)-3] + "AAA", "POST", "/api/v1/report", `{"points": []}`, 401},
	} {
		header := "Bearer " + c.who
		if c.who == nobody {
			header = ""
		}
		res, body := s.ask(c.method, c.path, c.body, "Authorization", header)
		if res.StatusCode != c.status {
			t.Errorf("%.8q %s %s: %d, want %d: %s", c.who, c.method, c.path, res.StatusCode, c.status, body)
		}
	}
	s.refused(401, "unauthenticated", []string{"Bearer"}, "GET", "/api/v1/sweeps", "", "Authorization", "Digest x")
}

// An attempt's token is in the hands of the script that it was made for: it
// opens that script's sweep, from wherever it is used, and tells of no other.
func TestAnAttemptSeesItsOwnSweepAlone(t *testing.T) {
	s := open(t)
	mine := s.submit(pointsOf(1, ""))
	bearer := "Bearer " + s.hello("w1", 1).one().Token
	other := s.submit(pointsOf(2, ""))
	for _, rest := range []string{"", "/overview", "/trials", "/trials/1", "/trials/1/log", "/curves?trials=1", "/changes", "/decisions", "/ensembles"} {
		if res, body := s.ask("GET", "/api/v1/sweeps/"+mine.ID+rest, "", "Authorization", bearer); res.StatusCode != http.StatusOK {
			t.Errorf("its own%s: %d %s", rest, res.StatusCode, body)
		}
		for _, id := range []string{other.ID, "@last", "s-", "s-nope"} {
			res, body := s.ask("GET", "/api/v1/sweeps/"+id+rest, "", "Authorization", bearer)
			if res.StatusCode != http.StatusNotFound || id != other.ID && strings.Contains(body, other.ID) {
				t.Errorf("%s%s: %d %s", id, rest, res.StatusCode, body)
			}
		}
	}
	if res, body := s.ask("GET", "/s/"+other.ID+".txt", "", "Authorization", bearer); res.StatusCode != http.StatusNotFound {
		t.Errorf("as text: %d %s", res.StatusCode, body)
	}
	for _, path := range []string{"/api/v1/sweeps", "/api/v1/workers", "/metrics"} {
		s.refused(403, "forbidden", nil, "GET", path, "", "Authorization", bearer)
	}
}

func TestTheDirectoryIsShownToAdminsAlone(t *testing.T) {
	s := open(t)
	var got wire.System
	if s.get("/api/v1/system", &got); got.Dir != "the-dir" || got.Version != "test" || got.Database != "sqlite" || got.Started.IsZero() {
		t.Errorf("%+v", got)
	}
	_, body := s.ask("GET", "/api/v1/system", "", "Authorization", "")
	if strings.Contains(body, "the-dir") {
		t.Error(body)
	}
}

func TestTheSystemCountsWhoIsThere(t *testing.T) {
	s := open(t)
	s.submit(pointsOf(2, ""))
	h := s.hello("w1", 3)
	h.one()
	sys, err := s.admin.System(t.Context())
	if err != nil || sys.Workers != 1 || sys.Slots != 3 || sys.Busy != 1 || sys.Sweeps != 1 {
		t.Errorf("%+v, %v", sys, err)
	}
	s.late.Store(int64(time.Hour))
	if sys, err = s.admin.System(t.Context()); err != nil || sys.Workers != 0 || sys.Slots != 0 {
		t.Errorf("an hour later: %+v, %v", sys, err)
	}
}

func TestTokensAreMadeListedAndRevoked(t *testing.T) {
	s := open(t)
	tok, err := s.admin.CreateToken(t.Context(), wire.NewToken{Name: "ci", Role: "worker", ExpiresIn: "1h"})
	if err != nil || tok.Secret == "" || tok.Role != "worker" || tok.Expires.IsZero() {
		t.Fatalf("%+v, %v", tok, err)
	}
	ci := client.New(s.url, tok.Secret)
	if _, err := ci.System(t.Context()); err != nil {
		t.Error(err)
	}
	list, err := s.admin.Tokens(t.Context())
	if b, _ := json.Marshal(list); err != nil || len(list) != 2 || strings.Contains(string(b), tok.Secret) {
		t.Errorf("%s, %v", b, err)
	}
	s.late.Store(int64(2 * time.Hour))
	if _, err := ci.System(t.Context()); kind(err) != "denied unauthenticated" || !strings.Contains(err.Error(), "expired") {
		t.Errorf("two hours later: %v", err)
	}
	s.late.Store(0)
	if err := s.admin.DeleteToken(t.Context(), tok.ID); err != nil {
		t.Error(err)
	}
	if _, err := ci.System(t.Context()); kind(err) != "denied unauthenticated" {
		t.Errorf("a revoked token: %v", err)
	}
	s.refused(404, "not_found", nil, "DELETE", "/api/v1/tokens/"+tok.ID, "")
	s.refused(422, "invalid", []string{"/expires_in", "720h"}, "POST", "/api/v1/tokens", `{"name": "x", "expires_in": "soon"}`)
	s.refused(422, "invalid", []string{"/role"}, "POST", "/api/v1/tokens", `{"name": "x", "role": "king"}`)
	s.refused(422, "invalid", []string{"/name"}, "POST", "/api/v1/tokens", `{"role": "admin"}`)
}

func TestALinkOpensOneSession(t *testing.T) {
	s := open(t)
	link, err := s.admin.Login(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	res, body := s.ask("GET", link, "", "Authorization", "")
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" || len(res.Cookies()) != 1 {
		t.Fatalf("%d %s %v", res.StatusCode, body, res.Header)
	}
	c := res.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
		t.Errorf("%+v", c)
	}
	cookie := c.Name + "=" + c.Value
	if res, body := s.ask("GET", "/api/v1/tokens", "", "Authorization", "", "Cookie", cookie); res.StatusCode != http.StatusOK {
		t.Errorf("with the cookie: %d %s", res.StatusCode, body)
	}
	// A session that has ended is nobody's: it reads here and changes nothing.
	s.late.Store(int64(31 * 24 * time.Hour))
	if res, _ := s.ask("GET", "/api/v1/sweeps", "", "Authorization", "", "Cookie", cookie); res.StatusCode != http.StatusOK {
		t.Errorf("reading after the session: %d", res.StatusCode)
	}
	s.refused(401, "unauthenticated", nil, "GET", "/api/v1/tokens", "", "Authorization", "", "Cookie", cookie)
	s.late.Store(0)

	s.refused(403, "forbidden", []string{"used", "sweepd token login"}, "GET", link, "", "Authorization", "")
	if link, err = s.admin.Login(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.late.Store(int64(6 * time.Minute))
	s.refused(403, "forbidden", []string{"older than 5m"}, "GET", link, "", "Authorization", "")
}

// A proxy on this machine, through which others come, is not those others.
func TestWhoComesThroughAProxyIsNotOfThisMachine(t *testing.T) {
	s := open(t)
	for _, header := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip"} {
		s.refused(401, "unauthenticated", []string{"token"}, "GET", "/api/v1/sweeps", "", "Authorization", "", header, "203.0.113.7")
		if res, _ := s.ask("GET", "/api/v1/sweeps", "", header, "203.0.113.7"); res.StatusCode != http.StatusOK {
			t.Errorf("%s with a token: %d", header, res.StatusCode)
		}
	}
}

func TestRoutesThatAreNotThere(t *testing.T) {
	s := open(t)
	s.refused(404, "not_found", []string{"/api/v1/openapi.yaml"}, "GET", "/api/v1/nowhere", "")
	s.refused(404, "not_found", nil, "POST", "/nowhere", "")
	s.refused(405, "method_not_allowed", []string{"GET"}, "DELETE", "/api/v1/sweeps/s-1/trials", "")
	s.refused(405, "method_not_allowed", []string{"GET"}, "DELETE", "/api/v1/sweeps/s-1/trials", "", "Authorization", "")
	if res, body := s.ask("HEAD", "/api/v1/nowhere", ""); res.StatusCode != http.StatusNotFound || body != "" {
		t.Errorf("%d %q", res.StatusCode, body)
	}
	if res, body := s.ask("HEAD", "/api/v1/sweeps", ""); res.StatusCode != http.StatusMethodNotAllowed || body != "" || res.Header.Get("Allow") == "" {
		t.Errorf("%d %q %v", res.StatusCode, body, res.Header)
	}
	res, body := s.ask("GET", "/api/v1/openapi.yaml", "")
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(body, "openapi: 3.0.3") {
		t.Errorf("%d %.40q", res.StatusCode, body)
	}
	if _, body = s.ask("GET", "/metrics", ""); !strings.Contains(body, `route="/api/v1/openapi.yaml"`) {
		t.Errorf("metrics: %.200s", body)
	}
}

// A defect answers like any other error, and its details stay in the log.
func TestAPanicIsAnError(t *testing.T) {
	s := open(t)
	s.echo.GET("/health", func(echo.Context) error { panic("secret detail") })
	s.refused(500, "internal", []string{"log"}, "GET", "/health", "")
	if _, body := s.ask("GET", "/health", ""); strings.Contains(body, "secret") {
		t.Error(body)
	}
}
