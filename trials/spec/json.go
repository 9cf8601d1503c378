package spec

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/sweepd/sweepd/search"
)

// UnmarshalJSON reads a resolved stage back exactly: values of points and
// spaces that are whole numbers come back as int64, others as float64.
// Durations are in nanoseconds here; Echo writes them for people.
func (s *Stage) UnmarshalJSON(data []byte) error {
	type plain Stage
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode((*plain)(s)); err != nil {
		return err
	}
	for _, pt := range s.Start {
		exact(pt)
	}
	for _, pt := range s.Points {
		exact(pt.Params)
	}
	if s.ForEach != nil {
		exactAll(s.ForEach.Items)
	}
	exactSpace(s.Space)
	exactSpace(s.overrides())
	return nil
}

func exactSpace(d *search.Definition) {
	if d == nil {
		return
	}
	for i := range d.Params {
		p := &d.Params[i]
		exactAll(p.Values)
		p.Default, p.Equals = exactValue(p.Default), exactValue(p.Equals)
	}
}

func exact(m map[string]any) {
	for k, v := range m {
		m[k] = exactValue(v)
	}
}

func exactAll(list []any) {
	for i, v := range list {
		list[i] = exactValue(v)
	}
}

func exactValue(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if !strings.ContainsAny(n.String(), ".eE") {
		if i, err := n.Int64(); err == nil {
			return i
		}
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return (&node{value: f}).plainValue()
}
