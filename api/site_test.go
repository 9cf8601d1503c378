package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/api"
	"github.com/sweepd/sweepd/api/client"
	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/internal/auth"
	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/scheduler"
	"github.com/sweepd/sweepd/store"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/trials"
)

// site is a server with its scheduler at work on a database of its own. What is
// not served is the worker: tests claim, report and settle themselves.
type site struct {
	testing.TB
	url   string
	db    *store.DB
	echo  *echo.Echo
	token string // an admin's
	admin *client.Client
	late  atomic.Int64 // how far the server's clock is ahead, in nanoseconds
}

func open(t testing.TB) *site {
	t.Helper()
	s := &site{TB: t}
	db, err := store.Open(t.Context(), store.Options{DSN: filepath.Join(t.TempDir(), "sweepd.db")})
	if err != nil {
		t.Fatal(err)
	}
	s.db = db
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	output, err := api.NewOutput(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := auth.NewSigner(auth.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	sched := scheduler.New(db, scheduler.Options{
		Assemble: scheduler.Assembly{Blobs: blobs},
		Mint: func(sweep, trial int64, attempt int, run string) string {
			return signer.Sign(auth.Claims{Sweep: sweep, Trial: trial, Attempt: attempt, Run: run})
		},
	})
	db.OnChange = sched.Wake
	service := tracking.Service{Store: db, Now: s.now, NewID: newID()}
	s.echo = echo.New()
	native := &api.Server{
		Scheduler: sched, Reader: db, Tracking: service.As, Blobs: blobs, Output: output, Tokens: db, Signer: signer,
		Hosts: []string{"sweeps.example.org"}, Version: "test", Database: "sqlite", Dir: "the-dir", Now: s.now,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	if err := native.Register(s.echo); err != nil {
		t.Fatal(err)
	}
	s.echo.GET("/s/:page", native.Text(http.NotFoundHandler()))
	web := httptest.NewServer(s.echo)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = sched.Run(ctx) // ends with the context
	}()
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		cancel()
		<-done
		output.Close()
		blobs.Close()
		db.Close()
	})
	s.url = web.URL
	s.token = s.secret("ann", auth.Admin)
	s.admin = client.New(s.url, s.token)
	return s
}

func (s *site) now() time.Time { return time.Now().Add(time.Duration(s.late.Load())) }

func newID() func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprintf("%032x", n.Add(1)) }
}

// secret makes a token with a role and gives its secret.
func (s *site) secret(name string, role auth.Role) string {
	s.Helper()
	secret := auth.NewSecret(auth.TokenPrefix)
	hash := auth.Hash(secret)
	if err := s.db.CreateToken(s.Context(), auth.Token{ID: hash[:12], Name: name, Role: role, Hash: hash, Created: s.now()}); err != nil {
		s.Fatal(err)
	}
	return secret
}

// ask sends a request as the admin, unless a header says otherwise, and gives
// the answer with its whole body.
func (s *site) ask(method, path, body string, headers ...string) (*http.Response, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		switch headers[i] {
		case "Host":
			r.Host = headers[i+1]
		default:
			r.Header.Set(headers[i], headers[i+1])
		}
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.Fatal(err)
	}
	return res, string(b)
}

// get reads an answer into out.
func (s *site) get(path string, out any) {
	s.Helper()
	res, body := s.ask("GET", path, "")
	if res.StatusCode != http.StatusOK {
		s.Fatalf("GET %s: %d %s", path, res.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), out); err != nil {
		s.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// refused wants a problem with a status and a code that says all of words, in
// any of its fields.
func (s *site) refused(status int, code string, words []string, method, path, body string, headers ...string) {
	s.Helper()
	res, text := s.ask(method, path, body, headers...)
	var p wire.Problem
	if err := json.Unmarshal([]byte(text), &p); err != nil || res.Header.Get("Content-Type") != "application/problem+json" {
		s.Errorf("%s %s: %d %s %q is no problem", method, path, res.StatusCode, res.Header.Get("Content-Type"), text)
		return
	}
	if res.StatusCode != status || p.Status != int64(status) || p.Code != code || p.Title == "" {
		s.Errorf("%s %s: %d %s, want %d %s", method, path, res.StatusCode, text, status, code)
	}
	said := p.Title + "|" + p.Where + "|" + p.Hint
	for _, q := range p.Problems {
		said += "|" + q.Where + "|" + q.Message + "|" + q.Hint
	}
	for _, w := range words {
		if !strings.Contains(said, w) {
			s.Errorf("%s %s: %q is not in %s", method, path, w, said)
		}
	}
}

// submit creates a sweep of a file's text.
func (s *site) submit(source string) wire.Sweep {
	s.Helper()
	sw, err := s.admin.Submit(s.Context(), wire.Submission{Source: source}, "")
	if err != nil {
		s.Fatal(err)
	}
	return sw
}

// pointsOf is a sweep of n trials with one parameter, x = 1 to n.
func pointsOf(n int, more string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "name: points\ncommand: [python, train.py]\nobjective: {metric: loss}\npoints:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {x: %d}\n", i+1)
	}
	return b.String() + more
}

