package door_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sweepd/sweepd/worker/door"
)

const limit = 10 * time.Second

// server is the real one, as far as a door can see.
type server struct {
	*httptest.Server
	down atomic.Int32 // status to answer with, 0: works; -1: hang up

	mu     sync.Mutex
	points []string // "step:metrics" in order
	keys   []string // idempotency keys, in order
	bodies []string
	stop   string
	status int // for reports, 0: 200
}

func newServer(t testing.TB) *server {
	s := &server{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
	switch down := s.down.Load(); {
	case down < 0:
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
		return
	case down > 0:
		w.WriteHeader(int(down))
		return
	}
	if r.URL.Path == "/api/v1/report" {
		if s.status != 0 {
			w.WriteHeader(s.status)
			return
		}
		var sent struct {
			Points []struct {
				Step      int64
				Timestamp int64
				Metrics   json.RawMessage
			}
		}
		if err := json.Unmarshal(body, &sent); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, p := range sent.Points {
			if strings.Contains(string(p.Metrics), "bad") {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
		}
		for _, p := range sent.Points {
			s.points = append(s.points, fmt.Sprintf("%d:%s", p.Step, p.Metrics))
			if p.Timestamp == 0 {
				s.points = append(s.points, "no timestamp")
			}
		}
		json.NewEncoder(w).Encode(map[string]any{"stop": s.stop != "", "reason": s.stop}) //nolint:errcheck // a test
		return
	}
	s.bodies = append(s.bodies, string(body))
	w.Header().Set("X-Path", r.URL.Path+"?"+r.URL.RawQuery)
	w.WriteHeader(http.StatusTeapot)
	fmt.Fprintf(w, "%d bytes", len(body))
}

func open(t testing.TB, s *server, told func(string)) (*door.Door, *door.Gate) {
	t.Helper()
	upstream, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.New(door.Config{Upstream: upstream, Spool: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if told == nil {
		told = func(string) {}
	}
	g := d.Open("tok", told)
	t.Cleanup(g.Close)
	return d, g
}

func send(t testing.TB, d *door.Door, method, path, token, body string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(method, d.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text), resp.Header
}

func report(t testing.TB, d *door.Door, step int) string {
	t.Helper()
	status, text, _ := send(t, d, "POST", "/api/v1/report", "tok", fmt.Sprintf(`{"points": [{"step": %d, "metrics": {"loss": 0.5}}]}`, step))
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, text)
	}
	return text
}

func drain(t testing.TB, g *door.Gate) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := g.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestReportsArriveInOrderThroughAnOutage(t *testing.T) {
	s := newServer(t)
	d, g := open(t, s, nil)
	for step := range 100 {
		switch step {
		case 20:
			s.down.Store(http.StatusServiceUnavailable)
		case 40:
			s.down.Store(-1)
		case 60:
			s.CloseClientConnections()
		}
		if got := report(t, d, step); got != `{"stop":false}` {
			t.Fatalf("answer %s", got)
		}
	}
	s.down.Store(0)
	drain(t, g)
	if len(s.points) != 100 {
		t.Fatalf("%d points arrived: %v", len(s.points), s.points)
	}
	for i, p := range s.points {
		if want := fmt.Sprintf(`%d:{"loss":0.5}`, i); p != want {
			t.Errorf("point %d is %s", i, p)
		}
	}
	if g.Reports() != 100 {
		t.Errorf("%d reports", g.Reports())
	}
}

func TestAReportWithoutAStepIsNumberedOnce(t *testing.T) {
	s := newServer(t)
	d, g := open(t, s, nil)
	s.down.Store(http.StatusBadGateway) // so that each is sent more than once
	for _, step := range []string{"", `"step": 7, `, ""} {
		if status, text, _ := send(t, d, "POST", "/api/v1/report", "tok", `{"points": [{`+step+`"metrics": {"loss": 0.5}}]}`); status != http.StatusOK {
			t.Fatalf("status %d: %s", status, text)
		}
	}
	s.down.Store(0)
	drain(t, g)
	want := []string{`1:{"loss":0.5}`, `7:{"loss":0.5}`, `8:{"loss":0.5}`}
	if !slices.Equal(s.points, want) {
		t.Errorf("points %q, want %q", s.points, want)
	}
}

func TestARepeatedRequestKeepsItsKey(t *testing.T) {
	s := newServer(t)
	d, g := open(t, s, nil)
	s.down.Store(http.StatusBadGateway)
	report(t, d, 1)
	waitFor(t, "two tries", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.keys) >= 2 })
	s.down.Store(0)
	drain(t, g)
	for _, k := range s.keys {
		if k != s.keys[0] || k == "" {
			t.Errorf("keys %q", s.keys)
		}
	}
}

