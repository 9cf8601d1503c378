package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/trials/spec"
)

// fileFlags are the flags of every verb that reads a sweep file.
type fileFlags struct {
	File  string   `arg:"" help:"Sweep file, YAML or JSON."`
	Set   []string `help:"Change the file: budget.trials=5, early_stop=none." sep:"none"`
	Smoke bool     `help:"Only one short trial per search stage."`
}

// checkCmd is the verb check.
type checkCmd struct {
	fileFlags
}

// checked is what check says as JSON.
type checked struct {
	OK       bool           `json:"ok"`
	Spec     map[string]any `json:"spec,omitempty"` // resolved, every default filled in
	Warnings []spec.Warning `json:"warnings,omitempty"`
	Problems []any          `json:"problems,omitempty"`
}

// Run reads the file. It needs no server; exit code 5 says that it has faults.
func (c *checkCmd) Run(e *env) error {
	sub, s, warnings, err := submission(c.File, c.Set, c.Smoke)
	if err != nil {
		return c.faulty(e, err, warnings)
	}
	warnings = append(warnings, programs(s, sub.Workdir)...)
	echo, err := s.Echo()
	if err != nil {
		return err
	}
	return e.print(checked{OK: true, Spec: echo, Warnings: warnings}, func(w io.Writer) {
		warn(e.err, warnings)
		fmt.Fprintf(w, "%s is good: %s\n", c.File, summary(s))
	})
}

// faulty tells the faults; as JSON they are the answer itself.
func (c *checkCmd) faulty(e *env, err error, warnings []spec.Warning) error {
	f := fault.Of(err)
	if e.Output != "json" || f == nil {
		warn(e.err, warnings)
		return err
	}
	out := checked{Warnings: warnings}
	for _, p := range f.Problems {
		out.Problems = append(out.Problems, p)
	}
	if len(out.Problems) == 0 {
		out.Problems = append(out.Problems, fault.Problem{Where: f.Where, Message: f.Message, Hint: f.Hint})
	}
	if err := e.print(out, nil); err != nil {
		return err
	}
	return exit(codeOf(f.Kind))
}

func warn(w io.Writer, warnings []spec.Warning) {
	for _, x := range warnings {
		fmt.Fprintln(w, "warning:", x)
	}
}

// summary is a spec in a few words.
func summary(s *spec.Spec) string {
	var names []string
	for _, st := range s.Stages {
		names = append(names, st.Name)
	}
	trials := "trials until the time is over"
	if s.Budget.Trials > 0 {
		trials = "at most " + count(s.Budget.Trials, "trial")
	}
	return fmt.Sprintf("sweep %s, %s (%s), %s", s.Name, count(len(names), "stage"), strings.Join(names, ", "), trials)
}

// programs looks for the programs and scripts that the stages run: workers may
// have what this machine lacks, so that it only warns.
func programs(s *spec.Spec, dir string) []spec.Warning {
	var out []spec.Warning
	seen := map[string]bool{}
	for _, st := range s.Stages {
		for i, arg := range st.Command {
			if seen[arg] || strings.Contains(arg, "$") {
				continue
			}
			seen[arg] = true
			switch {
			case i == 0 && !runs(arg, dir):
				out = append(out, spec.Warning{Message: fmt.Sprintf("stage %s runs %s, which is not on this machine", st.Name, arg), Hint: "workers must have it"})
			case i > 0 && strings.HasSuffix(arg, ".py") && !strings.HasPrefix(arg, "-"):
				if _, err := os.Stat(beside(dir, arg)); err != nil {
					out = append(out, spec.Warning{Message: fmt.Sprintf("stage %s runs %s, which is not in %s", st.Name, arg, dir), Hint: "paths are relative to the sweep file"})
				}
			}
		}
	}
	return out
}

// runs tells whether a program can be found; python may be python3.
func runs(name, dir string) bool {
	if strings.Contains(name, "/") {
		name = beside(dir, name)
	}
	if _, err := exec.LookPath(name); err == nil {
		return true
	}
	if filepath.Base(name) != "python" {
		return false
	}
	_, err := exec.LookPath("python3")
	return err == nil
}
