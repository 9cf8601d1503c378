package api_test

import (
	"strings"
	"testing"
)

// What anybody can invent must not become a series of its own.
func TestInventedMethodsShareOneSeries(t *testing.T) {
	s := open(t)
	for _, method := range []string{"BREW", "WHEN"} {
		s.ask(method, "/api/v1/sweeps", "", "Authorization", "")
	}
	_, body := s.ask("GET", "/metrics", "")
	if strings.Contains(body, "BREW") || strings.Contains(body, "WHEN") || !strings.Contains(body, `method="other"`) {
		t.Errorf("metrics: %.2000s", body)
	}
}
