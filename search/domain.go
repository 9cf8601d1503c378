package search

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Type says what values a parameter takes.
type Type string

// The types of parameters and the Go type of their values in a Point.
const (
	Float   Type = "float"   // float64 in [Low, High], on a grid when Step > 0
	Int     Type = "int"     // int64 in [Low, High], every Step-th
	Ordinal Type = "ordinal" // one of Values, whose order means something
	Choice  Type = "choice"  // one of Values, without order; nil leaves the argument out
	Bool    Type = "bool"    // false or true
	Const   Type = "const"   // Values[0], always; has no dimension
)

// Scale says how a numeric range is laid out: equal steps of the unit interval
// are equal steps of the scaled value.
type Scale string

// The scales of numeric parameters; "" is Linear.
const (
	Linear     Scale = "linear"      // x
	Log        Scale = "log"         // ln x; Low > 0
	ReverseLog Scale = "reverse_log" // -ln(1-x), dense towards 1; High < 1
	Logit      Scale = "logit"       // ln(x/(1-x)); 0 < Low, High < 1
	Symlog     Scale = "symlog"      // sign(x) ln(1+|x|)
)

func (s Scale) to(x float64) float64 {
	switch s {
	case Log:
		return math.Log(x)
	case ReverseLog:
		return -math.Log1p(-x)
	case Logit:
		return math.Log(x / (1 - x))
	case Symlog:
		return math.Copysign(math.Log1p(math.Abs(x)), x)
	}
	return x
}

func (s Scale) from(y float64) float64 {
	switch s {
	case Log:
		return math.Exp(y)
	case ReverseLog:
		return -math.Expm1(-y)
	case Logit:
		return 1 / (1 + math.Exp(-y))
	case Symlog:
		return math.Copysign(math.Expm1(math.Abs(y)), y)
	}
	return y
}

// domain is the map between the values of one parameter and [0,1).
type domain struct {
	typ       Type
	scale     Scale
	low, high float64
	step      float64
	cells     int         // values of a discrete domain, 0 when continuous
	values    []any       // of ordinal, choice, bool and const
	cum       []float64   // of choices: cumulative weights, last is 1
	a, b      float64     // scaled ends, half a step beyond Low and High when discrete
	index     map[any]int // of values
}

// newDomain lays out p, which must have passed check.
func newDomain(p Param) domain {
	d := domain{typ: p.Type, scale: p.Scale, low: p.Low, high: p.High, step: p.Step, values: p.Values}
	switch p.Type {
	case Float, Int:
		d.layOut()
	default:
		d.cells = len(p.Values)
		d.index = make(map[any]int, len(p.Values))
		for i, v := range p.Values {
			d.index[v] = i
		}
		d.cum = cumulate(p.Weights, len(p.Values))
	}
	return d
}

func (d *domain) layOut() {
	if d.typ == Int && d.step == 0 {
		d.step = 1
	}
	down, up := 0.0, 0.0
	if d.step > 0 {
		d.cells = int(math.Floor((d.high-d.low)/d.step+1e-9)) + 1
		d.high = d.grid(d.cells - 1)
		down, up = d.step/2, d.step/2
		if d.scale == Log || d.scale == Logit {
			down = min(down, d.low/2)
		}
		if d.scale == ReverseLog || d.scale == Logit {
			up = min(up, (1-d.high)/2)
		}
	}
	d.a, d.b = d.scale.to(d.low-down), d.scale.to(d.high+up)
}

// cumulate turns weights (nil: equal) into cumulative shares.
func cumulate(weights []float64, n int) []float64 {
	cum := make([]float64, n)
	sum := 0.0
	for i := range cum {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		sum += w
		cum[i] = sum
	}
	for i := range cum {
		cum[i] /= sum
	}
	return cum
}

// categorical tells whether the values have no order.
func (d *domain) categorical() bool { return d.typ == Choice || d.typ == Bool }

// grid is the i-th number of a numeric grid, within the bounds. Ints are exact:
// they may have more digits than tidy keeps.
func (d *domain) grid(i int) float64 {
	x := d.low + float64(i)*d.step
	if d.typ == Int {
		return x
	}
	return min(max(tidy(x), d.low), d.high)
}

// at is the i-th value of a discrete domain.
func (d *domain) at(i int) any {
	switch d.typ {
	case Int:
		return int64(math.Round(d.grid(i)))
	case Float:
		return d.grid(i)
	}
	return d.values[i]
}

