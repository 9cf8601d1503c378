// Package search is the mathematics of a sweep: spaces and points, samplers
// that propose points, stoppers that judge trials. It has no clock, no file, no
// network and no global random source: everything random is drawn from a seed
// that the caller gives, so that the same facts give the same proposals.
//
// Loss is always minimised here; a caller that maximises turns the sign.
package search

import (
	"context"
	"fmt"
)

// Point is a configuration: the active parameters of a space by the names a
// trial is given (a child "family=svm/C" is "C" here). Values are float64,
// int64, string, bool or nil (nil: the argument is left out).
type Point map[string]any

// Event says what an Observation tells about its trial.
type Event string

// What can be told of a trial. Every event is idempotent, and the order in
// which the events of different trials arrive does not matter.
const (
	Opened   Event = "opened"   // proposed by someone and pending; Point is set
	Reading  Event = "reading"  // Loss at Resource
	Finished Event = "finished" // final Loss, at Resource when the trial reports
	Stopped  Event = "stopped"  // stopped early at Resource with Loss so far; no final value
	Failed   Event = "failed"   // infeasible or crashed: evidence, never forgotten
	Reset    Event = "reset"    // its attempt began again from nothing: readings so far are void
	Dropped  Event = "dropped"  // cancelled: as if it had never been proposed
)

// Observation is one fact about a trial. Trial numbers order observations; a
// sampler's state is a function of their set.
type Observation struct {
	Trial    int     // number within the sweep, from 1; negative for evidence from outside
	K        int     // the branch's proposal counter when a sampler of this branch proposed it; -1 for a point from elsewhere
	Event    Event   //
	Point    Point   // needed with Opened; later events may leave it nil
	Resource float64 // ordinal of the reading, or what the stage counts; 0 when unknown
	Loss     float64 // NaN and infinities count as failed
	Degraded bool    // the value was reached by changed parameters (an OOM ladder); Point is still the proposed one
}

// Proposal is a point and where it comes from.
type Proposal struct {
	Point Point
	By    string // sampler or model: "tpe", "init", "sobol", "start"
	Note  string // why, for people: "best expected improvement of 24 candidates"
}

// Sampler proposes points for one branch of a stage. Its state is a function of
// the set of observations told and proposal k is drawn from a generator seeded
// by (seed, k): a sampler rebuilt from rows proposes what the live one would.
// It is used by one goroutine at a time.
type Sampler interface {
	// Tell takes one fact. Facts may repeat and come in any order.
	Tell(Observation)
	// Ask gives proposals k, k+1, ..., k+n-1: feasible, canonical, distinct
	// from one another and from every point told. Fewer than n with
	// ErrExhausted when the space has no more. Points of an Ask count as
	// pending only once they are told as Opened.
	Ask(ctx context.Context, k, n int) ([]Proposal, error)
}

// Verdict is a judgement on a trial at a rung. A reason is not optional: Rule,
// Rung, Rank, Of and Cut are what a person is shown.
type Verdict struct {
	Trial    int     `json:"trial"`
	Stop     bool    `json:"stop"`
	Rule     string  `json:"rule"`            // "asha"
	Group    string  `json:"group,omitempty"` // trials are ranked within it; "" when there is one group
	Rung     int     `json:"rung"`            // index, 0 is the lowest
	Resource float64 `json:"resource"`        // of the rung
	Loss     float64 `json:"loss"`            // of the trial at the rung, minimised
	Rank     int     `json:"rank"`            // 1 is best
	Of       int     `json:"of"`              // trials on the rung when it was decided
	Cut      float64 `json:"cut"`             // the worst loss that would have gone on; NaN is never used: Of >= 1
}

// Reason is the verdict as a sentence: "stopped early at 9: rank 80 of 197, cut
// 0.9017, has 0.8994". The numbers are as they stand in v: losses, unless the
// caller has turned their sign.
func (v Verdict) Reason() string {
	word := "goes on"
	if v.Stop {
		word = "stopped early"
	}
	return fmt.Sprintf("%s at %g: rank %d of %d, cut %.6g, has %.6g", word, v.Resource, v.Rank, v.Of, v.Cut, v.Loss)
}

// Stopper judges running trials of one branch. It is used by one goroutine at a
// time. A board feeds it in the order of the readings' change sequence.
type Stopper interface {
	// Open names a trial's group before its first report; "" is a group too.
	Open(trial int, group string)
	// Report tells a loss at a resource. The same resource again replaces.
	Report(trial int, resource, loss float64)
	// Reset forgets a trial's reports and rung entries, not verdicts recorded.
	Reset(trial int)
	// Recorded tells a verdict that was stored earlier: it is not given again.
	// A rebuild tells the verdicts of a trial before it replays its reports, so
	// that they are not judged against other facts than those of the time.
	Recorded(v Verdict)
	// Judge gives the verdicts that are new since the last call, stops and
	// promotions alike, in the order they fell. O(new reports · log n).
	Judge() []Verdict
}
