package pyjson_test

import (
	"testing"

	"github.com/sweepd/sweepd/internal/pyjson"
)

func TestNumbersThatAreNone(t *testing.T) {
	for _, c := range []struct{ text, quoted, null string }{
		{`{"a": NaN}`, `{"a": "NaN"}`, `{"a": null}`},
		{`[Infinity,1, -Infinity ]`, `["Infinity",1, "-Infinity" ]`, `[null,1, null ]`},
		{`{"NaN": "a: NaN"}`, `{"NaN": "a: NaN"}`, `{"NaN": "a: NaN"}`},
		{`{"a": 1}`, `{"a": 1}`, `{"a": 1}`},
	} {
		if got := string(pyjson.Quoted([]byte(c.text))); got != c.quoted {
			t.Errorf("%s became %s, want %s", c.text, got, c.quoted)
		}
		if got := string(pyjson.Null([]byte(c.text))); got != c.null {
			t.Errorf("%s became %s, want %s", c.text, got, c.null)
		}
	}
}
