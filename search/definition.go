package search

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
)

// Param is one parameter of a space, as data.
type Param struct {
	// Name is unique within the space. A child of a switch has its place in it:
	// "family=svm/C".
	Name string `json:"name"`
	// Pass is the name a trial is given and a Point has; "" is Name. Children of
	// different cases of one switch may share it.
	Pass string `json:"pass,omitempty"`
	Type Type   `json:"type"`

	Low  float64 `json:"low,omitempty"`  // of float and int, inclusive
	High float64 `json:"high,omitempty"` // of float and int, inclusive
	Step float64 `json:"step,omitempty"` // grid of float and int from Low; 0: continuous, or 1 for int
	// Scale of float and int; "" is Linear.
	Scale Scale `json:"scale,omitempty"`
	// Values of ordinal and choice in the order given, and the one of const;
	// strings, numbers, bools and nil.
	Values []any `json:"values,omitempty"`
	// Weights of a choice: how often each value is drawn; nil is equal.
	Weights []float64 `json:"weights,omitempty"`
	// Default completes start points that leave the parameter out; nil is the
	// middle of the range, or the first value.
	Default any `json:"default,omitempty"`

	// Parent is the Name of a discrete parameter; the child is active when the
	// parent is active and has the value Equals. "" is a root.
	Parent string `json:"parent,omitempty"`
	Equals any    `json:"equals,omitempty"`
	// When is a condition over passed names; "" is always. The parameter is
	// active when it holds, and when its parent allows.
	When string `json:"when,omitempty"`
}

// Definition is a space as data: what is stored and sent.
type Definition struct {
	Params []Param `json:"params"`
	// Constraints are conditions over passed names that every point satisfies.
	// One that reads an inactive parameter asks nothing.
	Constraints []string `json:"constraints,omitempty"`
	// Absent are names that conditions and constraints may read although no
	// parameter passes them: those of switch cases that Pin or Narrow removed.
	Absent []string `json:"absent,omitempty"`
}

// UnmarshalJSON reads a parameter. Whole numbers of its values are exact, beyond
// 2^53 too.
func (p *Param) UnmarshalJSON(data []byte) error {
	type plain Param
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode((*plain)(p)); err != nil {
		return err
	}
	for i, v := range p.Values {
		p.Values[i] = exact(v)
	}
	p.Default, p.Equals = exact(p.Default), exact(p.Equals)
	return nil
}

// exact is a number of JSON as int64 when it is one, else as float64; anything
// else is as it was.
func exact(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return f
}

var passName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)

// clone copies d so that neither side can change the other, values in the
// types of a Point.
func (d Definition) clone() Definition {
	d.Params = slices.Clone(d.Params)
	d.Constraints = slices.Clone(d.Constraints)
	d.Absent = slices.Clone(d.Absent)
	for i := range d.Params {
		p := &d.Params[i]
		if p.Pass == "" {
			p.Pass = p.Name
		}
		p.Weights = slices.Clone(p.Weights)
		p.Values = slices.Clone(p.Values)
		if p.Type == Bool && len(p.Values) == 0 {
			p.Values = []any{false, true}
		}
		for j, v := range p.Values {
			p.Values[j] = normal(v)
		}
		p.Default, p.Equals = normal(p.Default), normal(p.Equals)
	}
	return d
}

// check says what is wrong with a parameter by itself.
func (p Param) check() []fault.Problem {
	var ps []fault.Problem
	bad := func(hint, format string, args ...any) {
		ps = append(ps, fault.Problem{Where: "space." + p.Name, Message: fmt.Sprintf(format, args...), Hint: hint})
	}
	if !passName.MatchString(p.Pass) {
		bad("letters, digits, _ . / - after a letter or _", "the name %q cannot be passed to a trial", p.Pass)
	}
	switch p.Type {
	case Float, Int:
		p.checkRange(bad)
	case Ordinal, Choice, Bool, Const:
		p.checkValues(bad)
	default:
		bad(fault.DidYouMean(string(p.Type), []string{"float", "int", "ordinal", "choice", "bool", "const"}), "unknown type %q", p.Type)
	}
	if len(ps) == 0 && p.Default != nil {
		d := newDomain(p)
		if _, err := d.canon(p.Default); err != nil {
			bad("", "default: %v", err)
		}
	}
	return ps
}

