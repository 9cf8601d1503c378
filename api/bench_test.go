package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/api/wire"
	"github.com/sweepd/sweepd/trials"
)

// grown is a sweep of n trials with ten readings each, all run but the last
// hundred.
func grown(b *testing.B, s *site, n int) (wire.Sweep, *hand) {
	b.Helper()
	var text strings.Builder
	text.WriteString("x,lr,family\n")
	for i := range n {
		fmt.Fprintf(&text, "%d,%g,%s\n", i+1, float64(i+1)*1e-4, []string{"knn", "svm", "mlp"}[i%3])
	}
	sw, err := s.admin.Submit(b.Context(), wire.Submission{
		Source: "name: big\ncommand: [python, train.py]\nobjective: {metric: loss}\npoints: p.csv\nbudget: {parallel: 256}\n",
		Files:  map[string]string{"p.csv": text.String()},
	}, "")
	if err != nil {
		b.Fatal(err)
	}
	h := s.hello("w1", 256)
	for done := 0; done < n-100; {
		ls := h.claim(min(256, n-100-done)).Leases
		var ss []trials.Settlement
		for _, l := range ls {
			var points []string
			for step := 1; step <= 10; step++ {
				points = append(points, fmt.Sprintf(`{"step": %d, "metrics": {"loss": %g}}`, step, 1/float64(step)+float64((l.Number*7919)%n)/float64(n)))
			}
			h.report(l, `{"points": [`+strings.Join(points, ",")+`]}`)
			ss = append(ss, trials.Settlement{Ref: l.Ref, Outcome: trials.Outcome{Verdict: trials.Succeeded, Seconds: 1}})
		}
		if _, err := h.c.Settle(b.Context(), "w1", ss); err != nil {
			b.Fatal(err)
		}
		done += len(ls)
	}
	return s.until(sw.ID, "the results", func(sw wire.Sweep) bool { return sw.Counts.Completed == int64(n-100) }), h
}

// What a page asks of a sweep of 10,000 trials with 100,000 readings.
func BenchmarkPagesOfTenThousandTrials(b *testing.B) {
	s := open(b)
	start := time.Now()
	sw, h := grown(b, s, 10000)
	b.Logf("grown in %s", time.Since(start))
	at := "/api/v1/sweeps/" + sw.ID
	fetch := func(b *testing.B, path string, zipped bool) {
		b.Helper()
		encoding := "identity"
		if zipped {
			encoding = "gzip"
		}
		var size int
		for b.Loop() {
			r, err := http.NewRequestWithContext(b.Context(), "GET", s.url+path, nil)
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Accept-Encoding", encoding)
			res, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				b.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != http.StatusOK {
				b.Fatalf("%d %s %v", res.StatusCode, body, err)
			}
			res.Body.Close()
			size = len(body)
		}
		b.ReportMetric(float64(size)/1000, "kB")
	}
	for _, c := range []struct{ name, path string }{
		{"overview", at + "/overview"},
		{"trials500", at + "/trials?limit=500"},
		{"trials10000", at + "/trials?limit=10000"},
		{"changes", at + "/changes?after=0"},
		{"changes10000", at + "/changes?after=0&limit=10000"},
		{"sweeps", "/api/v1/sweeps"},
		{"sweep", at},
	} {
		b.Run(c.name, func(b *testing.B) { fetch(b, c.path, true) })
		b.Run(c.name+"-plain", func(b *testing.B) { fetch(b, c.path, false) })
	}
	b.Run("list-of-100", func(b *testing.B) {
		for range 99 {
			s.submit(searched)
		}
		fetch(b, "/api/v1/sweeps", true)
	})
	b.Run("overview-after-a-change", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			h.complete(h.one(), 0.5)
			b.StartTimer()
			if _, err := s.admin.Overview(b.Context(), sw.ID, 14); err != nil {
				b.Fatal(err)
			}
		}
	})
}
