package api_test

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/api/wire"
)

func TestTablesAreZippedForWhoTakesThem(t *testing.T) {
	s := open(t)
	sw := s.submit(pointsOf(200, ""))
	at := "/api/v1/sweeps/" + sw.ID
	for _, c := range []struct {
		path, accept string
		zipped       bool
	}{
		{at + "/trials", "gzip", true},
		{at + "/trials", "identity", false},
		{at + "/overview", "gzip", true},
		{at + "/changes", "gzip", true},
		{at + "/ensembles", "gzip", false}, // smaller than what zipping costs
		{"/api/v1/system", "gzip", false},
	} {
		res, body := s.ask("GET", c.path, "", "Accept-Encoding", c.accept)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != c.zipped || res.StatusCode != http.StatusOK {
			t.Errorf("%s for %s: %d, zipped %v", c.path, c.accept, res.StatusCode, got)
			continue
		}
		if !c.zipped {
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		var any map[string]any
		if err := json.NewDecoder(z).Decode(&any); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	// Errors of the same routes are problems, zipped or not.
	s.refused(404, "not_found", nil, "GET", "/api/v1/sweeps/s-none/trials", "", "Accept-Encoding", "gzip")
	if c, err := s.admin.Trials(t.Context(), sw.ID, wire.ListTrialsParams{}); err != nil || c.Rows != 200 { // the client asks for gzip by itself
		t.Errorf("%d rows, %v", c.Rows, err)
	}
}
