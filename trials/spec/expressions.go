package spec

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/expr"
	"github.com/sweepd/sweepd/internal/fault"
)

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// stageMembers are what an expression may read of a stage.
var (
	stageMembers      = []string{"best", "trials", "output", "done", "failed"}
	stageMembersLater = []string{"files"}
)

// stageScope is what expressions between stages may read.
func stageScope() expr.Scope {
	elsewhere := func(...any) (any, error) { return nil, errors.New("known when the stage opens") }
	return expr.Scope{
		Maps:  []string{"stages"},
		Funcs: map[string]func(...any) (any, error){"best": elsewhere, "top_values": elsewhere},
	}
}

// trialScope is what expressions about one trial may read.
func trialScope(names []string) expr.Scope {
	return expr.Scope{Names: names, Maps: []string{"p"}}
}

// expression checks an expression and remembers the stages that it names. It
// gives false when it is none.
func (b *builder) expression(n *node, what string, part *part, scope expr.Scope) bool {
	switch {
	case n.torn():
		b.tornAt(n)
		return false
	case n.kind == listKind || n.kind == mapKind:
		b.fail(n.at, "quote it: \"...\"", "%s is an expression, not %s", what, n.describe())
		return false
	}
	prog, err := expr.Compile(n.text, scope)
	if err != nil {
		b.badExpression(n, err)
		return false
	}
	for _, use := range prog.Uses() {
		b.use(n, use, part, scope)
	}
	if part != nil {
		b.topValues(n, part)
	}
	return true
}

// badExpression gives the problems of an expression their place in the file.
func (p *parser) badExpression(n *node, err error) {
	f := fault.Of(err)
	if f == nil || len(f.Problems) == 0 {
		p.fail(n.at, "", "%s", err)
		return
	}
	for _, q := range f.Problems {
		p.fail(n.within(q.Line, q.Column), q.Hint, "%s", plainer(q.Message))
	}
}

// plainer says in our words what the language of expressions says in its own.
func plainer(message string) string {
	if strings.HasPrefix(message, "unexpected token EOF") {
		return "the expression ends where a value is missing"
	}
	if what, ok := strings.CutPrefix(message, "invalid operation: "); ok {
		return "cannot work out " + what
	}
	if what, ok := strings.CutPrefix(message, "unexpected token "); ok {
		return "the expression cannot have " + what + " here"
	}
	return message
}

// within is the place of a character of a scalar's text, as near as it is known.
func (n *node) within(line, column int) place {
	at := n.at
	if line > 1 || at.column == 0 || column < 1 || strings.Contains(n.text, "\n") {
		return at
	}
	at.column += column - 1
	if !n.plain {
		at.column++
	}
	return at
}

// use checks one name that an expression reads.
func (b *builder) use(n *node, use string, part *part, scope expr.Scope) {
	head, rest, _ := strings.Cut(use, ".")
	switch head {
	case "stages":
		if rest == "" || part == nil {
			b.fail(n.at, "write stages.NAME", "stages alone says nothing here")
			return
		}
		name, member, _ := strings.Cut(rest, ".")
		member, _, _ = strings.Cut(member, ".")
		part.refs = append(part.refs, ref{stage: name, at: n.at, waits: true, what: fmt.Sprintf("%q", n.text)})
		switch {
		case member == "" || slices.Contains(stageMembers, member):
		case slices.Contains(stageMembersLater, member):
			b.later(n.at, "stages."+name+"."+member)
		default:
			b.fail(n.at, fault.DidYouMean(member, stageMembers), "a stage has no %s", member)
		}
	case "p":
		if !slices.Contains(scope.Names, "p") && !slices.Contains(scope.Names, rest) {
			b.fail(n.at, fault.DidYouMean(rest, scope.Names), "%q reads the parameter %q, which there is not", n.text, rest)
		}
	}
}

var topValues = regexp.MustCompile(`top_values\(\s*stages\.(\w+)\s*,\s*['"]([^'"]+)['"]`)

// topValues remembers which parameter of which stage top_values asks for.
func (b *builder) topValues(n *node, part *part) {
	for _, m := range topValues.FindAllStringSubmatch(n.text, -1) {
		part.refs = append(part.refs, ref{stage: m[1], at: n.at, waits: true, search: true, what: m[2]})
	}
}

// reserved are the words of expressions that are no names there.
var reserved = []string{"and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith", "if", "else", "let", "nil", "true", "false"}

// quoted is a name as an expression reads it.
func quoted(name string) string {
	if identifier.MatchString(name) && !slices.Contains(reserved, name) {
		return name
	}
	return fmt.Sprintf("p[%q]", name)
}

// literal is a scalar as an expression says it.
func literal(v any) string {
	switch x := v.(type) {
	case nil:
		return "nil"
	case string:
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(x) + "'"
	}
	return formatValue(v)
}
