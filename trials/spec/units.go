package spec

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var (
	durationText = regexp.MustCompile(`^(?:[0-9]*\.?[0-9]+(?:ms|s|m|h|d))+$`)
	durationPart = regexp.MustCompile(`([0-9]*\.?[0-9]+)(ms|s|m|h|d)`)
	sizeText     = regexp.MustCompile(`^([0-9]*\.?[0-9]+)\s*([A-Za-z]*)$`)
)

var durationUnits = map[string]time.Duration{
	"ms": time.Millisecond, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour,
}

// parseDuration reads "2m", "1h30m", "0.5s", "2d".
func parseDuration(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if s == "0" {
		return 0, nil
	}
	if !durationText.MatchString(s) {
		return 0, fmt.Errorf("not a time")
	}
	total := 0.0
	for _, m := range durationPart.FindAllStringSubmatch(s, -1) {
		x, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			return 0, err
		}
		total += x * float64(durationUnits[m[2]])
	}
	if total > float64(10*365*24*time.Hour) {
		return 0, fmt.Errorf("more than ten years")
	}
	return time.Duration(total), nil
}

var sizeUnits = map[string]float64{
	"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40,
}

// parseSize reads "1500MiB", "10 GiB", "2GB" as bytes.
func parseSize(s string) (int64, error) {
	m := sizeText.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, fmt.Errorf("not a size")
	}
	unit, ok := sizeUnits[m[2]]
	if !ok {
		return 0, fmt.Errorf("not a size")
	}
	x, err := strconv.ParseFloat(m[1], 64)
	if err != nil || x*unit > math.MaxInt64/2 {
		return 0, fmt.Errorf("not a size")
	}
	return int64(x * unit), nil
}

func (o object) duration(key string, into *time.Duration) {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return
	}
	d, err := parseDuration(n.text)
	switch {
	case n.kind == listKind || n.kind == mapKind || err != nil && n.kind == stringKind:
		o.p.fail(n.at, "write 30s, 2m, 1h30m or 2d", "%s is a length of time, not %s", o.name(key), n.describe())
	case err != nil:
		o.p.fail(n.at, fmt.Sprintf("write %ss, %sm or %sh", n.text, n.text, n.text), "%s %s has no unit", o.name(key), n.text)
	default:
		*into = d
	}
}

func (o object) bytes(key string, into *int64) {
	n := o.n.get(key)
	if n == nil || n.kind == nullKind {
		return
	}
	size, err := parseSize(n.text)
	switch {
	case err == nil && n.kind != listKind && n.kind != mapKind && size > 0:
		*into = size
	case n.kind == intKind || n.kind == floatKind:
		o.p.fail(n.at, fmt.Sprintf("write %sMiB or %sGiB", n.text, n.text), "%s %s has no unit", o.name(key), n.text)
	default:
		o.p.fail(n.at, "write 1500MiB, 10GiB or 2GB", "%s is a size, not %s", o.name(key), n.describe())
	}
}
