package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/search/session"
	"github.com/sweepd/sweepd/trials/spec"
)

// head is the first line of ask-tell. Only the space is required; keys that the
// sweep file has too mean what they mean there.
type head struct {
	Space       json.RawMessage   `json:"space"` // also wrapped, as {"params": {...}}
	Constraints json.RawMessage   `json:"constraints"`
	Objectives  []json.RawMessage `json:"objectives"`
	Seed        uint64            `json:"seed"`
	Budget      struct {
		Trials   int `json:"trials"`
		Parallel int `json:"parallel"`
	} `json:"budget"`
	Sampler   json.RawMessage `json:"sampler"`
	EarlyStop json.RawMessage `json:"early_stop"`
	Start     json.RawMessage `json:"start"`
}

// decodeStrict decodes one JSON object; a key that is not known is an error.
func decodeStrict(line []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fault.Invalidf("the line is not what was expected: %v", err).Coded("json")
	}
	return nil
}

// openSession reads the first line: it is made a sweep file without a command,
// so that spaces, their short forms and their errors are those of the file.
func openSession(line []byte) (*session.Session, error) {
	var h head
	if err := decodeStrict(line, &h); err != nil {
		return nil, err
	}
	if len(h.Objectives) > 1 {
		return nil, fault.Invalidf("there are %d objectives, and one can be searched", len(h.Objectives)).Coded("objectives")
	}
	text := headFile{}
	text.add("command", json.RawMessage(`["ask-tell"]`))
	text.add("args", json.RawMessage(`"none"`))
	text.add("budget", fmt.Appendf(nil, `{"trials": %d}`, max(1, h.Budget.Trials)))
	objective := json.RawMessage(`{"metric": "value"}`)
	if len(h.Objectives) == 1 {
		objective = h.Objectives[0]
	}
	text.add("objective", objective)
	text.add("space", h.unwrapped())
	text.add("constraints", h.Constraints)
	text.add("sampler", h.Sampler)
	text.add("early_stop", h.EarlyStop)
	text.add("start", h.Start)
	parsed, _, err := spec.Parse(text.source(), spec.Options{File: "the first line", Seed: func() uint64 { return h.Seed }})
	if err != nil {
		return nil, text.placed(err)
	}
	return h.session(&parsed.Stages[0])
}

// headFile is the sweep file that a first line stands for: a key a line, so that
// the place of a fault can be said as a character of the value that was written.
type headFile struct{ keys, lines []string }

func (f *headFile) add(key string, value json.RawMessage) {
	if len(value) > 0 {
		f.keys = append(f.keys, key)
		f.lines = append(f.lines, `"`+key+`": `+string(value))
	}
}

func (f *headFile) source() []byte { return []byte("{\n" + strings.Join(f.lines, ",\n") + "\n}") }

// placed names the key and the character where each problem is.
func (f *headFile) placed(err error) error {
	e := fault.Of(err)
	if e == nil {
		return err
	}
	for i := range e.Problems {
		p := &e.Problems[i]
		if n := p.Line - 2; n >= 0 && n < len(f.keys) {
			p.Where = f.keys[n]
			if at := p.Column - len(f.keys[n]) - len(`"": `); at > 0 {
				p.Where += ", character " + strconv.Itoa(at)
			}
		}
		p.Line, p.Column = 0, 0
	}
	return e
}

// unwrapped is the space itself: the evaluation protocols of others write it as
// {"params": {...}}.
func (h *head) unwrapped() json.RawMessage {
	var wrapped struct {
		Params json.RawMessage `json:"params"`
	}
	if decodeStrict(h.Space, &wrapped) == nil && len(wrapped.Params) > 0 && wrapped.Params[0] == '{' {
		return wrapped.Params
	}
	return h.Space
}

func (h *head) session(st *spec.Stage) (*session.Session, error) {
	if st.Space == nil {
		return nil, fault.Invalidf("there is no space to search").Coded("space").Fix(`write {"space": {"lr": {"log": [1e-5, 1e-1]}}}`)
	}
	space, err := search.NewSpace(*st.Space)
	if err != nil {
		return nil, err
	}
	c := session.Config{
		Space: space, Sampler: st.Sampler.Algorithm, Maximize: st.Objective.Goal == spec.Maximize,
		Options: search.Options{Seed: st.Sampler.Seed, Budget: h.Budget.Trials, Parallel: h.Budget.Parallel, Balance: st.Sampler.Balance},
	}
	for _, pt := range st.Start {
		c.Options.Start = append(c.Options.Start, search.Point(pt))
	}
	if e := st.EarlyStop; e != nil {
		c.Group = e.Group
		c.Stopper, err = search.NewStopper(e.Algorithm, search.StopOptions{Min: e.Min, Max: e.Max, Eta: e.Eta, Grouped: e.Group != "", Await: true})
		if err != nil {
			return nil, err
		}
	}
	return session.New(c)
}