func (p Param) checkRange(bad func(hint, format string, args ...any)) {
	low, high := text(p.Low), text(p.High)
	switch {
	case math.IsNaN(p.Low) || math.IsNaN(p.High) || math.IsInf(p.Low, 0) || math.IsInf(p.High, 0):
		bad("", "the bounds %s and %s must be finite", low, high)
		return
	case p.Low > p.High:
		bad(fmt.Sprintf("write [%s, %s]", high, low), "the lower bound %s is above the upper bound %s", low, high)
		return
	case p.Low == p.High && p.Type == Float:
		bad(fmt.Sprintf("use const: %s", low), "the bounds are both %s", low)
		return
	case math.IsInf(p.High-p.Low, 0):
		bad("", "the range from %s to %s is too wide", low, high)
		return
	case math.IsNaN(p.Step) || p.Step < 0 || math.IsInf(p.Step, 0):
		bad("", "step %v is not a positive number", p.Step)
		return
	case p.Step > 0 && (p.High-p.Low)/p.Step > 1<<40:
		bad("use a larger step", "a step of %s makes too many values between %s and %s", text(p.Step), low, high)
		return
	}
	if p.Type == Int {
		switch {
		case p.Low != math.Trunc(p.Low) || p.High != math.Trunc(p.High) || p.Step != math.Trunc(p.Step):
			bad("use type float", "the bounds and step of an int must be whole numbers")
		case math.Abs(p.Low) > 1<<53 || math.Abs(p.High) > 1<<53:
			bad("", "the bounds of an int must lie within 2^53")
		case p.High-p.Low > 1<<40:
			bad("use type float with a log scale", "an int may have at most 2^40 values")
		}
	}
	switch p.Scale {
	case "", Linear, Symlog:
	case Log:
		if p.Low <= 0 {
			bad("raise the lower bound, or use scale symlog", "a log scale needs a lower bound above 0, not %s", low)
		}
	case ReverseLog:
		if p.High >= 1 || p.Type == Int {
			bad("it is for floats that approach 1, as momentum", "a reverse_log scale needs an upper bound below 1, not %s", high)
		}
	case Logit:
		if p.Low <= 0 || p.High >= 1 {
			bad("it is for floats strictly between 0 and 1", "a logit scale needs bounds between 0 and 1, not %s and %s", low, high)
		}
	default:
		bad(fault.DidYouMean(string(p.Scale), []string{"linear", "log", "reverse_log", "logit", "symlog"}), "unknown scale %q", p.Scale)
	}
	if len(p.Values) > 0 || p.Weights != nil {
		bad("", "a %s has a range, not values or weights", p.Type)
	}
}

func (p Param) checkValues(bad func(hint, format string, args ...any)) {
	if p.Type == Const && len(p.Values) != 1 {
		bad("", "a const has one value, not %d", len(p.Values))
		return
	}
	if len(p.Values) == 0 {
		bad("", "a %s needs at least one value", p.Type)
		return
	}
	seen := make(map[any]bool, len(p.Values))
	for _, v := range p.Values {
		switch x := v.(type) {
		case nil, string, bool, int64:
		case float64:
			if math.IsNaN(x) || math.IsInf(x, 0) {
				bad("", "the value %v is not finite", x)
				return
			}
		default:
			bad("values are text, numbers, true, false or null", "the value %v cannot be a value of a parameter", v)
			return
		}
		if seen[v] {
			bad("", "the value %s is listed twice", text(v))
		}
		seen[v] = true
	}
	if p.Type == Bool && !slices.Equal(p.Values, []any{false, true}) {
		bad("use choice or const", "the values of a bool are false and true")
	}
	if p.Weights == nil {
		return
	}
	if p.Type != Choice && p.Type != Bool {
		bad("", "only a choice has weights")
	}
	if len(p.Weights) != len(p.Values) {
		bad("", "%d weights for %d values", len(p.Weights), len(p.Values))
		return
	}
	sum := 0.0
	for _, w := range p.Weights {
		if !(w > 0) || math.IsInf(w, 0) {
			bad("remove the value instead of giving it no weight", "the weight %v is not a positive number", w)
			return
		}
		sum += w
	}
	if least := slices.Min(p.Weights); !(least/sum >= minShare) {
		bad("use smaller numbers, or remove the value", "a weight of %s among %s is too small to be drawn", text(least), text(sum))
	}
}

// minShare is the least probability of a value: far above what the sum of the
// shares loses by rounding, so that each has a place of its own in [0,1).
const minShare = 1e-9