// hello registers a worker that speaks over HTTP with a worker's token.
func (s *site) hello(id string, slots int) *hand {
	s.Helper()
	h := &hand{site: s, id: id, slots: slots, c: client.New(s.url, s.secret(id, auth.Worker))}
	terms, err := h.c.Hello(s.Context(), trials.Worker{ID: id, Host: "here", Slots: slots, CPU: float64(slots), Started: time.Now()})
	if err != nil || terms.TTL != time.Minute {
		s.Fatalf("terms %v, %v", terms, err)
	}
	return h
}

// hand does a worker's work.
type hand struct {
	*site
	c      *client.Client
	id     string
	slots  int
	claims int
}

// claim takes up to n attempts and settles others on the way.
func (h *hand) claim(n int, ss ...trials.Settlement) trials.Claimed {
	h.Helper()
	h.claims++
	got, err := h.c.Claim(h.Context(), trials.Claim{
		Worker: h.id, ClaimID: fmt.Sprint(h.id, h.claims), Slots: n, CPU: float64(n), Wait: 10 * time.Second, Settle: ss,
	})
	if err != nil {
		h.Fatal(err)
	}
	return got
}

// one takes one attempt.
func (h *hand) one() trials.Lease {
	h.Helper()
	got := h.claim(1)
	if len(got.Leases) != 1 {
		h.Fatalf("%d leases, want one", len(got.Leases))
	}
	return got.Leases[0]
}

// report sends metrics from inside a trial.
func (h *hand) report(l trials.Lease, body string) wire.Reported {
	h.Helper()
	res, text := h.ask("POST", "/api/v1/report", body, "Authorization", "Bearer "+l.Token)
	var out wire.Reported
	if err := json.Unmarshal([]byte(text), &out); err != nil || res.StatusCode != http.StatusOK {
		h.Fatalf("report: %d %s", res.StatusCode, text)
	}
	return out
}

// settle ends an attempt and wants an answer.
func (h *hand) settle(want trials.Settled, l trials.Lease, o trials.Outcome) {
	h.Helper()
	got, err := h.c.Settle(h.Context(), h.id, []trials.Settlement{{Ref: l.Ref, Outcome: o}})
	if err != nil || len(got) != 1 || got[0] != want {
		h.Fatalf("settle: %v, %v, want %s", got, err, want)
	}
}

// complete runs an attempt that reports a loss.
func (h *hand) complete(l trials.Lease, loss float64) {
	h.Helper()
	h.settle(trials.SettledOK, l, trials.Outcome{Verdict: trials.Succeeded, Seconds: 1, Result: map[string]float64{"loss": loss}})
}

// until waits for a condition on a sweep.
func (s *site) until(id, what string, holds func(wire.Sweep) bool) wire.Sweep {
	s.Helper()
	deadline := time.Now().Add(20 * time.Second)
	after := int64(0)
	for {
		c, err := s.admin.Changes(s.Context(), id, after, 1)
		if err != nil {
			s.Fatal(err)
		}
		if holds(c.Sweep) {
			return c.Sweep
		}
		if time.Now().After(deadline) {
			s.Fatalf("%s never came: %+v", what, c.Sweep)
		}
		after = c.Seq
	}
}

// kind tells the kind and code of an error of the client.
func kind(err error) string {
	if f := fault.Of(err); f != nil {
		return string(f.Kind) + " " + f.Code
	}
	return fmt.Sprint(err)
}
