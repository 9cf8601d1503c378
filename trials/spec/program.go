package spec

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var pythonTarget = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*$`)

// argStyles are the ways of passing parameters, the default first.
var argStyles = []string{"equals", "space", "hydra", "flags", "none"}

// program reads what a trial runs and where.
func (b *builder) program(o object, s *Stage) {
	b.command(o, s)
	o.text("python", &s.Python)
	switch n := o.n.get("python"); {
	case s.Python != "" && !pythonTarget.MatchString(s.Python):
		b.fail(n.at, "for example train:main, the function main of train.py", "python is module:function, not %q", s.Python)
	case s.Python != "" && len(s.Command) > 0:
		b.fail(n.at, "keep one", "command and python both say what to run")
	case s.Python == "" && !o.n.has("command"):
		b.fail(o.n.at, "for example command: [python, train.py]", "stage %s has nothing to run", s.Name)
	}
	o.text("interpreter", &s.Interpreter)
	o.texts("warm", &s.Warm)
	o.oneOf("args", &s.Args, argStyles...)
	if s.Args == "" && s.Python == "" {
		s.Args = argStyles[0]
	}
	o.table("env", &s.Env)
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		if !identifier.MatchString(name) {
			b.fail(o.n.get("env").placeOf(name), "letters, digits and _", "%q cannot be the name of an environment variable", name)
		}
	}
	o.texts("data", &s.Data)
	b.workdir(o, s)
}

func (b *builder) command(o object, s *Stage) {
	n := o.n.get("command")
	switch {
	case n == nil || n.kind == nullKind:
	case n.kind == stringKind:
		words := strings.Fields(n.text)
		b.fail(n.at, "write ["+strings.Join(words, ", ")+"]", "command is a list of arguments, and no shell reads it")
	case n.kind != listKind || len(n.items) == 0:
		b.fail(n.at, "for example [python, train.py]", "command is a list of arguments, not %s", n.describe())
	default:
		for _, item := range n.items {
			if item.kind == listKind || item.kind == mapKind || item.kind == nullKind {
				b.fail(item.at, "quote it", "an argument is text, not %s", item.kind)
				return
			}
			s.Command = append(s.Command, item.text)
		}
	}
}

func (b *builder) workdir(o object, s *Stage) {
	s.Workdir.Path = b.o.Dir
	w := b.object(o.n.get("workdir"), "workdir", workdirKeys)
	w.bool("in_place", &s.Workdir.InPlace)
	if path := ""; w.has("path") {
		w.text("path", &path)
		if !filepath.IsAbs(path) && b.o.Dir != "" {
			path = filepath.Join(b.o.Dir, path)
		}
		s.Workdir.Path = path
	}
}