func TestAStopReachesTheNextReport(t *testing.T) {
	s := newServer(t)
	told := make(chan string, 10)
	d, g := open(t, s, func(reason string) { told <- reason })
	s.mu.Lock()
	s.stop = "rank 8 of 9"
	s.mu.Unlock()
	report(t, d, 1)
	select {
	case reason := <-told:
		g.Stop(reason)
	case <-time.After(limit):
		t.Fatal("the stop in the server's answer was not told")
	}
	if got := report(t, d, 2); got != `{"stop":true,"reason":"rank 8 of 9"}` {
		t.Errorf("answer %s", got)
	}
}

// What gathers while the server is away goes as one request; one bad point in it
// does not take the others along.
func TestOneBadPointIsRefusedAlone(t *testing.T) {
	s := newServer(t)
	d, g := open(t, s, nil)
	s.down.Store(http.StatusBadGateway)
	for step := range 9 {
		name := "loss"
		if step == 5 {
			name = "bad"
		}
		send(t, d, "POST", "/api/v1/report", "tok", fmt.Sprintf(`{"points": [{"step": %d, "metrics": {%q: 0.5}}]}`, step, name))
	}
	s.down.Store(0)
	drain(t, g)
	want := []string{"0", "1", "2", "3", "4", "6", "7", "8"}
	for i := range want {
		want[i] += `:{"loss":0.5}`
	}
	if !slices.Equal(s.points, want) {
		t.Errorf("points %q, want %q", s.points, want)
	}
}

func TestAReportOutlivesADefectOfTheServer(t *testing.T) {
	for _, status := range []int{500, 429} {
		s := newServer(t)
		d, g := open(t, s, nil)
		s.status = status
		report(t, d, 1)
		waitFor(t, "a try", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.keys) >= 1 })
		s.mu.Lock()
		s.status = 0
		s.mu.Unlock()
		drain(t, g)
		if len(s.points) != 1 {
			t.Errorf("after status %d: points %q", status, s.points)
		}
	}
}

func TestNothingStaysInTheSpool(t *testing.T) {
	s := newServer(t)
	upstream, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	d, err := door.New(door.Config{Upstream: upstream, Spool: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	t.Cleanup(d.Open("tok", func(string) {}).Close)
	s.down.Store(503)
	req, err := http.NewRequest("PUT", d.URL()+"/x", strings.NewReader(strings.Repeat("x", 5<<20)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer tok")
	go func() {
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	waitFor(t, "a try", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.keys) >= 1 })
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v would be left by a worker that is killed now (%v)", left, err)
	}
	s.down.Store(0)
}

func TestAStaleAttemptIsNotRepeated(t *testing.T) {
	s := newServer(t)
	d, g := open(t, s, nil)
	s.status = http.StatusConflict
	report(t, d, 1)
	drain(t, g)
	tries := len(s.keys)
	report(t, d, 2)
	drain(t, g)
	if len(s.keys) != tries {
		t.Errorf("a stale attempt's report was sent")
	}
}

func TestOtherRequestsAreForwarded(t *testing.T) {
	s := newServer(t)
	d, _ := open(t, s, nil)
	status, text, head := send(t, d, "POST", "/api/2.0/mlflow/runs/log-metric?a=b%2Fc", "tok", "body")
	if status != http.StatusTeapot || text != "4 bytes" || head.Get("X-Path") != "/api/2.0/mlflow/runs/log-metric?a=b%2Fc" {
		t.Errorf("status %d, %q, path %s", status, text, head.Get("X-Path"))
	}
}

func TestAForwardedRequestWaitsForTheServer(t *testing.T) {
	for _, down := range []int32{-1, 502, 503, 504} {
		t.Run(fmt.Sprint(down), func(t *testing.T) {
			s := newServer(t)
			d, _ := open(t, s, nil)
			s.down.Store(down)
			big := strings.Repeat("0123456789abcdef", (9<<20)/16) // more than is kept in memory
			done := make(chan string, 1)
			go func() {
				_, text, _ := send(t, d, "PUT", "/x", "tok", big)
				done <- text
			}()
			waitFor(t, "two tries", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.keys) >= 2 })
			s.down.Store(0)
			select {
			case text := <-done:
				if text != fmt.Sprintf("%d bytes", len(big)) {
					t.Errorf("answer %q", text)
				}
			case <-time.After(limit):
				t.Fatal("no answer")
			}
			if len(s.bodies) != 1 || s.bodies[0] != big {
				t.Errorf("%d bodies arrived", len(s.bodies))
			}
			if s.keys[0] == "" || s.keys[0] != s.keys[len(s.keys)-1] {
				t.Errorf("keys %q", s.keys)
			}
		})
	}
}

