package api_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestASweepAsText(t *testing.T) {
	s := open(t)
	sw := tenDone(s)
	res, body := s.ask("GET", "/s/"+sw.ID+".txt", "")
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	lines := strings.Split(body, "\n")
	if !strings.HasPrefix(lines[0], "points  "+sw.ID) || !strings.HasPrefix(lines[1], "Best 0.1000 loss, trial 8. ") {
		t.Errorf("it begins %q, %q", lines[0], lines[1])
	}
	if !strings.Contains(lines[2], "1 failed") || strings.Fields(lines[4])[0] != "number" || strings.Fields(lines[5])[0] != "8" {
		t.Errorf("got\n%s", body)
	}
	if !strings.Contains(body, "stage points: open, 10 trials") {
		t.Errorf("got\n%s", body)
	}
	if res, body := s.ask("GET", "/s/s-nothere.txt", ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}
