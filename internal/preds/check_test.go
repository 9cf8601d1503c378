package preds_test

import (
	"strings"
	"testing"

	"github.com/sweepd/sweepd/internal/preds"
)

func TestCheckProbabilities(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"good", "a,b\n0.5,0.5\n0.1,0.9\n", ""},
		{"what half precision leaves", "a,b\n0.5,0.4976\n", ""},
		{"one column", "a\n0\n1\n", ""},
		{"logits", "id,a,b\nu,2,-1\nv,-3,4\n", `4 values are no probabilities: 2 in row 0 (id "u"), column 0, -1 in row 0 (id "u"), column 1, -3 in row 1 (id "v"), column 0 and 1 more`},
		{"sigmoids", "a,b\n0.9,0.9\n0.5,0.5\n0.2,0.1\n", "2 of 3 rows do not sum to one: row 0 sums to 1.8, row 2 sums to 0.3"},
		{"one column beyond one", "a\n1.5\n", "1.5 in row 0, column 0"},
	} {
		s, err := csv("val.csv", c.text)
		if err != nil {
			t.Fatal(err)
		}
		switch err := s.CheckProbabilities(); {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v; want it to say %q", c.name, err, c.want)
		}
	}
}

func TestDigestIsOfTheSet(t *testing.T) {
	digest := func(ids ...string) string { return (&preds.Set{IDs: ids}).IDsDigest() }
	if digest("a", "b", "c") != digest("c", "a", "b") {
		t.Error("the order of ids changed the digest")
	}
	for _, other := range [][]string{{"a", "b"}, {"ab", "c"}, {"a", "b", "d"}, {}} {
		if digest(other...) == digest("a", "b", "c") {
			t.Errorf("%v has the digest of a, b, c", other)
		}
	}
	if (&preds.Targets{IDs: []string{"x"}}).IDsDigest() != digest("x") {
		t.Error("targets and predictions name the same ids differently")
	}
}
