package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/trials/spec"
)

// previewCmd is the verb preview.
type previewCmd struct {
	fileFlags
}

// Run looks ahead. It needs no server.
func (c *previewCmd) Run(e *env) error {
	_, s, warnings, err := submission(c.File, c.Set, c.Smoke)
	warn(e.err, warnings)
	if err != nil {
		return err
	}
	p, err := spec.NewPreview(s)
	if err != nil {
		return err
	}
	return e.print(p, func(w io.Writer) {
		fmt.Fprintln(w, summary(s))
		if unseeded(s) {
			fmt.Fprintln(w, "There is no sampler.seed: one is drawn at submission, and the points will be others.")
		}
		for i := range p.Stages {
			previewed(w, p.Stages[i])
		}
	})
}

// unseeded tells whether points depend on a seed that is drawn later; a file is
// read here with 0 in its place.
func unseeded(s *spec.Spec) bool {
	return slices.ContainsFunc(s.Stages, func(st spec.Stage) bool {
		return st.Space != nil && st.Sampler.Seed == 0 && st.Sampler.Algorithm != "grid"
	})
}

// previewed writes one stage.
func previewed(w io.Writer, st spec.StagePreview) {
	fmt.Fprintf(w, "\n%s", st.Name)
	var facts []string
	if len(st.After) > 0 {
		facts = append(facts, "after "+strings.Join(st.After, ", "))
	}
	if st.Trials > 0 {
		facts = append(facts, "at most "+count(st.Trials, "trial"))
	}
	if st.Size > 0 {
		facts = append(facts, fmt.Sprintf("%.0f points in the space", st.Size))
	}
	if st.Feasible > 0 && st.Feasible < 1 {
		facts = append(facts, fmt.Sprintf("%.2g %% of it satisfies the constraints", 100*st.Feasible))
	}
	if len(st.Rungs) > 0 {
		var rungs []string
		for _, r := range st.Rungs {
			rungs = append(rungs, fmt.Sprintf("%g", r))
		}
		facts = append(facts, "may stop trials at "+strings.Join(rungs, ", "))
	}
	if len(facts) > 0 {
		fmt.Fprintf(w, ": %s", strings.Join(facts, "; "))
	}
	fmt.Fprintln(w)
	if st.Note != "" {
		fmt.Fprintf(w, "  %s\n", st.Note)
	}
	for i, p := range st.Points {
		fmt.Fprintf(w, "  %d  %s\n", i+1, params(p))
	}
	for _, argv := range st.Argv {
		fmt.Fprintf(w, "  $ %s\n", shell(argv))
	}
}

// shell is an argument list as a person could paste it into a shell.
func shell(argv []string) string {
	out := make([]string, len(argv))
	for i, a := range argv {
		out[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$`*?[]{}()<>|&;#~!") {
			out[i] = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
	}
	return strings.Join(out, " ")
}
