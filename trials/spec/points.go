package spec

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxPoints bounds a submission of explicit trials.
const maxPoints = 1_000_000

// readPoints reads explicit trials: a list, or the name of a file.
func (b *builder) readPoints(o object, s *Stage) {
	n := o.n.get("points")
	rows := n
	switch n.kind {
	case stringKind:
		if rows = b.pointsFile(n); rows == nil {
			return
		}
	case listKind:
	default:
		b.fail(n.at, "write - {lr: 1e-3, width: 64} below it, or the name of a file", "points is a list of points, not %s", n.describe())
		return
	}
	if rows.kind != listKind {
		b.fail(rows.at, "", "%s holds %s, not a list of points", n.describe(), rows.describe())
		return
	}
	if len(rows.items) == 0 {
		b.fail(rows.at, "give at least one", "there are no points")
		return
	}
	if len(rows.items) > maxPoints {
		b.fail(rows.at, "", "%d points are more than %d", len(rows.items), maxPoints)
		return
	}
	s.Points = make([]PointSpec, 0, len(rows.items))
	seen := make(map[string]place, len(rows.items))
	ids := map[string]place{}
	for _, row := range rows.items {
		pt, ok := b.point(row)
		if !ok {
			continue
		}
		key := canonical(pt.Params)
		if first, twice := seen[key]; twice {
			b.fail(row.at, "take one out", "the point is the same as that of line %d", first.line)
			continue
		}
		seen[key] = row.at
		if pt.ID != "" {
			if first, twice := ids[pt.ID]; twice {
				b.fail(row.at, "", "the id %q is that of line %d too", pt.ID, first.line)
				continue
			}
			ids[pt.ID] = row.at
		}
		s.Points = append(s.Points, pt)
	}
}

var pointKeys = keys{known: []string{"params", "id", "name", "seed"}, later: []string{"resources"}}

// point reads one point: flat, or {params, id, name, seed}.
func (p *parser) point(n *node) (PointSpec, bool) {
	var out PointSpec
	if n.kind != mapKind {
		p.fail(n.at, "for example {lr: 1e-3, width: 64}", "a point is a map, not %s", n.describe())
		return out, false
	}
	wrapped := n.get("params")
	if wrapped == nil || wrapped.kind != mapKind {
		var ok bool
		out.Params, ok = p.params(n, "")
		return out, ok
	}
	o := p.object(n, "a point", pointKeys)
	o.text("id", &out.ID)
	o.text("name", &out.Name)
	if seed := n.get("seed"); seed != nil && seed.kind != nullKind {
		v, ok := seed.value.(int64)
		if !ok || v < 0 {
			p.fail(seed.at, "", "the seed of a point is a whole number from 0, not %s", seed.describe())
		}
		u := uint64(max(v, 0))
		out.Seed = &u
	}
	var ok bool
	out.Params, ok = p.params(wrapped, "")
	return out, ok
}

// params reads parameter values; nested maps are dotted names.
func (p *parser) params(n *node, prefix string) (map[string]any, bool) {
	out, ok := make(map[string]any, len(n.fields)), true
	for _, f := range n.fields {
		name := prefix + f.name
		switch f.value.kind {
		case mapKind:
			inner, fine := p.params(f.value, name+".")
			for k, v := range inner {
				out[k] = v
			}
			ok = ok && fine
			continue
		case listKind:
			p.fail(f.value.at, "quote it, and let the script read the text", "%s is a list, and a parameter is one value", name)
			ok = false
			continue
		case floatKind:
			if v := f.value.value.(float64); math.IsNaN(v) || math.IsInf(v, 0) {
				p.fail(f.value.at, "", "%s is %s, which is not a finite number", name, f.value.text)
				ok = false
				continue
			}
		}
		if !passable.MatchString(name) {
			p.fail(f.at, "letters, digits, _ . / - after a letter or _", "the name %q cannot be passed to a trial", name)
			ok = false
			continue
		}
		out[name] = f.value.plainValue()
	}
	return out, ok
}

