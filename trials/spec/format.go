package spec

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/search"
)

// formatValue is a value as an argument: the shortest text of a number that
// reads back the same, whole numbers without exponent.
func formatValue(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case int64:
		return strconv.FormatInt(x, 10)
	case int:
		return strconv.Itoa(x)
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return strconv.FormatInt(int64(x), 10)
		}
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

var hydraPlain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+-]+$`)

// hydraValue quotes a text that Hydra's grammar of overrides would read as
// something else.
func hydraValue(v any) string {
	s, ok := v.(string)
	if !ok || hydraPlain.MatchString(s) {
		return formatValue(v)
	}
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}

// paramsJSON is the parameters as one object; dotted names nest.
func paramsJSON(names []string, p search.Point) (string, error) {
	text, err := json.Marshal(Nested(p))
	return string(text), err
}

// Nested is a point as people's configuration files have it: a dotted name is
// a map inside a map. A name that is both a value and a map keeps its dots.
func Nested(p search.Point) map[string]any {
	out := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		at, rest := out, name
		for {
			head, tail, dotted := strings.Cut(rest, ".")
			if !dotted || head == "" || tail == "" {
				break
			}
			inner, ok := at[head].(map[string]any)
			if _, taken := at[head]; taken && !ok {
				break
			}
			if !ok {
				inner = map[string]any{}
				at[head] = inner
			}
			at, rest = inner, tail
		}
		at[rest] = p[name]
	}
	return out
}
