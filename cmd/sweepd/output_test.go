package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEveryAnswerCanBeJSON(t *testing.T) {
	d := newDesk(t, "")
	for _, verb := range []string{"version", "migrate"} {
		out := d.says(t, exitOK, "", "-o", "json", verb)
		var got map[string]any
		if err := json.Unmarshal([]byte(out), &got); err != nil || !strings.Contains(out, version()) {
			t.Errorf("%s: %v in %q", verb, err, out)
		}
	}
}
