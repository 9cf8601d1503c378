package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/internal/fault"
)

// checkCommand checks every placeholder of the command and of env.
func (b *builder) checkCommand(s *Stage, part *part, passed map[string]bool, names []string) {
	holes, passes := 0, false
	items := part.n.get("command")
	for i, arg := range s.Command {
		for _, e := range b.placeholders(s, items.items[i], arg, passed, names) {
			holes++
			_, param := passed[e]
			passes = passes || param || strings.HasPrefix(e, "args")
		}
	}
	env := part.n.get("env")
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		b.placeholders(s, env.get(name), s.Env[name], passed, names)
	}
	if holes > 0 && !passes && s.Args != "none" && len(names) > 0 {
		b.warn(items.at, "add ${args} to pass them all, or args: none if the script reads SWEEPD_PARAMS", "the command has placeholders, and none passes a parameter")
	}
}

// placeholders checks those of one text and gives their names.
func (b *builder) placeholders(s *Stage, n *node, text string, passed map[string]bool, names []string) []string {
	parts, err := expr.Interpolate(text)
	if err != nil {
		f := fault.Of(err)
		_, what, _ := strings.Cut(f.Message, ": ")
		b.fail(n.at, f.Hint, "%q: %s", text, what)
		return nil
	}
	var out []string
	for _, q := range parts {
		if q.Expr == "" {
			continue
		}
		name := strings.TrimSpace(q.Expr)
		out = append(out, name)
		at := n.within(1, q.Offset+1)
		if _, ok := passed[name]; !ok {
			b.placeholder(s, at, name, len(parts) == 1, names)
		}
	}
	return out
}

// placeholder checks a name that is no parameter.
func (b *builder) placeholder(s *Stage, at place, name string, alone bool, names []string) {
	head, rest, dotted := strings.Cut(name, ".")
	switch {
	case slices.Contains(trialWords, name):
	case slices.Contains(macros, name):
		if !alone && strings.HasPrefix(name, "args") && name != "args_json" {
			b.fail(at, "make it an argument of its own", "${%s} stands for several arguments", name)
		}
	case name == "program":
		b.fail(at, "write the name of the script", "${program} is not known here")
	case slices.Contains([]string{"args_no_boolean_flags", "args_json_file", "args_append_hydra", "args_override_hydra"}, name):
		b.fail(at, "use ${args} with args: flags or args: hydra", "${%s} is not supported yet", name)
	case dotted && head == "env":
		if _, ok := s.Env[rest]; !ok {
			b.fail(at, fmt.Sprintf("add env: {%s: ...}", rest), "${%s}: env: has no %s", name, rest)
		}
	case dotted && head == "each":
		if s.ForEach == nil {
			b.fail(at, "", "${%s}: the stage has no for_each", name)
		} else if s.ForEach.Name != rest {
			b.fail(at, "did you mean each."+s.ForEach.Name+"?", "${%s}: the loop of the stage is %s", name, s.ForEach.Name)
		}
	case dotted && (head == "stages" || head == "params"):
		b.later(at, "${"+name+"}")
	case dotted && (head == "trial" || head == "checkpoint"):
		b.fail(at, fault.DidYouMean(name, trialWords), "${%s} is not known", name)
	default:
		hint := nearest(name, names)
		if hint == "" || strings.HasPrefix(hint, "one of") {
			if near := fault.Nearest(name, slices.Concat(trialWords, macros)); near != "" {
				hint = "did you mean " + near + "?"
			}
		}
		b.fail(at, hint, "${%s} is not a parameter", name)
	}
}
