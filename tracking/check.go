package tracking

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/tracking/filter"
)

const (
	badCharacters = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
	badPath       = "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to %s"
)

var runIDRE = regexp.MustCompile(`^[a-zA-Z0-9][\pL\pN_\-]{0,255}$`)

func invalidValue(field string, value any, why string) error {
	if why == "" {
		return fault.Invalidf("Invalid value %s for parameter '%s' supplied.", pyJSON(value), field)
	}
	return fault.Invalidf("Invalid value %s for parameter '%s' supplied: %s", pyJSON(value), field, why)
}

// checkName checks the key of a metric, param or tag.
func checkName(field, name string) error {
	if strings.ContainsFunc(name, notInName) {
		return invalidValue(field, name, badCharacters)
	}
	if norm := normPath(name); norm != name || norm == "." || strings.HasPrefix(norm, "..") || strings.HasPrefix(norm, "/") {
		return invalidValue(field, name, fmt.Sprintf(badPath, pyRepr(norm)))
	}
	return nil
}

// notInName tells whether a character may not be in a key; letters and digits
// are those of any script.
func notInName(r rune) bool {
	switch r {
	case '/', '_', '.', '-', ' ', ':':
		return false
	}
	return !unicode.IsLetter(r) && !unicode.IsNumber(r)
}

// normPath is Python's posixpath.normpath: path.Clean, but exactly two leading
// slashes stay.
func normPath(s string) string {
	if strings.HasPrefix(s, "//") && !strings.HasPrefix(s, "///") {
		return "/" + path.Clean(s)
	}
	return path.Clean(s)
}

// checkLength refuses a text of more than limit characters.
func checkLength(what string, limit int, s string) error {
	if len(s) > limit && utf8.RuneCountInString(s) > limit {
		return fault.Invalidf("'%s' exceeds the maximum length of %d characters", what, limit)
	}
	return nil
}

// cut shortens a text to limit characters.
func cut(limit int, s string) string {
	if len(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > limit {
			return s[:i]
		}
	}
	return s
}

// field joins the place of an element with a field of it; at is "" for a
// request that is one element.
func field(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func checkMetric(at string, m Metric) error {
	if err := checkName(field(at, "name"), m.Key); err != nil {
		return err
	}
	if m.Time < 0 {
		return invalidValue(field(at, "timestamp"), m.Time,
			fmt.Sprintf("metric '%s' (value=%s). Timestamp must be a nonnegative long (64-bit integer) ", m.Key, pyFloat(m.Value)))
	}
	return checkLength("Metric name", MaxKey, m.Key)
}

// checkParam checks a param and cuts its value.
func checkParam(at string, p *Param) error {
	if err := checkName(field(at, "key"), p.Key); err != nil {
		return err
	}
	p.Value = cut(MaxParamValue, p.Value)
	return checkLength("Param key", MaxKey, p.Key)
}

// checkTag checks a tag of a run and cuts its value.
func checkTag(at string, t *Tag) error {
	if err := checkName(field(at, "key"), t.Key); err != nil {
		return err
	}
	t.Value = cut(MaxTagValue, t.Value)
	return checkLength(field(at, "key"), MaxKey, t.Key)
}

func checkExperimentTag(t Tag) error {
	if err := checkName("key", t.Key); err != nil {
		return err
	}
	if err := checkLength("key", MaxKey, t.Key); err != nil {
		return err
	}
	return checkLength("value", MaxExperimentTag, t.Value)
}

func checkExperimentName(name string) error {
	if strings.TrimSpace(name) == "" {
		return fault.Invalidf("Invalid experiment name: '%s'", name)
	}
	return checkLength("name", MaxExperimentName, name)
}

// experimentID gives the canonical form of an experiment's ID; "" is Default.
func experimentID(id string) (string, error) {
	if id == "" {
		return DefaultExperimentID, nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return "", fault.Invalidf("Invalid experiment ID '%s'. Experiment ID must be a valid integer.", id)
	}
	return strconv.FormatInt(n, 10), nil
}

func checkRunID(id string) error {
	if !runIDRE.MatchString(id) {
		return invalidValue("run_id", id, "")
	}
	return nil
}

func checkLimit(n, most int) error {
	if n < 1 {
		return fault.Invalidf("Invalid value %d for parameter 'max_results' supplied. It must be a positive integer", n)
	}
	if n > most {
		return fault.Invalidf("Invalid value %d for parameter 'max_results' supplied. It must be at most %d", n, most)
	}
	return nil
}

// checkSearch refuses a search that is larger than a database takes.
func checkSearch(where filter.Filter, keys, experiments int) error {
	values := experiments
	for _, c := range where {
		values += len(c.List)
	}
	return cmp.Or(
		checkMost("comparisons", len(where), MaxSearchClauses),
		checkMost("keys to order by", keys, MaxSearchKeys),
		checkMost("experiments and values in lists", values, MaxSearchValues),
	)
}

func checkMost(what string, n, most int) error {
	if n <= most {
		return nil
	}
	return fault.Invalidf("A search can contain at most %d %s. Got %d.", most, what, n).Fix("split it into several")
}
