package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/internal/pyjson"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/search/session"
)

// askTellCmd is the verb ask-tell: search alone, for a program that runs its
// trials itself. It reads one JSON object a line and answers each with one, the
// first excepted, which says what is searched. It ends with its input.
type askTellCmd struct{}

// maxAskTellLine bounds a line: a space of some thousand parameters, a point.
const maxAskTellLine = 16 << 20

// Run serves standard input until it ends. A bad line is answered with an error
// and the session goes on; a bad first line ends it.
func (askTellCmd) Run(e *env) error { return askTell(e.ctx, os.Stdin, e.out) }

func askTell(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxAskTellLine)
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	var s *session.Session
	for lines.Scan() {
		line := pyjson.Null(lines.Bytes())
		if s == nil {
			var err error
			if s, err = openSession(line); err != nil {
				return errors.Join(answers.Encode(refusal(err)), err)
			}
			continue
		}
		answer, err := answerLine(ctx, s, line)
		if err != nil {
			answer = refusal(err)
		}
		if err := answers.Encode(answer); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	if err := lines.Err(); err != nil {
		return fault.Invalidf("a line is longer than %d MiB", maxAskTellLine>>20).Because(err)
	}
	return nil
}

// refusal is an error as an answer.
func refusal(err error) any {
	type problem struct {
		Code     string          `json:"code,omitempty"`
		Message  string          `json:"message"`
		Hint     string          `json:"hint,omitempty"`
		Problems []fault.Problem `json:"problems,omitempty"`
	}
	p := problem{Message: err.Error()}
	if f := fault.Of(err); f != nil {
		p = problem{Code: f.Code, Message: f.Message, Hint: f.Hint, Problems: f.Problems}
	}
	return map[string]problem{"error": p}
}

// request is one line after the first: exactly one of its keys.
type request struct {
	Ask    *int        `json:"ask"`
	Tell   *toldLine   `json:"tell"`
	Report *reportLine `json:"report"`
	Drop   *int        `json:"drop"`
	Best   *int        `json:"best"`
}

// toldLine is what came of a trial, or, with params, of a point from elsewhere.
type toldLine struct {
	ID          *int               `json:"id"`
	Params      map[string]any     `json:"params"`
	Value       *float64           `json:"value"`
	Values      map[string]float64 `json:"values"` // by metric
	Failed      bool               `json:"failed"`
	Cost        *float64           `json:"cost"`
	Constraints []*float64         `json:"constraints"` // feasible when none is above 0
	Noise       *float64           `json:"noise"`
}

// reportLine is what an open trial has reached.
type reportLine struct {
	ID       int      `json:"id"`
	Resource float64  `json:"resource"`
	Value    *float64 `json:"value"`
}

func answerLine(ctx context.Context, s *session.Session, line []byte) (any, error) {
	var r request
	if err := decodeStrict(line, &r); err != nil {
		return nil, err
	}
	switch {
	case r.Ask != nil:
		ts, exhausted, err := s.Ask(ctx, *r.Ask)
		if err != nil {
			return nil, err
		}
		return struct {
			Trials    []session.Trial `json:"trials"`
			Exhausted bool            `json:"exhausted,omitempty"`
		}{append([]session.Trial{}, ts...), exhausted}, nil
	case r.Tell != nil:
		return struct{}{}, r.Tell.tell(s)
	case r.Report != nil:
		return r.Report.report(s)
	case r.Drop != nil:
		return struct{}{}, s.Drop(*r.Drop)
	case r.Best != nil:
		return map[string]any{"trials": append([]session.Trial{}, s.Best(*r.Best)...)}, nil
	}
	return nil, fault.Invalidf("the line asks for nothing").Coded("request").Fix(`write one of {"ask": 1}, {"tell": {...}}, {"report": {...}}, {"drop": 1}, {"best": 1}`)
}

func (l *toldLine) tell(s *session.Session) error {
	r := session.Result{Failed: l.Failed}
	switch {
	case r.Failed:
	case l.Value != nil:
		r.Value = *l.Value
	case len(l.Values) == 1:
		for _, v := range l.Values {
			r.Value = v
		}
	default:
		r.Failed = true // null or NaN
	}
	for _, c := range l.Constraints {
		r.Failed = r.Failed || c == nil || *c > 0
	}
	switch {
	case l.ID != nil && l.Params == nil:
		return s.Tell(*l.ID, r)
	case l.ID == nil && l.Params != nil:
		return s.TellOutside(search.Point(l.Params), r)
	}
	return fault.Invalidf("tell names a trial by id, or a point from elsewhere by params").Coded("tell").Fix(`write {"tell": {"id": 1, "value": 0.3}}`)
}

func (l *reportLine) report(s *session.Session) (any, error) {
	value := math.NaN()
	if l.Value != nil {
		value = *l.Value
	}
	stop, why, err := s.Report(l.ID, l.Resource, value)
	return struct {
		Stop bool   `json:"stop"`
		Why  string `json:"why,omitempty"`
	}{stop, why}, err
}
