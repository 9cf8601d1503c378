package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// jsonReader reads JSON into a tree with the place of every value.
type jsonReader struct {
	origin   string
	source   []byte
	starts   []int // offset of each line
	dec      *json.Decoder
	problems []fault.Problem
}

// readJSON reads source when it is a JSON object; ok is false when it is not,
// and then it may be YAML.
func readJSON(source []byte, origin string) (*node, []fault.Problem, bool) {
	text := bytes.TrimLeft(source, " \t\r\n")
	if len(text) == 0 || text[0] != '{' && text[0] != '[' || !json.Valid(source) {
		return nil, nil, false
	}
	r := &jsonReader{origin: origin, source: source, starts: []int{0}, dec: json.NewDecoder(bytes.NewReader(source))}
	for i, b := range source {
		if b == '\n' {
			r.starts = append(r.starts, i+1)
		}
	}
	r.dec.UseNumber()
	n := r.node(0)
	return n, r.problems, true
}

// place is where the next value begins.
func (r *jsonReader) place() place {
	at := int(r.dec.InputOffset())
	for at < len(r.source) && strings.IndexByte(" \t\r\n,:", r.source[at]) >= 0 {
		at++
	}
	line := sort.SearchInts(r.starts, at+1)
	return place{origin: r.origin, line: line, column: at - r.starts[line-1] + 1}
}

func (r *jsonReader) fail(at place, format string, args ...any) {
	r.problems = append(r.problems, fault.Problem{Where: at.String(), Message: fmt.Sprintf(format, args...), Line: at.line, Column: at.column})
}

func (r *jsonReader) node(depth int) *node {
	n := &node{at: r.place(), size: 1}
	token, err := r.dec.Token()
	if err != nil {
		r.fail(n.at, "this is not JSON: %s", err)
		return n
	}
	switch t := token.(type) {
	case json.Delim:
		if depth > maxDepth {
			r.fail(n.at, "more than %d maps and lists inside one another", maxDepth)
			r.skip()
			return n
		}
		if t == '[' {
			n.kind = listKind
			for r.dec.More() {
				n.items = append(n.items, r.node(depth+1))
			}
		} else {
			n.kind = mapKind
			r.fields(n, depth)
		}
		_, _ = r.dec.Token() // the closing bracket; the text is valid
	case json.Number:
		n.text = t.String()
		n.kind, n.value = scalar(n.text)
	case string:
		n.kind, n.text, n.value = stringKind, t, t
	case bool:
		n.kind, n.value, n.text = boolKind, t, fmt.Sprint(t)
	}
	return n
}

func (r *jsonReader) fields(n *node, depth int) {
	seen := map[string]int{}
	for r.dec.More() {
		at := r.place()
		token, _ := r.dec.Token()
		name, _ := token.(string)
		value := r.node(depth + 1)
		if line, twice := seen[name]; twice {
			r.fail(at, "%s is given twice, first in line %d", name, line)
			continue
		}
		seen[name] = at.line
		_, key := scalar(name)
		n.fields = append(n.fields, field{name: name, key: key, at: at, value: value})
	}
}

// skip reads to the end of the list or map just opened.
func (r *jsonReader) skip() {
	for open := 1; open > 0; {
		token, err := r.dec.Token()
		if err != nil {
			return
		}
		if d, ok := token.(json.Delim); ok {
			if d == '{' || d == '[' {
				open++
			} else {
				open--
			}
		}
	}
}
