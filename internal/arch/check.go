// Package arch holds the house together: the table of who may import whom, and
// the check that reads every import of the tree. It knows the names of the rooms
// and nothing of what happens in them.
package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Check reads every Go file below root, the folder of the module's go.mod, and
// gives one line per broken rule, sorted: "store/rows.go:9: store may not import
// api: adapters do not know each other". Modules of their own, hidden folders,
// testdata and node_modules are left out. O(source text); nothing is built.
func Check(root string) ([]string, error) {
	c := checker{root: root, files: token.NewFileSet(), seen: map[string]bool{}}
	if err := filepath.WalkDir(root, c.visit); err != nil {
		return nil, err
	}
	slices.Sort(c.broken)
	return c.broken, nil
}

type checker struct {
	root   string
	files  *token.FileSet
	seen   map[string]bool // packages in no row, said once each
	broken []string
}

func (c *checker) visit(file string, d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(c.root, file)
	if err != nil {
		return err
	}
	rel = filepath.ToSlash(rel)
	if d.IsDir() {
		if rel != "." && foreign(file, d.Name()) {
			return filepath.SkipDir
		}
		return nil
	}
	if strings.HasSuffix(rel, ".go") {
		return c.file(rel, file)
	}
	return nil
}

// foreign tells whether a folder is no part of this module.
func foreign(dir, name string) bool {
	if name[0] == '.' || name[0] == '_' || name == "testdata" || name == "node_modules" {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// file judges one source file. rel is its path from the root, with slashes.
func (c *checker) file(rel, name string) error {
	pkg := path.Dir(rel)
	here, known := rooms[pkg]
	if !known {
		if !c.seen[pkg] {
			c.seen[pkg] = true
			c.broken = append(c.broken, fmt.Sprintf("%s: package %s is in no row of internal/arch/table.go: give it one", rel, pkg))
		}
		return nil
	}
	f, err := parser.ParseFile(c.files, name, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	test := here.test || strings.HasSuffix(rel, "_test.go")
	local := map[string]string{} // the name a package has in this file -> its path
	for _, spec := range f.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		local[localName(spec, target)] = target
		if why := judge(pkg, here, target, test); why != "" {
			c.say(rel, spec.Pos(), fmt.Sprintf("%s may not import %s: %s", pkg, strings.TrimPrefix(target, Module+"/"), why))
		}
	}
	if !test {
		c.calls(rel, pkg, f, local)
	}
	return nil
}

// judge says why a package may not import a path, "" when it may.
func judge(pkg string, here room, target string, test bool) string {
	own, ok := strings.CutPrefix(target, Module+"/")
	if !ok {
		return outside(pkg, target, test)
	}
	there, known := rooms[own]
	switch {
	case own == pkg: // a test in package x_test
		return ""
	case !known:
		return "it is in no row of internal/arch/table.go"
	case there.test && !test:
		return "it is a helper of tests"
	case here.only != nil && !slices.Contains(here.only, own):
		return "it sees the house from outside"
	case here.only != nil:
		return ""
	case test && own != "cmd/sweepd" && there.level <= 5:
		return "" // what tests use is not shipped: rather the real part than a stand-in
	case slices.Contains(here.blind, own):
		return "it must be able to exist without it"
	case own == fault, slices.Contains(here.also, own), strings.HasPrefix(own, pkg+"/"), there.level < here.level:
		return ""
	case strings.HasPrefix(pkg, own+"/"):
		return "a part does not know its parent"
	case there.level > here.level:
		return fmt.Sprintf("it points up, from level %d to %d", here.level, there.level)
	case here.level == 5:
		return "adapters do not know each other"
	}
	return fmt.Sprintf("both are on level %d", here.level)
}

// outside judges an import from the standard library or another module.
func outside(pkg, target string, test bool) string {
	for prefix, who := range owners {
		if strings.HasPrefix(target, prefix) && !slices.ContainsFunc(who, func(room string) bool { return within(pkg, room) }) {
			slices.Sort(who)
			return "only " + strings.Join(who, ", ") + " may"
		}
	}
	if test {
		return ""
	}
	for _, hidden := range unseen[pkg] {
		if target == hidden || strings.HasSuffix(hidden, "/") && strings.HasPrefix(target, hidden) {
			return "mathematics and policy have no clock, no file, no network"
		}
	}
	return ""
}

// calls judges the functions that a file names.
func (c *checker) calls(rel, pkg string, f *ast.File, local map[string]string) {
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		base, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		for _, w := range words {
			if local[base.Name] == w.pkg && w.forbids(pkg, sel.Sel.Name) {
				c.say(rel, sel.Pos(), fmt.Sprintf("%s may not use %s.%s: %s", pkg, base.Name, sel.Sel.Name, w.why))
			}
		}
		return true
	})
}

func (w word) forbids(pkg, name string) bool {
	if len(w.in) > 0 && !slices.ContainsFunc(w.in, func(room string) bool { return within(pkg, room) }) || slices.Contains(w.out, pkg) {
		return false
	}
	if len(w.names) > 0 {
		return slices.Contains(w.names, name)
	}
	return !slices.Contains(w.but, name)
}

func (c *checker) say(rel string, pos token.Pos, what string) {
	c.broken = append(c.broken, fmt.Sprintf("%s:%d: %s", rel, c.files.Position(pos).Line, what))
}

// within tells whether pkg is the room or a part of it.
func within(pkg, room string) bool { return pkg == room || strings.HasPrefix(pkg, room+"/") }

// localName is the name by which a file calls an import: its own, or the last
// element of the path that is no version.
func localName(spec *ast.ImportSpec, target string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	base := path.Base(target)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(target))
	}
	return base
}
