package filter

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// rules are what differs between searching runs, experiments and models.
type rules struct {
	entities   map[string]Entity // spelling -> entity
	badEntity  func(spelling string) error
	attributes map[string]string // spelling -> canonical key
	numeric    map[string]bool   // canonical keys whose values are numbers
	lists      map[string]bool   // canonical keys that take lists
	listed     string            // those keys as MLflow prints them
	anyList    bool              // every text takes lists, whatever lists says
	nullable   func(Entity) bool // takes IS NULL
	badNull    func(e Entity, key string) error
}

// parse reads a whole filter.
func parse(src string, r rules) (Filter, error) {
	if src == "" {
		return nil, nil
	}
	if strings.TrimSpace(src) == "" {
		return nil, fault.Invalidf("Invalid filter '%s'. Could not be parsed.", src)
	}
	tokens := lex(src)
	for _, t := range tokens {
		if t.kind == end && strings.TrimSpace(src[t.at+1:]) != "" {
			return nil, fault.Invalidf("Search filter contained multiple expression %s. Provide AND-ed expression list.", pyString(src))
		}
	}
	var comparisons [][]token
	var stray []string
	var odd bool // a character that a quoted key could hold
	for i := 0; i < len(tokens); {
		if n := comparison(tokens[i:]); n > 0 {
			comparisons = append(comparisons, tokens[i:i+n])
			i += n
			continue
		}
		if !tokens[i].is("AND") {
			stray = append(stray, "'"+tokens[i].raw+"'")
			odd = odd || tokens[i].kind == other && strings.Contains("-/: ", tokens[i].raw)
		}
		i++
	}
	if len(stray) > 0 {
		err := fault.Invalidf("Invalid clause(s) in filter string: %s", strings.Join(stray, ", "))
		if odd {
			return nil, err.Fix("quote a key with such characters: metrics.`val/loss` < 1")
		}
		return nil, err
	}
	var f Filter
	for _, c := range comparisons {
		clause, err := r.clause(c)
		if err != nil {
			return nil, err
		}
		f = append(f, clause)
	}
	return f, nil
}

// comparison gives how many tokens at the beginning of ts are one comparison, 0
// when they are none.
func comparison(ts []token) int {
	at := func(i int) token {
		if i < len(ts) {
			return ts[i]
		}
		return token{kind: other}
	}
	left, op := at(0), at(1)
	if left.kind != word && left.kind != text && left.kind != number || left.is("AND") || left.is("NOT") {
		return 0
	}
	value := func(t token) bool {
		return t.kind == number || t.kind == text || t.kind == word && !t.is("AND")
	}
	switch {
	case op.kind == symbol && value(at(2)):
		return 3
	case (op.is("LIKE") || op.is("ILIKE") || op.is("RLIKE")) && value(at(2)):
		return 3
	case left.kind != word:
		return 0
	case op.is("IN") && at(2).kind == group:
		return 3
	case op.is("NOT") && at(2).is("IN") && at(3).kind == group:
		return 4
	case op.is("IS") && at(2).is("NULL"):
		return 3
	case op.is("IS") && at(2).is("NOT") && at(3).is("NULL"):
		return 4
	}
	return 0
}

// clause reads the tokens of one comparison.
func (r rules) clause(ts []token) (Clause, error) {
	left, right := ts[0], ts[len(ts)-1]
	if left.kind != word {
		return Clause{}, fault.Invalidf("Invalid comparison clause. Expected 'Identifier' found '%s'", left.raw)
	}
	var words []string
	for _, t := range ts[1 : len(ts)-1] {
		words = append(words, strings.ToUpper(t.raw))
	}
	entity, key, err := r.identifier(left.raw)
	if err != nil {
		return Clause{}, err
	}
	if words[0] == "IS" {
		if !r.nullable(entity) {
			return Clause{}, r.badNull(entity, key)
		}
		return Clause{Entity: entity, Key: key, Op: Op(strings.Join(append(words, "NULL"), " "))}, nil
	}
	c := Clause{Entity: entity, Key: key, Op: Op(strings.Join(words, " "))}
	c.Numeric = entity == Metric || entity == Attribute && r.numeric[key]
	if c.Numeric {
		err = r.number(&c, right)
	} else {
		err = r.words(&c, right)
	}
	if err != nil {
		return Clause{}, err
	}
	return c, r.comparator(c)
}

