package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sweepd/sweepd/api/wire"
)

// print writes v as JSON with -o json, else what text writes.
func (e *env) print(v any, text func(w io.Writer)) error {
	if e.Output != "json" {
		text(e.out)
		return nil
	}
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// table writes rows in aligned columns; the first row is the head.
func table(w io.Writer, rows ...[]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	t.Flush()
}

// number is a value for people: five digits, "" when there is none.
func number(n wire.MaybeNumber) string {
	if n == nil {
		return ""
	}
	return fmt.Sprintf("%.5g", float64(*n))
}

// params is a point on one line, by name.
func params(p map[string]any) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		out = append(out, name+"="+value(p[name]))
	}
	return strings.Join(out, " ")
}

// value is one parameter as a command line has it: JSON's numbers are float64,
// and whole ones are written without exponent.
func value(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	case float64:
		if x == float64(int64(x)) && x < 1<<53 && x > -(1<<53) {
			return fmt.Sprint(int64(x))
		}
	}
	return fmt.Sprint(v)
}

// age is how long ago something was: "3s", "5m", "2h", "4d".
func age(since, now time.Time) string {
	if since.IsZero() {
		return ""
	}
	switch d := now.Sub(since); {
	case d < 0:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// seconds is a length of time for people.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < 10*time.Second {
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// count is "1 trial", "2 trials".
func count[N int | int64](n N, word string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", word)
	}
	return fmt.Sprintf("%d %ss", n, word)
}
