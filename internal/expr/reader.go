package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm/runtime"

	"github.com/sweepd/sweepd/internal/fault"
)

// Names of the two functions through which every read goes, so that a name
// without a value is ErrInactive instead of nil. A user cannot write them.
const (
	fnName   = "$name"
	fnMember = "$member"
)

// loops are the predicates of the language; they may not nest, since one
// inside another costs the square of a list.
var loops = []string{"all", "any", "none", "filter", "map", "count"}

// read is one place of the tree that reads a name or a path.
type read struct {
	path string
	open bool // more members may follow: it is a map, or a member of one
	bare *ast.IdentifierNode
}

// reader walks the tree once, bottom up: it checks names, turns reads into
// calls of fnName and fnMember, and remembers what is read.
type reader struct {
	source   string
	scope    Scope
	funcs    map[string]func(args ...any) (any, error)
	reads    map[ast.Node]read
	problems []fault.Problem
}

func newReader(src string, s Scope) *reader {
	r := &reader{
		source: src, scope: s, reads: map[ast.Node]read{},
		funcs: map[string]func(args ...any) (any, error){},
	}
	for name, fn := range builtins {
		r.funcs[name] = fn
	}
	for name, fn := range s.Funcs {
		r.funcs[name] = fn
	}
	return r
}

// Visit is called by the language for each node after its children.
func (r *reader) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		r.identifier(node, n)
	case *ast.MemberNode:
		r.member(node, n)
	case *ast.CallNode:
		r.call(n)
	case *ast.BuiltinNode:
		r.loop(n)
	case *ast.VariableDeclaratorNode:
		r.problem(n, "let is not part of expressions here", "write the value where it is used")
	case *ast.SequenceNode:
		r.problem(n, "an expression is one value", "remove the ;")
	case *ast.BinaryNode:
		if n.Operator == "matches" {
			r.problem(n, "matches is not part of expressions here", "use ==, in, contains, startsWith or endsWith")
		}
	}
}

func (r *reader) identifier(node *ast.Node, n *ast.IdentifierNode) {
	known := slices.Contains(r.scope.Names, n.Value)
	if !known {
		switch n.Value {
		case "True", "False":
			ast.Patch(node, &ast.BoolNode{Value: n.Value == "True"})
			return
		case "None", "null":
			ast.Patch(node, &ast.NilNode{})
			return
		}
	}
	call := named(n.Value)
	ast.Patch(node, call)
	r.reads[call] = read{path: n.Value, open: !known && slices.Contains(r.scope.Maps, n.Value), bare: n}
}

// named is the call that reads a name.
func named(name string) *ast.CallNode {
	return &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: fnName},
		Arguments: []ast.Node{&ast.IdentifierNode{Value: "$env"}, &ast.StringNode{Value: name}},
	}
}

// member reads one more step of a path. A path that spells a name with dots
// after its map, p.model.depth, reads that name.
func (r *reader) member(node *ast.Node, n *ast.MemberNode) {
	base, ok := r.reads[n.Node]
	if !ok || !base.open || n.Optional {
		return
	}
	delete(r.reads, n.Node)
	path, open := base.path, false
	if key, ok := n.Property.(*ast.StringNode); ok {
		path, open = base.path+"."+key.Value, true
	}
	call := &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: fnMember},
		Arguments: []ast.Node{n.Node, n.Property, &ast.StringNode{Value: base.path}},
	}
	if _, name, _ := strings.Cut(path, "."); strings.Contains(name, ".") && slices.Contains(r.scope.Names, name) {
		call = named(name)
	}
	ast.Patch(node, call)
	r.reads[call] = read{path: path, open: open}
}

