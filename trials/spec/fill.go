package spec

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/search"
)

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
			return "", false, fmt.Errorf("${env.%s} is not in the stage's env", key)
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
