package auth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// Need is what a route asks of its caller.
type Need string

// What routes ask for. An Admin may do everything.
const (
	// Open needs nothing: liveness, and the page's own files.
	Open Need = "open"
	// Read looks. On loopback nobody needs a token; an attempt sees its own sweep
	// alone.
	Read Need = "read"
	// Survey looks at more than one sweep: the list of them, workers, counters.
	// On loopback nobody needs a token; an attempt may not, whose world is its
	// sweep.
	Survey Need = "survey"
	// Log writes runs in MLflow's way. On loopback nobody needs a token, since
	// nothing is started and no sweep changes; runs of trials are fenced by the
	// attempt's token in the write itself.
	Log Need = "log"
	// Own is for what runs inside a trial, under its attempt's token, and for
	// the worker that holds it.
	Own Need = "own"
	// Work is for workers: leases, their own registration, code.
	Work Need = "work"
	// Change can start a process or changes a sweep: always a token, on
	// loopback too.
	Change Need = "change"
)

// Rule says what a route needs. Path is the route's template; parameters may be
// written {name} or :name, and * stands for the rest.
type Rule struct {
	Method string
	Path   string
	Need   Need
}

// Table holds the rules of all routes. What is not in it is denied.
type Table struct{ needs map[string]Need }

// NewTable indexes rules. The same route twice is an error in the program.
func NewTable(rules []Rule) Table {
	t := Table{needs: make(map[string]Need, len(rules))}
	for _, r := range rules {
		key := key(r.Method, r.Path)
		if _, twice := t.needs[key]; twice {
			panic("auth: two rules for " + key)
		}
		t.needs[key] = r.Need
	}
	return t
}

// Allow says whether a principal may use a route, by method and template: nil,
// or fault.Denied with the code CodeUnauthenticated (a token would help) or
// CodeForbidden (this one does not).
func (t Table) Allow(method, path string, p Principal) error {
	need, known := t.needs[key(method, path)]
	if known && (p.Role == Admin || need == Open || slices.Contains(may[need], p.Role)) {
		return nil
	}
	if known && p.Role == Anonymous && p.Loopback && (need == Read || need == Survey || need == Log) {
		return nil
	}
	switch {
	case !known:
		return fault.Deniedf("%s %s has no rule, so nobody may use it", method, path).Coded(CodeForbidden)
	case p.Role == Anonymous:
		return fault.Deniedf("%s %s needs a token", method, path).Coded(CodeUnauthenticated).
			Fix("give it with --token or SWEEPD_TOKEN; the server wrote one to the file token in its data directory, and sweepd token create makes more")
	}
	return fault.Deniedf("the token of %s may not use %s %s", p.who(), method, path).Coded(CodeForbidden).
		Fix("it needs an admin token%s", also(need))
}

// may says which roles besides Admin each need takes.
var may = map[Need][]Role{
	Read:   {Worker, Attempt},
	Survey: {Worker},
	Log:    {Worker, Attempt},
	Own:    {Worker, Attempt},
	Work:   {Worker},
}

func also(need Need) string {
	if need == Work || need == Survey {
		return " or a worker's"
	}
	return ""
}

func (p Principal) who() string {
	switch p.Role {
	case Attempt:
		return fmt.Sprintf("trial %d, attempt %d,", p.Claims.Trial, p.Claims.Attempt)
	case Worker:
		return "the worker " + p.Name
	}
	return p.Name
}

// Missing gives the routes, as "METHOD path", that have no rule. A test passes
// all registered routes and wants none back.
func (t Table) Missing(routes []Rule) []string {
	var out []string
	for _, r := range routes {
		if _, ok := t.needs[key(r.Method, r.Path)]; !ok {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	return out
}

// Idle gives the rules, as "METHOD path", that no route uses: what is left of a
// route that went, or a slip of the pen.
func (t Table) Idle(routes []Rule) []string {
	used := make(map[string]bool, len(routes))
	for _, r := range routes {
		used[key(r.Method, r.Path)] = true
	}
	var out []string
	for k := range t.needs {
		if !used[k] {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// key names a route whatever its parameters are called.
func key(method, path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		switch {
		case strings.HasPrefix(p, ":"), strings.HasPrefix(p, "{"):
			parts[i] = "{}"
		case strings.HasPrefix(p, "*"):
			parts[i] = "*"
		}
	}
	return method + " " + strings.Join(parts, "/")
}
