// Package session is ask and tell for somebody who runs the trials himself: it
// hands out numbered proposals, takes what came of them in any order, and keeps
// what a person would otherwise have to: which are open, what was told already,
// which are best. It has no clock and no storage; one goroutine uses it.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"

	"github.com/sweepd/sweepd/internal/fault"
	"github.com/sweepd/sweepd/search"
)

// Config says what a session searches, and how.
type Config struct {
	Space    *search.Space
	Sampler  string // "" is auto
	Options  search.Options
	Maximize bool
	Stopper  search.Stopper // nil: no early stopping
	Group    string         // parameter whose values are ranked apart by Stopper; "" none
}

// Trial is a proposal, and what was told of it.
type Trial struct {
	ID     int          `json:"id"`
	Params search.Point `json:"params"`
	By     string       `json:"by,omitempty"`    // sampler or model
	Note   string       `json:"note,omitempty"`  // why
	Value  *float64     `json:"value,omitempty"` // nil while there is none
}

// Result is what came of a trial.
type Result struct {
	Value  float64 // NaN and infinities count as failed
	Failed bool
}

// Session is one search.
type Session struct {
	c       Config
	sampler search.Sampler
	trials  []*told // id-1 is the index
	outside []*told
}

// told is what is known of one trial.
type told struct {
	Trial
	result  *Result
	dropped bool
	verdict *search.Verdict // that stopped it
	last    float64         // loss of the last report
	deep    float64         // its resource
}

// New begins a session. Faults of sampler and options are fault.Invalid.
func New(c Config) (*Session, error) {
	if c.Sampler == "" {
		c.Sampler = "auto"
	}
	s, err := search.NewSampler(c.Sampler, c.Space, c.Options)
	if err != nil {
		return nil, err
	}
	return &Session{c: c, sampler: s}, nil
}

// Ask gives n proposals, fewer with exhausted when the space has no more. They
// are open until they are told or dropped.
func (s *Session) Ask(ctx context.Context, n int) (trials []Trial, exhausted bool, err error) {
	if n < 1 {
		return nil, false, fault.Invalidf("ask for at least one trial, not %d", n).Coded("ask")
	}
	ps, err := s.sampler.Ask(ctx, len(s.trials), n)
	if exhausted = errors.Is(err, search.ErrExhausted); exhausted {
		err = nil
	}
	for _, p := range ps {
		t := &told{Trial: Trial{ID: len(s.trials) + 1, Params: p.Point, By: p.By, Note: p.Note}, last: math.NaN()}
		s.sampler.Tell(search.Observation{Trial: t.ID, K: t.ID - 1, Event: search.Opened, Point: p.Point})
		s.open(t)
		s.trials = append(s.trials, t)
		trials = append(trials, t.Trial)
	}
	return trials, exhausted, err
}

func (s *Session) open(t *told) {
	if s.c.Stopper == nil {
		return
	}
	group := ""
	if s.c.Group != "" {
		group = fmt.Sprint(t.Params[s.c.Group])
	}
	s.c.Stopper.Open(t.ID, group)
}

// Tell says what came of a trial. The same again is free; another result is a
// fault.Conflict.
func (s *Session) Tell(id int, r Result) error {
	t, err := s.find(id)
	if err != nil {
		return err
	}
	if r.Failed || math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
		r = Result{Failed: true}
	}
	switch {
	case t.dropped:
		return fault.Conflictf("trial %d was dropped", id).Coded("dropped")
	case t.result != nil && *t.result == r:
		return nil
	case t.result != nil:
		return fault.Conflictf("trial %d was told before, and something else", id).Coded("told").Fix("a result stands; ask for a new trial")
	}
	t.result = &r
	if !r.Failed {
		v := r.Value
		t.Value = &v
	}
	s.sampler.Tell(s.observation(t, t.ID))
	return nil
}

