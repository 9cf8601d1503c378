package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Num is a float64 that travels as a JSON number, or as "NaN", "Infinity" or
// "-Infinity" when it is not finite.
type Num float64

// MarshalJSON writes the shortest text that reads back to the same number.
func (n Num) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return json.Marshal(f)
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Num) UnmarshalJSON(b []byte) error {
	switch string(bytes.TrimSpace(b)) {
	case `"NaN"`:
		*n = Num(math.NaN())
	case `"Infinity"`:
		*n = Num(math.Inf(1))
	case `"-Infinity"`:
		*n = Num(math.Inf(-1))
	default:
		var f float64
		if err := json.Unmarshal(b, &f); err != nil {
			return fmt.Errorf("%s is neither a number nor NaN, Infinity or -Infinity", b)
		}
		*n = Num(f)
	}
	return nil
}
