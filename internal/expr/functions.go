package expr

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"unicode/utf8"
)

// builtins are the functions every expression has. Whole results are int64.
var builtins = map[string]func(args ...any) (any, error){
	"log":      real1("log", math.Log),
	"exp":      real1("exp", math.Exp),
	"sqrt":     real1("sqrt", math.Sqrt),
	"floor":    whole("floor", math.Floor),
	"ceil":     whole("ceil", math.Ceil),
	"round":    whole("round", math.Round),
	"int":      whole("int", math.Trunc),
	"float":    real1("float", func(x float64) float64 { return x }),
	"abs":      absolute,
	"pow":      power,
	"idiv":     idiv,
	"min":      func(args ...any) (any, error) { return extreme("min", -1, args) },
	"max":      func(args ...any) (any, error) { return extreme("max", 1, args) },
	"len":      length,
	"quantile": quantile,
}

// number is v as a float64, when it is a number.
func number(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int:
		return float64(x), true
	case int64:
		return float64(x), true
	}
	rv := reflect.ValueOf(v)
	switch {
	case !rv.IsValid():
		return 0, false
	case rv.CanInt():
		return float64(rv.Int()), true
	case rv.CanUint():
		return float64(rv.Uint()), true
	case rv.CanFloat():
		return rv.Float(), true
	}
	return 0, false
}

// numbers checks that name was given n numbers.
func numbers(name string, n int, args []any) ([]float64, error) {
	if len(args) != n {
		return nil, fmt.Errorf("%s takes %d arguments, not %d", name, n, len(args))
	}
	out := make([]float64, n)
	for i, a := range args {
		f, ok := number(a)
		if !ok {
			return nil, fmt.Errorf("%s takes numbers, not %v", name, a)
		}
		out[i] = f
	}
	return out, nil
}

func real1(name string, f func(float64) float64) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		x, err := numbers(name, 1, args)
		if err != nil {
			return nil, err
		}
		return f(x[0]), nil
	}
}

// whole rounds to an int64; a number beyond 2^53 stays a float64.
func whole(name string, f func(float64) float64) func(args ...any) (any, error) {
	return func(args ...any) (any, error) {
		x, err := numbers(name, 1, args)
		if err != nil {
			return nil, err
		}
		r := f(x[0])
		if math.Abs(r) <= 1<<53 {
			return int64(r), nil
		}
		return r, nil
	}
}

func absolute(args ...any) (any, error) {
	x, err := numbers("abs", 1, args)
	if err != nil {
		return nil, err
	}
	if isWhole(args[0]) {
		return int64(math.Abs(x[0])), nil
	}
	return math.Abs(x[0]), nil
}

func isWhole(v any) bool {
	rv := reflect.ValueOf(v)
	return rv.IsValid() && (rv.CanInt() || rv.CanUint())
}

func power(args ...any) (any, error) {
	x, err := numbers("pow", 2, args)
	if err != nil {
		return nil, err
	}
	return math.Pow(x[0], x[1]), nil
}

// idiv is division rounded down, as Python's // .
func idiv(args ...any) (any, error) {
	x, err := numbers("idiv", 2, args)
	if err != nil {
		return nil, err
	}
	if x[1] == 0 {
		return nil, fmt.Errorf("idiv by zero")
	}
	return whole("idiv", math.Floor)(x[0] / x[1])
}

// extreme is the smallest (sign -1) or largest (sign 1) of its arguments, or
// of the one list it is given.
func extreme(name string, sign int, args []any) (any, error) {
	if len(args) == 1 {
		if list, ok := items(args[0]); ok {
			args = list
		}
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("%s of nothing", name)
	}
	x, err := numbers(name, len(args), args)
	if err != nil {
		return nil, err
	}
	best := 0
	for i := range x {
		if cmp.Compare(x[i], x[best])*sign > 0 {
			best = i
		}
	}
	return args[best], nil
}

// items is v as a list, when it is one.
func items(v any) ([]any, bool) {
	if list, ok := v.([]any); ok {
		return list, true
	}
	rv := reflect.ValueOf(v)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array {
		return nil, false
	}
	out := make([]any, rv.Len())
	for i := range out {
		out[i] = rv.Index(i).Interface()
	}
	return out, true
}

func length(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, fmt.Errorf("len takes 1 argument, not %d", len(args))
	}
	if s, ok := args[0].(string); ok {
		return int64(utf8.RuneCountInString(s)), nil
	}
	rv := reflect.ValueOf(args[0])
	switch rv.Kind() {
	case reflect.Slice, reflect.Array, reflect.Map:
		return int64(rv.Len()), nil
	}
	return nil, fmt.Errorf("len takes a list or text, not %v", args[0])
}

// quantile is the q-quantile of a list of numbers, linear between neighbours
// (numpy's default); q in [0,1]. O(n log n).
func quantile(args ...any) (any, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("quantile takes a list and a number, not %d arguments", len(args))
	}
	list, ok := items(args[0])
	if !ok || len(list) == 0 {
		return nil, fmt.Errorf("quantile takes a list with at least one number")
	}
	x, err := numbers("quantile", len(list), list)
	if err != nil {
		return nil, err
	}
	q, ok := number(args[1])
	if !ok || !(q >= 0 && q <= 1) {
		return nil, fmt.Errorf("the second argument of quantile is between 0 and 1, not %v", args[1])
	}
	slices.Sort(x)
	at := q * float64(len(x)-1)
	lo := int(at)
	hi := min(lo+1, len(x)-1)
	return x[lo] + (at-float64(lo))*(x[hi]-x[lo]), nil
}
