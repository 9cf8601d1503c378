package plan

import (
	"time"

	"github.com/sweepd/sweepd/search"
	"github.com/sweepd/sweepd/trials"
	"github.com/sweepd/sweepd/trials/spec"
)

// View is all that a decision rests on: one sweep at one moment. It is plain
// data that a board fills in; Next changes none of it. What is per branch or
// per open trial is written out. What is as long as the history is behind two
// functions, called only in the rare steps that need it.
type View struct {
	Now    time.Time
	Sweep  trials.Sweep // Spec is set
	Stages []Stage      // in the order of the file

	Verdicts []Verdict // judged, and not yet recorded or delivered
	Ended    []Ended   // running trials whose newest attempt ended and that await Retry or Fail, by number
	Alike    Alike     // the first failures, as long as no trial succeeded
	Silent   *Silent   // the first trial that ended without the objective; nil once any reading or success was seen

	// Elapsed is the time since the first claim, pauses excluded.
	Elapsed time.Duration

	// Trials gives every trial of a stage, by number. Not changed by Next.
	Trials func(stage string) []*trials.Trial
	// Open gives the trials of the sweep that have not ended, by number.
	Open func() []Live
}

// Stage is a stage as it stands.
type Stage struct {
	trials.Stage
	Spec     *spec.Stage
	Branches []Branch
	Slots    int  // attempts that fit on the workers seen lately, all together; 0 without workers
	Deals    bool // its points depend on results: create few ahead. False for random, sobol and the like
	All      bool // create all trials at once: points and grids
	Building bool // its ensemble is being built
}

// Open is the number of trials of the stage that have not ended.
func (s *Stage) Open() int {
	n := 0
	for i := range s.Branches {
		n += s.Branches[i].Running
	}
	return n
}

// Asking is the number of proposals asked for and not stored yet.
func (s *Stage) Asking() int {
	n := 0
	for i := range s.Branches {
		n += s.Branches[i].Asking
	}
	return n
}

// Branch is a branch as it stands.
type Branch struct {
	trials.Branch
	Running int      // trials that have not ended
	Asking  int      // proposals asked for and not stored yet; no second Ask is made meanwhile
	Best    *float64 // smallest loss of a completed trial; nil before the first
}

// Verdict is a judgement to be stored: a stop to be asked for, or the news that
// a trial goes on.
type Verdict struct {
	Trial   int64
	Number  int
	Attempt int // the live one
	search.Verdict
}

// Ended is a trial that cannot go on by itself: its newest attempt ended
// without success and no other is on its way.
type Ended struct {
	Trial   *trials.Trial
	Stage   *spec.Stage
	Verdict trials.Verdict
	Failure *trials.Failure      // of the newest attempt; nil when it was lost
	Params  search.Point         // what the newest attempt ran with
	Same    map[trials.Class]int // attempts of the trial by class of failure, the newest included
	LostOn  int                  // different workers on which attempts of it were lost
}

// Alike counts equal failures at the start of a sweep.
type Alike struct {
	Fingerprint string
	Message     string
	Count       int
	Trial       int // number of the first of them
}

// Silent is a trial that succeeded without the objective.
type Silent struct {
	Trial int
	Seen  []string // the metrics it logged
}

// Live is a trial that has not ended, with its newest attempt.
type Live struct {
	Trial *trials.Trial
	State trials.AttemptState
	Asked bool // it was asked to stop
}

// paused tells whether nothing new may be begun.
func (v *View) paused() bool { return v.Sweep.State != trials.SweepRunning }

// over tells whether the time of the sweep is up.
func (v *View) over() bool {
	wall := v.Sweep.Spec.Budget.Wall
	return wall > 0 && v.Elapsed >= wall
}

func (v *View) stage(name string) *Stage {
	for i := range v.Stages {
		if v.Stages[i].Name == name {
			return &v.Stages[i]
		}
	}
	return nil
}
