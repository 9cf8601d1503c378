package auth_test

import (
	"slices"
	"testing"

	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/fault"
)

// A row per need, a column per caller.
func TestWhoMayDoWhat(t *testing.T) {
	callers := []struct {
		name string
		who  auth.Principal
	}{
		{"stranger", auth.Principal{Role: auth.Anonymous}},
		{"local", auth.Principal{Role: auth.Anonymous, Loopback: true}},
		{"attempt", auth.Principal{Role: auth.Attempt, Loopback: true}},
		{"worker", auth.Principal{Role: auth.Worker, Loopback: true}},
		{"admin", auth.Principal{Role: auth.Admin}},
	}
	for need, want := range map[auth.Need]string{
		auth.Open:   "yyyyy",
		auth.Read:   "nyyyy",
		auth.Survey: "nynyy",
		auth.Log:    "nyyyy",
		auth.Own:    "nnyyy",
		auth.Work:   "nnnyy",
		auth.Change: "nnnny",
	} {
		table := auth.NewTable([]auth.Rule{{Method: "POST", Path: "/x/{id}", Need: need}})
		for i, c := range callers {
			err := table.Allow("POST", "/x/:number", c.who)
			if got := err == nil; got != (want[i] == 'y') {
				t.Errorf("%s by %s: %v", need, c.name, err)
			}
			if err != nil && !fault.Is(err, fault.Denied) {
				t.Errorf("%s by %s: %v, want denied", need, c.name, err)
			}
		}
	}
}

func TestARouteWithoutARuleIsDeniedToAll(t *testing.T) {
	table := auth.NewTable([]auth.Rule{{Method: "GET", Path: "/x", Need: auth.Open}})
	for _, route := range [][2]string{{"POST", "/x"}, {"HEAD", "/x"}, {"GET", "/x/"}, {"GET", "/y"}, {"get", "/x"}} {
		if err := table.Allow(route[0], route[1], auth.Principal{Role: auth.Admin}); err == nil {
			t.Errorf("%s %s was allowed", route[0], route[1])
		}
	}
}

func TestTheAnswerSaysWhetherATokenWouldHelp(t *testing.T) {
	table := auth.NewTable([]auth.Rule{{Method: "POST", Path: "/x", Need: auth.Change}})
	for _, c := range []struct {
		who  auth.Role
		want string
	}{{auth.Anonymous, auth.CodeUnauthenticated}, {auth.Worker, auth.CodeForbidden}, {auth.Attempt, auth.CodeForbidden}} {
		err := table.Allow("POST", "/x", auth.Principal{Role: c.who, Loopback: true})
		if got := fault.Of(err).Code; got != c.want {
			t.Errorf("%s: code %s, want %s", c.who, got, c.want)
		}
	}
}

func TestMissingAndIdle(t *testing.T) {
	table := auth.NewTable([]auth.Rule{{"GET", "/a/{id}", auth.Read}, {"GET", "/gone", auth.Read}})
	routes := []auth.Rule{{Method: "GET", Path: "/a/:sweep"}, {Method: "POST", Path: "/a/:sweep"}}
	if got, want := table.Missing(routes), []string{"POST /a/:sweep"}; !slices.Equal(got, want) {
		t.Errorf("missing %q, want %q", got, want)
	}
	if got, want := table.Idle(routes), []string{"GET /gone"}; !slices.Equal(got, want) {
		t.Errorf("idle %q, want %q", got, want)
	}
}

func TestWhatChangesASweepNeedsATokenOnLoopbackToo(t *testing.T) {
	local := auth.Principal{Role: auth.Anonymous, Loopback: true}
	table := auth.Routes()
	for _, r := range []auth.Rule{
		{Method: "POST", Path: "/api/v1/sweeps"},
		{Method: "POST", Path: "/api/v1/sweeps/:sweep/cancel"},
		{Method: "PUT", Path: "/api/v1/code/:digest"},
		{Method: "POST", Path: "/api/v1/leases/claim"},
		{Method: "POST", Path: "/api/v1/tokens"},
		{Method: "GET", Path: "/api/v1/tokens"},
	} {
		if table.Allow(r.Method, r.Path, local) == nil {
			t.Errorf("%s %s is open on loopback", r.Method, r.Path)
		}
	}
	for _, r := range []auth.Rule{
		{Method: "GET", Path: "/api/v1/sweeps/:sweep/overview"},
		{Method: "POST", Path: "/api/2.0/mlflow/runs/log-batch"},
		{Method: "PUT", Path: "/api/2.0/mlflow-artifacts/artifacts/*"},
		{Method: "POST", Path: "/ajax-api/2.0/mlflow/runs/search"},
	} {
		if err := table.Allow(r.Method, r.Path, local); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.Path, err)
		}
	}
}
