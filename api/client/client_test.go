package client_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/internal/fault"
)

func TestAServerThatIsNotThere(t *testing.T) {
	_, err := client.New("http://127.0.0.1:1/", "").System(t.Context())
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "http://127.0.0.1:1") || !strings.Contains(err.Error(), "sweepd serve") {
		t.Errorf("got %v", err)
	}
}

// The errors of a server come back as they were made; what is no problem, since
// something between answered, is told by its status.
func TestErrorsComeBackAsTheyWereMade(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   fault.Kind
		want   string
	}{
		{409, `{"title": "gone", "status": 409, "code": "stale"}`, fault.Stale, "gone"},
		{409, `{"title": "busy", "status": 409, "code": "x"}`, fault.Conflict, "busy"},
		{422, `{"title": "two", "code": "invalid", "problems": [{"where": "a:1:2", "message": "bad", "hint": "mend it", "line": 1, "column": 2}]}`, fault.Invalid, "a:1:2: bad (mend it)"},
		{401, `{"title": "who", "code": "unauthenticated", "hint": "a token"}`, fault.Denied, "who (a token)"},
		{502, "<html>bad gateway</html>", fault.Unavailable, "502 Bad Gateway"},
		{500, "", fault.Internal, "500"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			w.Write([]byte(c.body))
		}))
		_, err := client.New(server.URL, "").System(t.Context())
		server.Close()
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d: %v, want %s %q", c.status, err, c.kind, c.want)
		}
	}
}