// canonical is the same text for the same parameters.
func canonical(params map[string]any) string {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name)
		if s, ok := params[name].(string); ok {
			b.WriteString(strconv.Quote(s))
		} else {
			b.WriteByte('=')
			b.WriteString(formatValue(params[name]))
		}
		b.WriteByte(',')
	}
	return b.String()
}

// pointsFile reads a file of points: .jsonl, .json, .yaml or .csv.
func (b *builder) pointsFile(n *node) *node {
	if b.o.ReadFile == nil {
		b.fail(n.at, "write the points into the sweep file", "points: %s cannot be read from here", n.text)
		return nil
	}
	data, err := b.o.ReadFile(n.text)
	if err != nil {
		b.fail(n.at, "paths are relative to the sweep file", "points: %s cannot be read: %s", n.text, cause(err))
		return nil
	}
	if len(data) > maxSource {
		b.fail(n.at, "", "points: %s has %d bytes, more than %d", n.text, len(data), maxSource)
		return nil
	}
	switch ext := strings.ToLower(filepath.Ext(n.text)); ext {
	case ".jsonl", ".ndjson":
		return b.jsonLines(data, n.text)
	case ".csv", ".tsv":
		return b.csv(data, n, ext == ".tsv")
	case ".json", ".yaml", ".yml":
		rows, problems := readTree(data, n.text)
		b.problems = append(b.problems, problems...)
		return rows
	default:
		b.fail(n.at, "one of: .jsonl, .json, .yaml, .csv", "points: the ending of %s says nothing about its form", n.text)
		return nil
	}
}

// jsonLines reads one point per line; empty lines are passed over.
func (b *builder) jsonLines(data []byte, origin string) *node {
	out := &node{kind: listKind, at: place{origin: origin, line: 1, column: 1}}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(make([]byte, 0, 1<<16), maxSource)
	for i := 1; lines.Scan(); i++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		at := place{origin: origin, line: i, column: 1}
		row, problems, ok := readJSON(line, origin)
		if !ok {
			b.fail(at, "one object per line: {\"lr\": 0.001}", "the line is not a JSON object")
			continue
		}
		row.moveTo(i)
		for _, q := range problems {
			at.column = q.Column
			b.fail(at, q.Hint, "%s", q.Message)
		}
		out.items = append(out.items, row)
	}
	return out
}

// moveTo gives a freshly read tree another line.
func (n *node) moveTo(line int) {
	n.at.line = line
	for _, item := range n.items {
		item.moveTo(line)
	}
	for i := range n.fields {
		n.fields[i].at.line = line
		n.fields[i].value.moveTo(line)
	}
}

// csv reads a table whose first line has the names. Cells are read as YAML
// reads unquoted text; an empty cell leaves its parameter out.
func (b *builder) csv(data []byte, n *node, tabs bool) *node {
	origin := n.text
	out := &node{kind: listKind, at: place{origin: origin, line: 1, column: 1}}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	r.TrimLeadingSpace, r.ReuseRecord = true, true
	if tabs {
		r.Comma = '\t'
	}
	first, err := r.Read()
	if err != nil {
		b.fail(out.at, "the first line has the names of the parameters", "the table has no head")
		return nil
	}
	head := slices.Clone(first)
	for i, name := range head {
		if head[i] = strings.TrimSpace(name); head[i] == "" || slices.Contains(head[:i], head[i]) {
			b.fail(out.at, "", "column %d of the table has no name of its own", i+1)
			return nil
		}
	}
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			var bad *csv.ParseError
			at := out.at
			if errors.As(err, &bad) {
				at.line, at.column, err = bad.Line, bad.Column, bad.Err
			}
			b.fail(at, fmt.Sprintf("the head has %d columns", len(head)), "the row cannot be read: %s", err)
			return nil
		}
		row := &node{kind: mapKind}
		for i, cell := range record {
			line, column := r.FieldPos(i)
			at := place{origin: origin, line: line, column: column}
			if i == 0 {
				row.at = at
			}
			v := &node{text: strings.TrimSpace(cell), plain: true, at: at}
			if v.kind, v.value = scalar(v.text); v.kind != nullKind {
				row.fields = append(row.fields, field{name: head[i], at: at, value: v})
			}
		}
		out.items = append(out.items, row)
	}
}
