package spec

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Numbers of YAML 1.2's core schema; a leading dot or zero is no octal.
var (
	wholeNumber = regexp.MustCompile(`^[-+]?[0-9]+$`)
	realNumber  = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
)

// scalar reads an unquoted scalar as YAML 1.2's core schema does: yes, no, on
// and off are text, 010 is ten, and 1e-4 is a number.
func scalar(text string) (kind, any) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nullKind, nil
	case "true", "True", "TRUE":
		return boolKind, true
	case "false", "False", "FALSE":
		return boolKind, false
	case ".nan", ".NaN", ".NAN":
		return floatKind, math.NaN()
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return floatKind, math.Inf(1)
	case "-.inf", "-.Inf", "-.INF":
		return floatKind, math.Inf(-1)
	}
	if wholeNumber.MatchString(text) {
		if i, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 10, 64); err == nil {
			return intKind, i
		}
	}
	if strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0o") {
		if i, err := strconv.ParseInt(text, 0, 64); err == nil {
			return intKind, i
		}
	}
	if realNumber.MatchString(text) {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return floatKind, f
		}
	}
	return stringKind, text
}

// number is a scalar as a number; text that reads as one counts, since some
// writers of YAML quote 1e-4.
func (n *node) number() (float64, bool) {
	switch v := n.value.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case string:
		switch k, x := scalar(strings.TrimSpace(v)); k {
		case intKind:
			return float64(x.(int64)), true
		case floatKind:
			return x.(float64), true
		}
	}
	return 0, false
}

// plainValue is a scalar as a value of a point: whole numbers are int64
// however they were written, so that a point read back from JSON is the same.
func (n *node) plainValue() any {
	if f, ok := n.value.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return n.value
}
