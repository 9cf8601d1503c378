package spec

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// passable is a name that can be passed to a trial.
var passable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)

// TrialVars are what placeholders stand for, beside parameters.
type TrialVars struct {
	ID            string
	Number        int
	Dir           string // "" when only the worker will know it: see ExpandPaths
	CheckpointDir string // likewise
	Seed          uint64
	Env           map[string]string // over the stage's own env
	Each          map[string]any
	Interpreter   string // "" is the stage's, else python
}

// Placeholders of a command, beside the names of parameters.
var (
	trialWords = []string{"trial.id", "trial.number", "trial.dir", "trial.seed", "checkpoint.dir"}
	macros     = []string{"args", "args_no_hyphens", "args_no_equals", "args_json", "interpreter", "env"}
)

// Argv is the argument list of a trial at p; nil for a python: stage. A
// placeholder ${name} becomes the value; a command without any gets
// --name=value for each parameter, or what args: says. An argument with a
// parameter that p does not hold, or holds as nil, is left out, and with it a
// flag of its own before it ("-C", "${C}").
//
// With v.Dir empty the result is in intermediate form: each dollar sign is
// doubled, and ${trial.dir} and ${checkpoint.dir} stand. ExpandPaths finishes
// it, and must be called exactly once.
func (s *Stage) Argv(p search.Point, v TrialVars) ([]string, error) {
	if len(s.Command) == 0 {
		return nil, nil
	}
	f := filler{stage: s, point: p, vars: v, names: s.order(p)}
	holes := false
	for i, arg := range s.Command {
		parts, err := expr.Interpolate(arg)
		if err != nil {
			return nil, fault.Invalidf("command[%d] of stage %s: %s", i, s.Name, err)
		}
		holes = holes || slices.ContainsFunc(parts, func(q expr.Part) bool { return q.Expr != "" })
		if err := f.argument(parts); err != nil {
			return nil, fault.Invalidf("command[%d] of stage %s: %s", i, s.Name, err)
		}
	}
	if !holes {
		f.add(f.style(s.Args)...)
	}
	return f.out, nil
}

// Environ is the stage's env with its placeholders filled, in the form that
// Argv gives: with v.Dir empty the values are for ExpandPath.
func (s *Stage) Environ(p search.Point, v TrialVars) (map[string]string, error) {
	if len(s.Env) == 0 {
		return nil, nil
	}
	out := make(map[string]string, len(s.Env))
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		parts, err := expr.Interpolate(s.Env[name])
		f := filler{stage: s, point: p, vars: v, names: s.order(p)}
		if err == nil {
			err = f.argument(parts)
		}
		if err != nil {
			return nil, fault.Invalidf("env.%s of stage %s: %s", name, s.Name, err)
		}
		if len(f.out) > 0 {
			out[name] = strings.Join(f.out, " ")
		}
	}
	return out, nil
}

// order is the names of a point as the file has them; without a space sorted.
func (s *Stage) order(p search.Point) []string {
	names := make([]string, 0, len(p))
	for _, d := range []*search.Definition{s.Space, s.overrides()} {
		if d == nil {
			continue
		}
		for _, q := range d.Params {
			pass := q.Pass
			if pass == "" {
				pass = q.Name
			}
			if _, ok := p[pass]; ok && !slices.Contains(names, pass) {
				names = append(names, pass)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func (s *Stage) overrides() *search.Definition {
	if s.Narrow == nil {
		return nil
	}
	return s.Narrow.Override
}
