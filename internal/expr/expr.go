// Package expr compiles and runs the expressions of a sweep file: conditions
// of parameters, constraints, items of a stage, sizes of a resource. It is the
// one place where text of a user is evaluated, and is locked down for that: a
// source is at most 4 kB and 200 nodes, a run may make 100,000 values, and an
// expression sees the names of its Scope and the functions listed here, nothing
// else. It has no clock, no randomness, no regular expressions and nothing
// whose order depends on a map, so that the same facts give the same result on
// any machine.
//
// The language is expr-lang's, near enough to Python that people need not ask:
// and, or, not, in, ==, <, +, **, x if-else as c ? a : b, lists, indexing.
//
// It does not know what its names mean.
package expr

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"
	"unicode/utf8"

	lang "github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/sweepd/sweepd/internal/fault"
)

// Bounds of an expression.
const (
	MaxSource = 4096    // bytes of source
	maxNodes  = 200     // nodes of the syntax tree
	memory    = 100_000 // values a run may make, unless the Scope says less
)

// ErrInactive is what Eval and Float return when the expression read a name
// that vars does not hold: an inactive parameter, most often. Bool gives false
// instead.
var ErrInactive = errors.New("expr: a name it reads has no value here")

// Scope is what an expression may see.
type Scope struct {
	// Names are the bare identifiers that may be read. One with dots is read as
	// p["a.b"] or p.a.b, when p is among Maps.
	Names []string
	// Funcs are functions beside the built-in ones; one of the same name wins.
	// They must be safe for concurrent use and give the same for the same.
	Funcs map[string]func(args ...any) (any, error)
	// Maps are names of maps whose members are free: stages, each, p. A name
	// that is in Names too is read from Names.
	Maps []string
	// Values is how many values a run may make in ranges and lists, which bounds
	// what it costs; 0 is 100,000.
	Values int
}

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	source string
	uses   []string
	code   *vm.Program
	values int       // a run may make
	vms    sync.Pool // of *vm.VM
}

// Compile checks src against s. What is wrong comes as fault.Invalid with one
// Problem per fault, Line and Column within src (from 1), and the nearest name
// when a name is unknown. About 100 µs.
func Compile(src string, s Scope) (*Program, error) {
	if len(src) > MaxSource {
		return nil, fault.Invalidf("the expression has %d bytes, more than %d", len(src), MaxSource).Coded("expression")
	}
	if !utf8.ValidString(src) {
		return nil, fault.Invalidf("the expression is not UTF-8").Coded("expression")
	}
	r := newReader(src, s)
	opts := []lang.Option{lang.DisableAllBuiltins(), lang.MaxNodes(maxNodes), lang.Patch(r)}
	for name, fn := range r.funcs {
		opts = append(opts, lang.Function(name, fn))
	}
	opts = append(opts, lang.Function(fnName, readName), lang.Function(fnMember, readMember))
	code, err := lang.Compile(src, opts...)
	r.check()
	if len(r.problems) > 0 {
		return nil, broken(src, r.problems...)
	}
	if err != nil {
		return nil, broken(src, problemOf(err))
	}
	p := &Program{source: src, uses: r.uses(), code: code, values: s.Values}
	if p.values == 0 {
		p.values = memory
	}
	return p, nil
}

// broken is the error of a source that does not compile.
func broken(src string, ps ...fault.Problem) error {
	return &fault.Error{Kind: fault.Invalid, Code: "expression", Message: fmt.Sprintf("the expression %q", src), Problems: ps}
}

// problemOf turns an error of the language into ours.
func problemOf(err error) fault.Problem {
	var e *file.Error
	if !errors.As(err, &e) {
		return fault.Problem{Message: err.Error()}
	}
	p := fault.Problem{Message: e.Message, Line: max(e.Line, 1), Column: e.Column + 1}
	p.Where = where(p.Line, p.Column)
	return p
}

func where(line, column int) string {
	if line <= 1 {
		return fmt.Sprintf("column %d", column)
	}
	return fmt.Sprintf("line %d, column %d", line, column)
}

// Source is the text it was compiled from.
func (p *Program) Source() string { return p.source }

// Uses lists what the expression reads, sorted: identifiers ("lr") and paths
// into maps as far as they are written out ("stages.explore.best",
// "p.batch-size"). The slice is the caller's.
func (p *Program) Uses() []string { return append([]string(nil), p.uses...) }

// Eval runs the expression over vars, which it does not change. Whole numbers
// come as int64, others as float64, never NaN or infinite; lists as []any.
// ErrInactive when a name that was reached has no value: what and, or and ?:
// skip is not reached. Other errors are fault.Invalid and name the column.
func (p *Program) Eval(vars map[string]any) (any, error) {
	m, _ := p.vms.Get().(*vm.VM)
	if m == nil {
		m = &vm.VM{MemoryBudget: uint(p.values)}
	}
	if vars == nil {
		vars = map[string]any{}
	}
	out, err := m.Run(p.code, vars)
	p.vms.Put(m)
	if errors.Is(err, ErrInactive) {
		return nil, ErrInactive
	}
	if err != nil {
		return nil, broken(p.source, problemOf(err))
	}
	if out, err = plain(out); err != nil {
		return nil, broken(p.source, fault.Problem{Message: err.Error()})
	}
	return out, nil
}

// Bool runs a condition: false when it is false or reads a name without a
// value; an error when the result is not a bool.
func (p *Program) Bool(vars map[string]any) (bool, error) {
	out, err := p.Eval(vars)
	if errors.Is(err, ErrInactive) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b, ok := out.(bool)
	if !ok {
		return false, broken(p.source, fault.Problem{Message: fmt.Sprintf("gives %v, not true or false", out), Hint: "compare it with something"})
	}
	return b, nil
}

// Float runs an expression that must give a finite number.
func (p *Program) Float(vars map[string]any) (float64, error) {
	out, err := p.Eval(vars)
	if err != nil {
		return 0, err
	}
	f, ok := number(out)
	if !ok {
		return 0, broken(p.source, fault.Problem{Message: fmt.Sprintf("gives %v, not a number", out)})
	}
	return f, nil
}

// plain turns a result into int64, float64, string, bool, nil, []any or what
// the caller put in; numbers must be finite.
func plain(v any) (any, error) {
	switch x := v.(type) {
	case nil, string, bool, int64, map[string]any:
		return v, nil
	case int:
		return int64(x), nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("gives %v, which is not a finite number", x)
		}
		return x, nil
	}
	rv := reflect.ValueOf(v)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array {
		if f, ok := number(v); ok {
			return plain(f)
		}
		return v, nil
	}
	list := make([]any, rv.Len())
	for i := range list {
		var err error
		if list[i], err = plain(rv.Index(i).Interface()); err != nil {
			return nil, err
		}
	}
	return list, nil
}
