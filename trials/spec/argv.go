package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
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

// filler fills the placeholders of one trial.
type filler struct {
	stage *Stage
	point search.Point
	vars  TrialVars
	names []string // of the point, in order
	out   []string
}

// add appends finished arguments.
func (f *filler) add(args ...string) {
	for _, a := range args {
		f.out = append(f.out, f.escape(a))
	}
}

func (f *filler) escape(s string) string {
	if f.vars.Dir == "" {
		return strings.ReplaceAll(s, "$", "$$")
	}
	return s
}

// argument fills one argument of the command.
func (f *filler) argument(parts []expr.Part) error {
	if len(parts) == 1 && strings.HasPrefix(parts[0].Expr, "args") {
		switch parts[0].Expr {
		case "args":
			f.add(f.style(f.stage.Args)...)
			return nil
		case "args_no_hyphens":
			f.add(f.style("plain")...)
			return nil
		case "args_no_equals":
			f.add(f.style("space")...)
			return nil
		}
	}
	var b strings.Builder
	for _, q := range parts {
		if q.Expr == "" {
			b.WriteString(f.escape(q.Text))
			continue
		}
		text, active, err := f.value(strings.TrimSpace(q.Expr))
		if err != nil {
			return err
		}
		if !active {
			f.leaveOut(len(parts) == 1)
			return nil
		}
		b.WriteString(text)
	}
	f.out = append(f.out, b.String())
	return nil
}

// leaveOut drops an argument whose parameter is not there; one that stands
// alone takes the flag before it along.
func (f *filler) leaveOut(alone bool) {
	if !alone || len(f.out) == 0 {
		return
	}
	if last := f.out[len(f.out)-1]; strings.HasPrefix(last, "-") && !strings.Contains(last, "=") && len(last) > 1 && last != "--" {
		f.out = f.out[:len(f.out)-1]
	}
}

// value is what a placeholder stands for; active is false for a parameter that
// the trial does not have.
func (f *filler) value(name string) (text string, active bool, err error) {
	if v, ok := f.point[name]; ok {
		return f.escape(formatValue(v)), v != nil, nil
	}
	switch name {
	case "trial.id":
		return f.escape(f.vars.ID), true, nil
	case "trial.number":
		return strconv.Itoa(f.vars.Number), true, nil
	case "trial.seed":
		return strconv.FormatUint(f.vars.Seed, 10), true, nil
	case "trial.dir", "checkpoint.dir":
		if f.vars.Dir == "" {
			return "${" + name + "}", true, nil
		}
		if name == "trial.dir" {
			return f.vars.Dir, true, nil
		}
		return f.vars.CheckpointDir, true, nil
	case "interpreter":
		return f.escape(f.interpreter()), true, nil
	case "env":
		return "/usr/bin/env", true, nil
	case "args", "args_no_hyphens", "args_no_equals":
		return "", false, fmt.Errorf("${%s} stands for several arguments and must be an argument of its own", name)
	case "args_json":
		text, err := paramsJSON(f.names, f.point)
		return f.escape(text), true, err
	}
	if key, ok := strings.CutPrefix(name, "env."); ok {
		v, ok := f.vars.Env[key]
		if !ok {
			v, ok = f.stage.Env[key]
		}
		if !ok {
			return "", false, fmt.Errorf("${env.%s} is not in env:", key)
		}
		return f.escape(v), true, nil
	}
	if key, ok := strings.CutPrefix(name, "each."); ok {
		v, ok := f.vars.Each[key]
		if !ok {
			return "", false, fmt.Errorf("${each.%s} is not a loop of this stage", key)
		}
		return f.escape(formatValue(v)), v != nil, nil
	}
	return "", false, nil // a parameter that is not active here; Parse knows the names
}

func (f *filler) interpreter() string {
	for _, s := range []string{f.vars.Interpreter, f.stage.Interpreter} {
		if s != "" {
			return s
		}
	}
	return "python"
}

// style writes every parameter in one of the styles of args:, or as plain
// name=value.
func (f *filler) style(style string) []string {
	var out []string
	for _, name := range f.names {
		v := f.point[name]
		if v == nil {
			continue
		}
		text := formatValue(v)
		switch style {
		case "none":
		case "plain":
			out = append(out, name+"="+text)
		case "hydra":
			out = append(out, name+"="+hydraValue(v))
		case "space":
			out = append(out, "--"+name, text)
		case "flags":
			if on, ok := v.(bool); ok {
				if on {
					out = append(out, "--"+name)
				}
				continue
			}
			out = append(out, "--"+name+"="+text)
		default:
			out = append(out, "--"+name+"="+text)
		}
	}
	return out
}

// formatValue is a value as an argument: the shortest text of a number that
// reads back the same, whole numbers without exponent.
func formatValue(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case int:
		return strconv.Itoa(x)
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return strconv.FormatInt(int64(x), 10)
		}
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

var hydraPlain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+-]+$`)

// hydraValue quotes a text that Hydra's grammar of overrides would read as
// something else.
func hydraValue(v any) string {
	s, ok := v.(string)
	if !ok || hydraPlain.MatchString(s) {
		return formatValue(v)
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// paramsJSON is the parameters as one object; dotted names nest.
func paramsJSON(names []string, p search.Point) (string, error) {
	text, err := json.Marshal(Nested(p))
	return string(text), err
}

// Nested is a point as people's configuration files have it: a dotted name is
// a map inside a map. A name that is both a value and a map keeps its dots.
func Nested(p search.Point) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		at, rest := out, name
		for {
			head, tail, dotted := strings.Cut(rest, ".")
			if !dotted || head == "" || tail == "" {
				break
			}
			inner, ok := at[head].(map[string]any)
			if _, taken := at[head]; taken && !ok {
				break
			}
			if !ok {
				inner = map[string]any{}
				at[head] = inner
			}
			at, rest = inner, tail
		}
		at[rest] = p[name]
	}
	return out
}

// ExpandPaths finishes what Argv and Environ left to the worker: ${trial.dir}
// is dir, ${checkpoint.dir} is checkpoint, $$ is a dollar sign. It is called
// once, on what was made with an empty TrialVars.Dir, and on nothing else.
func ExpandPaths(argv []string, dir, checkpoint string) []string {
	if argv == nil {
		return nil
	}
	out := make([]string, len(argv))
	for i, a := range argv {
		out[i] = ExpandPath(a, dir, checkpoint)
	}
	return out
}

// ExpandPath is ExpandPaths of one text: a value of the environment.
func ExpandPath(s, dir, checkpoint string) string {
	return strings.NewReplacer("$$", "$", "${trial.dir}", dir, "${checkpoint.dir}", checkpoint).Replace(s)
}
