package spec_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials/spec"
)

// Files that mean harm, or are broken beyond recognition, are refused, and soon.
func TestHostileFiles(t *testing.T) {
	var laughs strings.Builder
	laughs.WriteString("command: [p]\npoints:\n  - &a0 {x: 1, y: 2}\n")
	for i := 1; i < 30; i++ {
		fmt.Fprintf(&laughs, "  - &a%d {l: *a%d, r: *a%d}\n", i, i-1, i-1)
	}
	var keys strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&keys, "    k%d: {a: 1}\n", i)
	}
	many := "base: &b\n" + keys.String() + "env:\n    <<: *b\n" + keys.String() + "stages:\n  - name: a\n    env:\n    " + strings.ReplaceAll(keys.String(), "\n", "\n    ") + "\n"
	for name, source := range map[string]string{
		"many keys":          many,
		"aliases of aliases": laughs.String(),
		"deep lists":         "a: " + strings.Repeat("[", 50_000),
		"deep maps":          strings.Repeat("{a: ", 200) + "1" + strings.Repeat("}", 200),
		"deep JSON":          strings.Repeat(`{"a":`, 5_000) + "1" + strings.Repeat("}", 5_000),
		"one long line":      "command: [p]\nname: " + strings.Repeat("x", 1<<20),
		"an empty list":      "[]",
		"not UTF-8":          "command: [\xff\xfe]",
		"a NUL":              "command: [p, \"a\x00b\"]",
		"a merge of itself":  "a: &a {<<: *a}",
		"huge numbers":       "command: [p]\nobjective: {metric: l}\nbudget: {trials: 99999999999999999999, parallel: 1e300}\nspace: {a: {int: [-1e300, 1e300]}}",
		"a huge grid":        "command: [p]\nobjective: {metric: l}\nsampler: grid\nspace: {a: {int: [1, 1000000]}, b: {int: [1, 1000000]}}",
	} {
		start := time.Now()
		_, _, err := spec.Parse([]byte(source), spec.Options{})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		} else if len(err.Error()) > 20_000 {
			t.Errorf("%s: an answer of %d characters", name, len(err.Error()))
		}
	}
}
