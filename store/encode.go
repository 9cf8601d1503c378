package store

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sweepd/sweepd/search"
)

// micros is a time as it is stored.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// instant is a stored time.
func instant(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// kinds of numbers beside a stored value, which is 0 unless finite.
const (
	finite = iota
	isNaN
	posInf
	negInf
)

// split takes a number apart into what both databases keep alike.
func split(v float64) (value float64, kind int) {
	switch {
	case math.IsNaN(v):
		return 0, isNaN
	case math.IsInf(v, 1):
		return 0, posInf
	case math.IsInf(v, -1):
		return 0, negInf
	}
	return v, finite
}

// join undoes split.
func join(value float64, kind int) float64 {
	switch kind {
	case isNaN:
		return math.NaN()
	case posInf:
		return math.Inf(1)
	case negInf:
		return math.Inf(-1)
	}
	return value
}

// encode is v as JSON text; v is one of our own nouns and encodes always.
func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: encode %T: %v", v, err))
	}
	return string(b)
}

// decode reads what encode wrote; "" leaves v as it is.
func decode(text string, v any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), v)
}

// encodePoint is a point as JSON in which a float always has a point or an
// exponent, so that it does not come back as an integer. "" is nil.
func encodePoint(p search.Point) string {
	if p == nil {
		return ""
	}
	return encode(exact(map[string]any(p)))
}

// exact writes the floats in v out, at any depth.
func exact(v any) any {
	switch x := v.(type) {
	case float64:
		text := strconv.FormatFloat(x, 'g', -1, 64)
		if !strings.ContainsAny(text, ".e") {
			text += ".0"
		}
		return json.RawMessage(text)
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[k] = exact(e)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = exact(e)
		}
		return out
	}
	return v
}

// decodePoint undoes encodePoint.
func decodePoint(text string) (search.Point, error) {
	if text == "" {
		return nil, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var p map[string]any
	if err := d.Decode(&p); err != nil {
		return nil, err
	}
	for k, v := range p {
		p[k] = natural(v)
	}
	return p, nil
}

// natural makes int64 and float64 of JSON's numbers, at any depth.
func natural(v any) any {
	switch x := v.(type) {
	case json.Number:
		if i, err := x.Int64(); err == nil {
			return i
		}
		f, _ := x.Float64() // of what exact wrote: it reads
		return f
	case map[string]any:
		for k, e := range x {
			x[k] = natural(e)
		}
	case []any:
		for i, e := range x {
			x[i] = natural(e)
		}
	}
	return v
}

// paramText is a point's value as a param of its run, and as a number when it
// is one.
func paramText(v any) (string, *float64) {
	switch x := v.(type) {
	case nil:
		return "None", nil
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), &x
	case int64:
		f := float64(x)
		return strconv.FormatInt(x, 10), &f
	case int:
		f := float64(x)
		return strconv.Itoa(x), &f
	case bool:
		if x {
			return "True", nil
		}
		return "False", nil
	case string:
		return x, number(x)
	}
	return encode(v), nil
}

// number reads a text that is a finite number, nil when it is none.
func number(text string) *float64 {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil
	}
	return &f
}
