package mlflow_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/sweepd/sweepd/api/mlflow"
	"github.com/sweepd/sweepd/tracking"
	"github.com/sweepd/sweepd/tracking/trackingtest"
)

// sink takes batches and keeps none: what is measured is all that stands above a
// store.
type sink struct{ *trackingtest.Memory }

func (sink) LogBatch(context.Context, tracking.Author, string, tracking.Batch) error { return nil }

// BenchmarkLogBatch reads and checks a request of 1,000 points.
func BenchmarkLogBatch(b *testing.B) {
	api := tracking.Service{Store: sink{trackingtest.NewMemory()}, Now: time.Now, NewID: func() string { return "a" }}.As(tracking.Author{})
	e := echo.New()
	(&mlflow.Server{Choose: func(*http.Request) (tracking.API, error) { return api, nil }, Log: slog.New(slog.DiscardHandler)}).Register(e)
	var points []string
	for i := range 1000 {
		points = append(points, fmt.Sprintf(`{"key":"train/loss_%d","value":%v,"timestamp":1700000000%03d,"step":%d}`, i%10, float64(i)/7, i, i))
	}
	body := `{"run_id":"00000000000000000000000000000001","metrics":[` + strings.Join(points, ",") + `]}`
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/api/2.0/mlflow/runs/log-batch", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "points/s")
}