// cellOf is the index of the value at u in a discrete domain.
func (d *domain) cellOf(u float64) int {
	switch d.typ {
	case Float, Int:
		x := d.scale.from(d.a + u*(d.b-d.a))
		return clampInt(int(math.Round((x-d.low)/d.step)), 0, d.cells-1)
	case Ordinal:
		return clampInt(int(u*float64(d.cells)), 0, d.cells-1)
	}
	lo, hi := 0, d.cells-1
	for lo < hi {
		if mid := (lo + hi) / 2; d.cum[mid] > u {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// centre is the u of the i-th value of a discrete domain.
func (d *domain) centre(i int) float64 {
	switch d.typ {
	case Float, Int:
		return d.unit(d.grid(i))
	case Ordinal:
		return (float64(i) + 0.5) / float64(d.cells)
	}
	before := 0.0
	if i > 0 {
		before = d.cum[i-1]
	}
	return min((before+d.cum[i])/2, belowOne)
}

const belowOne = 1 - 1.0/(1<<53)

// unit is the u of a number, clamped into [0,1).
func (d *domain) unit(x float64) float64 {
	if d.b == d.a {
		return 0
	}
	u := (d.scale.to(x) - d.a) / (d.b - d.a)
	return min(max(u, 0), belowOne)
}

// decode is the value at u; u outside [0,1) is clamped, NaN is the middle.
func (d *domain) decode(u float64) any {
	if math.IsNaN(u) {
		u = 0.5
	}
	u = min(max(u, 0), belowOne)
	if d.cells > 0 {
		return d.at(d.cellOf(u))
	}
	x := d.scale.from(d.a + u*(d.b-d.a))
	return min(max(tidy(x), d.low), d.high)
}

// snap is the u that encode gives for the value at u.
func (d *domain) snap(u float64) float64 {
	if d.cells > 0 {
		return d.centre(d.cellOf(u))
	}
	return u
}

// encode is the u of a canonical value: cell centres of discrete domains.
func (d *domain) encode(v any) float64 {
	switch x := v.(type) {
	case float64:
		if d.typ == Float {
			return d.unit(x)
		}
	case int64:
		if d.typ == Int {
			return d.unit(float64(x))
		}
	}
	i, _ := d.find(v)
	return d.centre(i)
}

// find is the index of a value of ordinal, choice, bool and const.
func (d *domain) find(v any) (int, bool) {
	switch v.(type) {
	case nil, string, bool, int64, float64:
		i, ok := d.index[v]
		return i, ok
	}
	return 0, false // a list or a map has no hash to look for
}

// canon is v as the domain writes it: rounded to the grid, int64 for whole
// numbers of choices, the text of the sweep file for the rest.
func (d *domain) canon(v any) (any, error) {
	v = normal(v)
	if d.typ != Float && d.typ != Int {
		if i, ok := d.find(v); ok {
			return d.values[i], nil
		}
		return nil, fmt.Errorf("%s is not one of %s", text(v), list(d.values))
	}
	x, ok := toFloat(v)
	if !ok || math.IsNaN(x) {
		return nil, fmt.Errorf("%s is not a number", text(v))
	}
	if d.typ == Int && x != math.Trunc(x) {
		return nil, fmt.Errorf("%s is not a whole number", text(v))
	}
	if x < d.low-d.slack(d.low) || x > d.high+d.slack(d.high) {
		return nil, fmt.Errorf("%s is outside [%s, %s]", text(v), text(d.low), text(d.high))
	}
	if d.cells > 0 {
		return d.at(clampInt(int(math.Round((x-d.low)/d.step)), 0, d.cells-1)), nil
	}
	return min(max(tidy(x), d.low), d.high), nil
}

// slack is how far beyond a bound a float may lie and still be meant to lie on
// it: what rounding costs, never what another scale would show.
func (d *domain) slack(bound float64) float64 {
	switch {
	case d.typ == Int:
		return 0
	case d.scale == Linear || d.scale == "":
		return max(1e-9*math.Abs(bound), 1e-12*(d.high-d.low))
	}
	return 1e-9 * math.Abs(bound)
}

// normal is v in the types of a Point: whole numbers of any Go type, and
// float64 that are whole, as int64.
func normal(v any) any {
	switch x := v.(type) {
	case nil, string, bool, int64:
		return v
	case int:
		return int64(x)
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x)
		}
		return x
	case float32:
		return normal(float64(x))
	case int32:
		return int64(x)
	case uint64:
		return normal(float64(x))
	}
	return v
}

func toFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int64:
		return float64(x), true
	}
	return 0, false
}

// tidy rounds to 12 significant digits: 0.1+0.2 is 0.3, and two ways to the
// same number are one trial.
func tidy(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 12, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// text is v as people and hashes read it: the shortest text of a number,
// quoted strings, null.
func text(v any) string {
	switch x := normal(v).(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(x)
	case bool:
		return strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	default:
		return fmt.Sprintf("%v", x)
	}
}

// list is some values for people, at most twelve.
func list(values []any) string {
	var b strings.Builder
	for i, v := range values {
		if i == 12 {
			fmt.Fprintf(&b, ", ... (%d in all)", len(values))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text(v))
	}
	return b.String()
}

func clampInt(x, low, high int) int { return min(max(x, low), high) }
