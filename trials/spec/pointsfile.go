package spec

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

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