func TestWhatADeadTrialSaidArrives(t *testing.T) {
	s := newServer(t)
	d, g := open(t, s, nil)
	s.down.Store(503)
	ctx, die := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "POST", d.URL()+"/x", strings.NewReader("last words"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer tok")
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	waitFor(t, "a try", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.keys) >= 1 })
	die()
	<-gone
	s.down.Store(0)
	drain(t, g)
	if len(s.bodies) != 1 || s.bodies[0] != "last words" {
		t.Errorf("bodies %q", s.bodies)
	}
}

func TestBadReportsAreRefusedWithThePlaceAndTheFix(t *testing.T) {
	s := newServer(t)
	d, _ := open(t, s, nil)
	for body, want := range map[string]string{
		`{"points": [{"step": 1, "metrics": {"loss": NaN}}]}`:    `NaN and infinities are the strings`,
		`{"points": [{"step": 1, "metrics": {"loss": "high"}}]}`: `metric loss is \"high\", not a number`,
		`{"points": [{"step": 1, "metrics": {"loss": null}}]}`:   `metric loss is null, not a number`,
		`{"points": []}`:                `1 to 1000 points`,
		`{"loss": 1}`:                   `1 to 1000 points`,
		`{"points": [{"metrics": {}}]}`: `without metrics`,
		`hello`:                         `the report is not`,
		`{"points": [{"metrics": {"a": 1}}], "x": "` + strings.Repeat("x", 5<<20) + `"}`: `at most 4 MiB`,
	} {
		status, text, _ := send(t, d, "POST", "/api/v1/report", "tok", body)
		if status < 400 || status >= 500 || !strings.Contains(text, want) {
			t.Errorf("%.40s: status %d, %s, want %s", body, status, text, want)
		}
	}
	if status, _, _ := send(t, d, "POST", "/api/v1/report", "tok", `{"points": [{"metrics": {"a": "NaN", "b": "-Infinity", "c": -1e-7}}]}`); status != 200 {
		t.Errorf("NaN as a string: status %d", status)
	}
}

func TestWithoutALiveTokenNothingIsForwarded(t *testing.T) {
	s := newServer(t)
	d, g := open(t, s, nil)
	if status, text, _ := send(t, d, "GET", "/x", "", ""); status != 401 || !strings.Contains(text, "SWEEPD_TOKEN") {
		t.Errorf("no token: %d %s", status, text)
	}
	if status, _, _ := send(t, d, "GET", "/x", "other", ""); status != 409 {
		t.Errorf("another's token: %d", status)
	}
	g.Close()
	if status, _, _ := send(t, d, "GET", "/x", "tok", ""); status != 409 {
		t.Errorf("after the attempt: %d", status)
	}
	if len(s.keys) != 0 {
		t.Errorf("%d requests were forwarded", len(s.keys))
	}
}

func TestClosingGivesUpWhatIsHeld(t *testing.T) {
	s := newServer(t)
	d, g := open(t, s, nil)
	s.down.Store(503)
	report(t, d, 1)
	done := make(chan int, 1)
	go func() {
		status, _, _ := send(t, d, "POST", "/x", "tok", "b")
		done <- status
	}()
	waitFor(t, "a try", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.keys) >= 2 })
	g.Close()
	select {
	case status := <-done:
		if status != http.StatusServiceUnavailable {
			t.Errorf("status %d", status)
		}
	case <-time.After(limit):
		t.Fatal("it is held still")
	}
}

func waitFor(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", limit, what)
		}
	}
}

func BenchmarkReport(b *testing.B) {
	s := newServer(b)
	d, g := open(b, s, nil)
	for n := range b.N {
		report(b, d, n)
	}
	b.StopTimer()
	drain(b, g)
}