// observation is a trial's result as the sampler hears it.
func (s *Session) observation(t *told, number int) search.Observation {
	o := search.Observation{Trial: number, K: t.ID - 1, Point: t.Params, Event: search.Finished, Loss: s.loss(t.result.Value), Resource: t.deep}
	switch {
	case t.result.Failed:
		o.Event = search.Failed
	case t.verdict != nil:
		o.Event, o.Resource, o.Loss = search.Stopped, t.verdict.Resource, t.last
	}
	return o
}

// TellOutside adds evidence that no proposal of the session led to. The same
// again is free.
func (s *Session) TellOutside(params search.Point, r Result) error {
	pt, err := s.c.Space.Canon(params)
	if err != nil {
		return err
	}
	if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
		r = Result{Failed: true}
	}
	for _, t := range s.outside {
		if *t.result == r && reflect.DeepEqual(t.Params, pt) {
			return nil
		}
	}
	t := &told{Trial: Trial{Params: pt, By: "outside"}, result: &r}
	if !r.Failed {
		t.Value = &r.Value
	}
	s.outside = append(s.outside, t)
	o := s.observation(t, -len(s.outside))
	s.sampler.Tell(search.Observation{Trial: o.Trial, K: -1, Event: search.Opened, Point: pt})
	o.K = -1
	s.sampler.Tell(o)
	return nil
}

// Report says what an open trial has reached, and tells whether it should stop,
// and why. Resources grow; without early stopping nothing ever stops.
func (s *Session) Report(id int, resource, value float64) (stop bool, why string, err error) {
	t, err := s.find(id)
	switch {
	case err != nil:
		return false, "", err
	case math.IsNaN(resource) || math.IsInf(resource, 0) || resource < 0:
		return false, "", fault.Invalidf("resource is a number of 0 or more, not %v", resource).Coded("resource")
	case t.result != nil || t.dropped:
		return false, "", fault.Conflictf("trial %d has ended", id).Coded("ended")
	}
	if resource >= t.deep {
		t.last, t.deep = s.loss(value), resource
	}
	s.sampler.Tell(search.Observation{Trial: id, K: id - 1, Event: search.Reading, Resource: resource, Loss: s.loss(value)})
	if s.c.Stopper == nil {
		return false, "", nil
	}
	s.c.Stopper.Report(id, resource, s.loss(value))
	for _, v := range s.c.Stopper.Judge() {
		if v.Stop && v.Trial >= 1 && v.Trial <= len(s.trials) && s.trials[v.Trial-1].verdict == nil {
			s.trials[v.Trial-1].verdict = &v
		}
	}
	if t.verdict == nil {
		return false, "", nil
	}
	return true, s.inValues(*t.verdict).Reason(), nil
}

// inValues is a verdict in the values that were told.
func (s *Session) inValues(v search.Verdict) search.Verdict {
	v.Loss, v.Cut = s.loss(v.Loss), s.loss(v.Cut)
	return v
}

// Drop forgets an open trial, as if it had never been proposed.
func (s *Session) Drop(id int) error {
	t, err := s.find(id)
	switch {
	case err != nil:
		return err
	case t.result != nil:
		return fault.Conflictf("trial %d was told already", id).Coded("told")
	case t.dropped:
		return nil
	}
	t.dropped = true
	s.sampler.Tell(search.Observation{Trial: id, K: id - 1, Event: search.Dropped})
	return nil
}

// Best are the n best trials, best first, those stopped early left out;
// evidence from outside has no id.
func (s *Session) Best(n int) []Trial {
	var out []Trial
	for _, t := range slices.Concat(s.trials, s.outside) {
		if t.Value != nil && t.verdict == nil {
			out = append(out, t.Trial)
		}
	}
	slices.SortStableFunc(out, func(a, b Trial) int { return cmp.Compare(s.loss(*a.Value), s.loss(*b.Value)) })
	return out[:min(max(n, 0), len(out))]
}

func (s *Session) find(id int) (*told, error) {
	if id < 1 || id > len(s.trials) {
		return nil, fault.NotFoundf("there is no trial %d", id).Coded("trial").Fix("ids are those that ask gave, %d so far", len(s.trials))
	}
	return s.trials[id-1], nil
}

func (s *Session) loss(v float64) float64 {
	if s.c.Maximize {
		return -v
	}
	return v
}
