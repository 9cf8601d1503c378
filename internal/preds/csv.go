package preds

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// readCSV reads a table with a header line. The column "id" names the rows, all
// others are the matrix; a column with anything but numbers makes it text.
func readCSV(name string, r io.Reader, lim Limits) (*table, error) {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = b.Discard(3) // they were peeked at
	}
	c := csv.NewReader(b)
	c.ReuseRecord = true
	head, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, fault.Invalidf("the file is empty").At(name).Coded("empty")
	}
	if err != nil {
		return nil, badCSV(name, err)
	}
	head = slices.Clone(head)
	if _, err := strconv.ParseFloat(strings.TrimSpace(head[0]), 64); err == nil {
		return nil, fault.Invalidf("the first line holds numbers").At(name+":1").Coded("csv_header").
			Fix("begin with a line of column names, %q for the ids", "id")
	}
	id := slices.Index(head, "id")
	t := &table{cols: len(head)}
	if id >= 0 {
		t.cols, t.ids = t.cols-1, []string{}
	}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badCSV(name, err)
		}
		if len(record)*(t.rows+1) > lim.values() {
			return nil, fault.Invalidf("the file holds more than the %d values allowed", lim.values()).At(name).Coded("too_large")
		}
		t.rows++
		for i, field := range record {
			if i == id {
				t.ids = append(t.ids, strings.Clone(field))
				continue
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil && t.notNumber == nil {
				line, column := c.FieldPos(i)
				t.notNumber = fault.Invalidf("%q in column %q is no number", field, head[i]).At(fmt.Sprintf("%s:%d:%d", name, line, column)).Coded("csv_value")
			}
			t.numbers = append(t.numbers, v)
			if t.cols == 1 {
				t.text = append(t.text, strings.Clone(field))
			}
		}
	}
	if t.notNumber == nil {
		t.text = nil
		return t, nil
	}
	if t.cols > 1 {
		return nil, t.notNumber
	}
	t.numbers = nil
	return t, nil
}

// badCSV names the line that cannot be read.
func badCSV(name string, err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fault.Invalidf("%v", p.Err).At(fmt.Sprintf("%s:%d:%d", name, p.Line, p.Column)).Coded("csv_syntax")
	}
	return fmt.Errorf("read %s: %w", name, err)
}