// call gives a called name back its plain form and checks that it is a
// function.
func (r *reader) call(n *ast.CallNode) {
	callee, ok := r.reads[n.Callee]
	if !ok || callee.bare == nil {
		r.problem(n, "only functions can be called", r.hint("", r.functions()))
		return
	}
	delete(r.reads, n.Callee)
	n.Callee = callee.bare
	if r.funcs[callee.path] == nil {
		r.problem(callee.bare, fmt.Sprintf("unknown function %q", callee.path), r.hint(callee.path, r.functions()))
	}
}

func (r *reader) loop(n *ast.BuiltinNode) {
	if !slices.Contains(loops, n.Name) {
		r.problem(n, fmt.Sprintf("unknown function %q", n.Name), r.hint(n.Name, r.functions()))
		return
	}
	for _, arg := range n.Arguments {
		if p, ok := arg.(*ast.PredicateNode); ok && containsLoop(p.Node) {
			r.problem(n, fmt.Sprintf("%s holds another loop over a list", n.Name), "loops over lists cannot nest")
		}
	}
}

// containsLoop tells whether a predicate stands anywhere below n.
func containsLoop(n ast.Node) bool {
	found := false
	ast.Walk(&n, finder(func(n ast.Node) {
		if _, ok := n.(*ast.BuiltinNode); ok {
			found = true
		}
	}))
	return found
}

type finder func(ast.Node)

func (f finder) Visit(n *ast.Node) { f(*n) }

// check reports the names that are left once the tree is whole.
func (r *reader) check() {
	names := slices.Concat(r.scope.Names, r.scope.Maps)
	for _, rd := range r.reads {
		if rd.bare == nil || slices.Contains(names, rd.path) {
			continue
		}
		if r.funcs[rd.path] != nil {
			r.problem(rd.bare, fmt.Sprintf("%s is a function", rd.path), fmt.Sprintf("call it: %s(...)", rd.path))
			continue
		}
		r.problem(rd.bare, fmt.Sprintf("unknown name %q", rd.path), r.hint(rd.path, names))
	}
	slices.SortStableFunc(r.problems, func(a, b fault.Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}

func (r *reader) hint(word string, names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return fault.DidYouMean(word, slices.Compact(names))
}

func (r *reader) functions() []string {
	names := slices.Clone(loops)
	for name := range r.funcs {
		names = append(names, name)
	}
	return names
}

func (r *reader) problem(n ast.Node, message, hint string) {
	line, column, runes := 1, 1, 0
	for _, c := range r.source {
		if runes == n.Location().From {
			break
		}
		runes++
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	r.problems = append(r.problems, fault.Problem{Where: where(line, column), Message: message, Hint: hint, Line: line, Column: column})
}

func (r *reader) uses() []string {
	var out []string
	for _, rd := range r.reads {
		out = append(out, rd.path)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// readName is env[name]; ErrInactive when it is not there.
func readName(args ...any) (any, error) {
	v, ok := args[0].(map[string]any)[args[1].(string)]
	if !ok {
		return nil, ErrInactive
	}
	return v, nil
}

// readMember is base[key]; args[2] is the path of base, for people. A member
// that is not there is ErrInactive, a base that is null is an error.
func readMember(args ...any) (any, error) {
	base, key, path := args[0], args[1], args[2].(string)
	switch b := base.(type) {
	case nil:
		return nil, fmt.Errorf("%s is null here, it has no %v", path, key)
	case map[string]any:
		name, ok := key.(string)
		if !ok {
			return nil, fmt.Errorf("%s has names, not numbers: %v", path, key)
		}
		v, ok := b[name]
		if !ok {
			return nil, ErrInactive
		}
		return v, nil
	}
	return fetch(base, key, path)
}

// fetch reads a list by index or a struct by field; what panics in the
// language becomes an error that names the path.
func fetch(base, key any, path string) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %s", path, strings.TrimPrefix(fmt.Sprint(p), "reflect: "))
		}
	}()
	if f, ok := key.(float64); ok && f == float64(int(f)) {
		key = int(f)
	}
	return runtime.Fetch(base, key), nil
}
