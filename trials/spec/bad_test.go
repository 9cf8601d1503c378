package spec_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/sweepd/sweepd/trials/spec"
)

var update = flag.Bool("update", false, "write what is said now into testdata/bad.txt")

// answer is all that the parser has to say about a file.
func answer(source string) string {
	_, warnings, err := spec.Parse([]byte(source), spec.Options{})
	var b strings.Builder
	if err != nil {
		b.WriteString(err.Error() + "\n")
	}
	for _, w := range warnings {
		b.WriteString("warning: " + w.String() + "\n")
	}
	return b.String()
}

// TestBadFiles holds every word that a person gets to read about a faulty file:
// testdata/bad.txt has each file after "-- name --" and the answer after ">>>".
func TestBadFiles(t *testing.T) {
	text := read(t, "testdata/bad.txt")
	var out strings.Builder
	parts := strings.Split("\n"+text, "\n-- ")
	if len(parts) < 41 {
		t.Errorf("%d files, want at least 40", len(parts)-1)
	}
	for _, part := range parts[1:] {
		name, rest, _ := strings.Cut(part, " --\n")
		source, want, _ := strings.Cut(rest, ">>>")
		want = strings.TrimPrefix(want, "\n")
		got := answer(source)
		out.WriteString("-- " + name + " --\n" + source + ">>>\n" + got)
		if strings.TrimSuffix(want, "\n") != strings.TrimSuffix(got, "\n") && !*update {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
		if got == "" {
			t.Errorf("%s: nothing is wrong with it", name)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/bad.txt", []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
