package api_test

import (
	"strings"
	"testing"
)

// Whatever is sent, the answer is about what was sent and never a defect.
func TestOddRequestsAreTheSendersFault(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(2, ""))
	h := s.hello("w1", 1)
	l := h.one()
	at := "/api/v1/sweeps/" + sw.ID
	for _, c := range []struct{ method, path, body string }{
		{"GET", at + "/changes?after=99999999999999999999", ""},
		{"GET", at + "/changes?after=-1", ""},
		{"GET", at + "/changes?wait=51", ""},
		{"GET", at + "/trials?limit=10001", ""},
		{"GET", at + "/trials/99999999999999999999", ""},
		{"GET", at + "/trials/0", ""},
		{"GET", at + "/trials?filter=" + strings.Repeat("a", 5000), ""},
		{"GET", at + "/trials?filter==,<,~", ""},
		{"GET", at + "/trials?sort=,", ""},
		{"GET", at + "/trials?sort=" + strings.Repeat("params.x,", 70) + "number", ""},
		{"GET", at + "/trials?columns=,", ""},
		{"GET", at + "/curves?trials=", ""},
		{"GET", at + "/curves?trials=1,,2", ""},
		{"GET", at + "/trials/1/log?limit=0", ""},
		{"GET", at + "/trials/1/files/" + strings.Repeat("a", 201), ""},
		{"GET", "/api/v1/sweeps/" + strings.Repeat("s", 65), ""},
		{"GET", "/api/v1/sweeps/%00", ""},
		{"GET", "/api/v1/sweeps/%ff", ""},
		{"POST", "/api/v1/sweeps", `{}`},
		{"POST", "/api/v1/sweeps", `{"spec": {}}`},
		{"POST", "/api/v1/sweeps", `{"spec": null, "source": null}`},
		{"POST", "/api/v1/sweeps", `{"source": "\u0000"}`},
		{"POST", "/api/v1/sweeps", `{"source": "a: 1"} trailing`},
		{"PATCH", at, `{"priority": 1e300}`},
		{"PATCH", at, `{"priority": 1.5}`},
		{"PATCH", at, `{ "priority": 1, "priority2": 2}`},
		{"POST", at + "/cancel", `{"trials": [0]}`},
		{"POST", at + "/cancel", `{"trials": [99]}`},
		{"POST", "/api/v1/leases/claim", `{}`},
		{"POST", "/api/v1/leases/claim", `{"worker": "w1", "claim_id": "c", "slots": -1, "cpu": 1, "wait_ms": 0}`},
		{"POST", "/api/v1/leases/claim", `{"worker": "w1", "claim_id": "c", "slots": 1, "cpu": 1, "wait_ms": 60000}`},
		{"POST", "/api/v1/leases/settle", `{"settle": [{"trial": 1, "attempt": 1, "verdict": "great", "seconds": 1}]}`},
		{"PUT", "/api/v1/workers/w1/hello", `{"id": "w1", "host": "h", "slots": 0, "cpu": 1}`},
		{"PUT", "/api/v1/leases/" + refPath(l.Ref) + "/log/0?offset=-1", "x"},
		{"PUT", "/api/v1/leases/" + refPath(l.Ref) + "/log/0", "x"},
		{"POST", "/api/v1/tokens", `{"name": ""}`},
	} {
		res, body := s.ask(c.method, c.path, c.body)
		if res.StatusCode < 400 || res.StatusCode >= 500 || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %.80s %.80s: %d %.300s", c.method, c.path, c.body, res.StatusCode, body)
		}
	}
	for _, body := range []string{
		``, `null`, `[]`, `"x"`, `7`, `{"points": null}`, `{"points": [null]}`, `{"points": [{"metrics": null}]}`, `{"points": [{"metrics": {"": 1}}]}`,
		`{"points": [{"metrics": {"loss": null}}]}`, `{"points": [{"metrics": {"loss": 1e999}}]}`, `{"points": [{"step": 99999999999999999999, "metrics": {"loss": 1}}]}`,
		`{"points": [{"metrics": {"bad\nname": 1}}]}`,
	} {
		res, text := s.ask("POST", "/api/v1/report", body, "Authorization", "Bearer "+l.Token, "Content-Type", "application/json")
		if res.StatusCode < 400 || res.StatusCode >= 500 || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("report %s: %d %.300s", body, res.StatusCode, text)
		}
	}
}