// identifier reads "entity.key"; without an entity it is an attribute.
func (r rules) identifier(raw string) (Entity, string, error) {
	entity, key, dotted := cutDot(raw)
	if !dotted {
		entity, key = "attribute", raw
	}
	e, known := r.entities[unquote(entity)]
	if !known {
		return "", "", r.badEntity(unquote(entity))
	}
	key = unquote(key)
	switch e {
	case Attribute:
		canonical, ok := r.attributes[key]
		if !ok {
			return "", "", fault.Invalidf("Invalid attribute key '%s' specified. Valid keys are '%s'", key, pySet(keysOf(r.attributes)))
		}
		return e, canonical, nil
	case Dataset:
		if key != "name" && key != "digest" && key != "context" {
			return "", "", fault.Invalidf("Invalid dataset key '%s' specified. Valid keys are '%s'", key, pySet([]string{"context", "digest", "name"}))
		}
	}
	return e, key, nil
}

// cutDot cuts at the first dot outside the quotes of the first part.
func cutDot(s string) (before, after string, found bool) {
	if s != "" && (s[0] == '`' || s[0] == '"') {
		if n := strings.IndexByte(s[1:], s[0]); n >= 0 && strings.HasPrefix(s[n+2:], ".") {
			return s[:n+2], s[n+3:], true
		}
		return s, "", false
	}
	return strings.Cut(s, ".")
}

func (r rules) number(c *Clause, t token) error {
	if t.kind != number {
		if c.Entity == Metric {
			return fault.Invalidf("Expected numeric value type for metric. Found %s", t.raw)
		}
		return fault.Invalidf("Expected numeric value type for numeric attribute: %s. Found %s", c.Key, t.raw)
	}
	c.Number, _ = strconv.ParseFloat(t.raw, 64) // the lexer knows it is a number; out of range is an infinity, which compares as it should
	return nil
}

func (r rules) words(c *Clause, t token) error {
	switch t.kind {
	case text:
		c.Text = unquote(t.raw)
		return nil
	case word:
		return fault.Invalidf("Parameter value is either not quoted or unidentified quote types used for string value %s. Use either single or double quotes.", t.raw)
	case group:
		if r.anyList {
			list, err := parseList(t.raw)
			c.List = list
			return err
		}
		if c.Entity == Attribute && !r.lists[c.Key] {
			return fault.Invalidf("Only %s attributes support comparison with a list of quoted string values.", r.listed)
		}
		if c.Entity == Attribute || c.Entity == Dataset {
			list, err := parseList(t.raw)
			c.List = list
			return err
		}
	}
	switch c.Entity {
	case Attribute:
		return fault.Invalidf("Expected a quoted string value for attributes. Got value %s", t.raw)
	case Dataset:
		return fault.Invalidf("Expected a quoted string value for dataset attributes. Got value %s", t.raw)
	}
	return fault.Invalidf("Expected a quoted string value for %s (e.g. 'my-value'). Got value %s", c.Entity, t.raw)
}

// comparator checks that the clause's Op fits its left side.
func (r rules) comparator(c Clause) error {
	allowed := []Op{Ne, Eq, Like, ILike}
	switch {
	case c.Numeric:
		allowed = []Op{Gt, Ge, Ne, Eq, Lt, Le}
	case r.anyList, c.Entity == Dataset, c.Entity == Attribute && r.lists[c.Key]:
		allowed = append(allowed, In, NotIn)
	}
	for _, op := range allowed {
		if c.Op == op {
			return nil
		}
	}
	var names []string
	for _, op := range allowed {
		names = append(names, string(op))
	}
	return fault.Invalidf("Invalid comparator '%s' not one of '%s'", c.Op, pySet(names))
}

// pySet prints words as Python prints a set of them.
func pySet(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "'%s'", w)
	}
	return "{" + b.String() + "}"
}

// pyString prints a text as Python's repr does for the plain ones.
func pyString(s string) string {
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `\'`) + "'"
}
