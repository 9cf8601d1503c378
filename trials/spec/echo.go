package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Echo is the resolved spec for people: what json.Marshal gives, with lengths
// of time as "2m" and sizes as "1500MiB" instead of nanoseconds and bytes. The
// stored form is json.Marshal's.
func (s *Spec) Echo() (map[string]any, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		return nil, err
	}
	speak(out, false)
	return out, nil
}

// inTime are the keys whose numbers are lengths of time.
var inTime = map[string]bool{"wall": true, "trial_timeout": true, "delay": true, "cooperative": true, "term": true}

// speak rewrites numbers with a unit; inside maps that a user names the keys
// of, nothing is.
func speak(v any, user bool) {
	switch x := v.(type) {
	case []any:
		for _, item := range x {
			speak(item, user)
		}
	case map[string]any:
		for key, inner := range x {
			n, isNumber := inner.(json.Number)
			i, err := strconv.ParseInt(n.String(), 10, 64)
			switch {
			case isNumber && err == nil && !user && inTime[key]:
				x[key] = formatDuration(time.Duration(i))
			case isNumber && err == nil && !user && key == "memory":
				x[key] = formatSize(i)
			default:
				speak(inner, user || userKeys[key])
			}
		}
	}
}

// userKeys are the keys below which names are the user's.
var userKeys = map[string]bool{"space": true, "narrow": true, "start": true, "points": true, "env": true, "tags": true, "labels": true, "targets": true, "set": true}

// formatDuration is a length of time without empty parts: "2m", "1h30m".
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// formatSize is a number of bytes in the largest unit that divides it.
func formatSize(n int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= unit.size && n%unit.size == 0 {
			return fmt.Sprintf("%d%s", n/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%dB", n)
}
