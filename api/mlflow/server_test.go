package mlflow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/api/mlflow"
	"github.com/sweepd/sweepd/internal/blob"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/trackingtest"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/view"
)

// trialToken is the token of the one attempt in these tests.
const trialToken = "trial-token"

// site is a server on loopback with a sweep's experiment and a trial in it.
type site struct {
	*testing.T
	url   string
	store *trackingtest.Memory
	files *blob.Files
	sweep string // the sweep's experiment
	trial view.Attempt
}

// binder remembers in memory that the trial's run is bound.
type binder struct {
	bound bool
	by    string
}

func (b *binder) Bind(_ context.Context, _ trials.Ref, key string) (bool, error) {
	if !b.bound {
		b.bound, b.by = true, key
		return true, nil
	}
	return key != "" && key == b.by, nil
}

func open(t *testing.T) *site {
	t.Helper()
	files, err := blob.OpenFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{T: t, store: trackingtest.NewMemory(), files: files}
	n := 0
	service := tracking.Service{
		Store: s.store, Now: time.Now,
		NewID: func() string { n++; return fmt.Sprintf("%032x", n) },
	}
	plain := service.As(tracking.Author{})
	s.sweep, err = plain.CreateExperiment(t.Context(), tracking.NewExperiment{Name: "digits-sweep"})
	if err != nil {
		t.Fatal(err)
	}
	s.trial = view.Attempt{Ref: trials.Ref{Trial: 7, Attempt: 1}, Experiment: s.sweep}
	s.store.Hold(s.trial.Author().Owner, 1)
	run, err := service.As(s.trial.Author()).CreateRun(t.Context(), tracking.NewRun{Experiment: s.sweep, Name: "explore/7"})
	if err != nil {
		t.Fatal(err)
	}
	s.trial.Run = run.ID
	bound := &binder{}
	choose := func(r *http.Request) (tracking.API, error) {
		switch r.Header.Get(echo.HeaderAuthorization) {
		case "":
			return plain, nil
		case "Bearer " + trialToken:
			return view.New(service.As(s.trial.Author()), s.trial, bound), nil
		}
		return nil, fault.Deniedf("no such token").Coded("unauthenticated")
	}
	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if c.Request().Header.Get("X-Refused") != "" {
				return fault.Deniedf("refused at the door")
			}
			return next(c)
		}
	})
	e.GET("/*", func(c echo.Context) error { return c.HTML(http.StatusOK, "the page") })
	(&mlflow.Server{Choose: choose, Blobs: files, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), MaxBody: 4 << 20, MaxArtifact: 8 << 20}).Register(e)
	server := httptest.NewServer(e)
	t.Cleanup(func() {
		server.Close()
		files.Close()
	})
	s.url = server.URL
	return s
}

// ask sends a request and gives the status and the body.
func (s *site) ask(method, path, body string, headers ...string) (int, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if method == http.MethodPost || method == http.MethodPatch {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return resp.StatusCode, string(bytes.TrimSpace(b))
}

// post and get ask the client's prefix.
func (s *site) post(path, body string) (int, string) {
	s.Helper()
	return s.ask(http.MethodPost, "/api/2.0/mlflow"+path, body)
}

func (s *site) get(path string) (int, string) {
	s.Helper()
	return s.ask(http.MethodGet, "/api/2.0/mlflow"+path, "")
}

// run makes a run and gives its ID.
func (s *site) run() string {
	s.Helper()
	status, body := s.post("/runs/create", `{"experiment_id":"0","start_time":1700000000000,"run_name":"r"}`)
	var answer struct {
		Run struct {
			Info struct {
				ID string `json:"run_id"`
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		s.Fatalf("%d %s %v", status, body, err)
	}
	return answer.Run.Info.ID
}

// is wants a status and, unless want is "", the whole body.
func (s *site) is(what string, status int, body string, wantStatus int, want string) {
	s.Helper()
	if status != wantStatus || want != "" && body != want {
		s.Errorf("%s:\n got %d %s\nwant %d %s", what, status, body, wantStatus, want)
	}
}
