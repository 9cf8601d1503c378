// Package spec is the sweep file: it parses what a user wrote, fills in every
// default, checks it, and reports all faults at once with line, column and the
// nearest name. What it gives is plain data: a Spec has no behaviour that needs
// a clock, a store or a network.
package spec

import (
	"time"

	"github.com/sweepd/sweepd/search"
)

// Spec is a resolved sweep file: every default is filled in, short forms are
// written out. It is stored with the sweep and echoed to the user as JSON.
type Spec struct {
	Version     int               `json:"version"` // 1
	Name        string            `json:"name"`    // also the name of the MLflow experiment
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Objective   Objective         `json:"objective"` // of the sweep's best; Metric is "" for a plain job array
	Budget      Budget            `json:"budget"`    // caps the sum of all stages
	Priority    int               `json:"priority"`
	Weight      float64           `json:"weight"` // share among sweeps of one priority; 1 by default
	Failures    Failures          `json:"failures"`
	Stages      []Stage           `json:"stages"` // in the order of the file, never empty
}

// Objective is what makes one trial better than another.
type Objective struct {
	Metric string `json:"metric"`           // exact key as logged
	Goal   Goal   `json:"goal"`             // minimize by default
	Reduce string `json:"reduce"`           // best | last | mean_last:k, over the attempt's readings
	LastK  int    `json:"last_k,omitempty"` // k of mean_last:k
}

// Goal is the direction of an objective.
type Goal string

// The directions. Loss is a value that is minimised: Goal.Loss turns the sign.
const (
	Minimize Goal = "minimize"
	Maximize Goal = "maximize"
)

// Loss is v as something to minimise.
func (g Goal) Loss(v float64) float64 {
	if g == Maximize {
		return -v
	}
	return v
}

// Value undoes Loss.
func (g Goal) Value(loss float64) float64 { return g.Loss(loss) }

// Better tells whether a is better than b; NaN is never better.
func (g Goal) Better(a, b float64) bool {
	if g == Maximize {
		return a > b
	}
	return a < b
}

// Budget is a total, never "more". Zero means not limited by this key.
type Budget struct {
	Trials       int           `json:"trials,omitempty"`
	Parallel     int           `json:"parallel,omitempty"` // attempts that may be queued or live at once; 0: as many as there are slots
	Wall         time.Duration `json:"wall,omitempty"`     // from the first claim, pauses excluded
	TrialTimeout time.Duration `json:"trial_timeout,omitempty"`
	Split        string        `json:"split,omitempty"`  // of a stage with for_each: equal | shared | list
	Shares       []int         `json:"shares,omitempty"` // with Split list: trials per branch
	AtEnd        string        `json:"at_end,omitempty"` // stop | finish, when Wall is over
}

// Failures says when failing trials pause the sweep.
type Failures struct {
	PauseAfterFirst int `json:"pause_after_first"` // so many equal failures before any success; 3 by default, 0 never
}

// StageKind tells what a stage does.
type StageKind string

// The kinds of stage.
const (
	SearchStage   StageKind = "search"
	EnsembleStage StageKind = "ensemble"
)

// Stage is one phase of a sweep with every top-level default merged in.
type Stage struct {
	Name  string    `json:"name"`
	Kind  StageKind `json:"kind"`
	After []string  `json:"after,omitempty"` // stages that must have ended first
	When  string    `json:"when,omitempty"`  // expression; false skips the stage
	Line  int       `json:"line,omitempty"`  // of the stage in the file, for errors at run time

	Command     []string          `json:"command,omitempty"` // argv with ${placeholders}
	Python      string            `json:"python,omitempty"`  // module:function
	Interpreter string            `json:"interpreter,omitempty"`
	Warm        []string          `json:"warm,omitempty"` // imported by the fork server
	Args        string            `json:"args,omitempty"` // equals | space | hydra | flags | none
	Env         map[string]string `json:"env,omitempty"`
	Workdir     Workdir           `json:"workdir"`
	Data        []string          `json:"data,omitempty"` // linked, never packed
	Outputs     map[string]string `json:"outputs,omitempty"`

	Objective Objective            `json:"objective"`
	Budget    Budget               `json:"budget"`
	Space     *search.Definition   `json:"space,omitempty"`  // nil with Narrow or Points
	Narrow    *Narrow              `json:"narrow,omitempty"` // the space is made around earlier winners
	ForEach   *ForEach             `json:"for_each,omitempty"`
	LearnFrom []string             `json:"learn_from,omitempty"` // stages whose trials are told to the sampler
	Sampler   Sampler              `json:"sampler"`
	Start     []map[string]any     `json:"start,omitempty"`
	Points    []PointSpec          `json:"points,omitempty"` // explicit trials instead of a space
	EarlyStop *EarlyStop           `json:"early_stop,omitempty"`
	Resources Resources            `json:"resources"`
	OnOOM     *OnOOM               `json:"on_oom,omitempty"`
	Retry     map[string]RetryRule `json:"retry,omitempty"` // by failure class; classes absent are not retried
	Stop      StopLadder           `json:"stop"`
	Ensemble  *Ensemble            `json:"ensemble,omitempty"`
}

// Workdir says where a trial runs.
type Workdir struct {
	Path    string `json:"path,omitempty"`     // directory of the sweep file at submission; absolute
	InPlace bool   `json:"in_place,omitempty"` // run in Path itself instead of in a directory of its own
}

// Narrow makes a space around the winners of an earlier stage.
type Narrow struct {
	Stage    string             `json:"stage"`
	Keep     float64            `json:"keep"`  // share of the completed trials that count as winners; 0.3
	Widen    float64            `json:"widen"` // of the range, on both sides; 0.25
	Override *search.Definition `json:"override,omitempty"`
}

// ForEach makes one branch per item, known only when the stage opens.
type ForEach struct {
	Name  string `json:"name"`
	Expr  string `json:"expr,omitempty"`
	Items []any  `json:"items,omitempty"`
}

// Sampler names who proposes.
type Sampler struct {
	Algorithm string `json:"algorithm"`
	Seed      uint64 `json:"seed"` // drawn at submission when the user gave none, then recorded
	Balance   string `json:"balance,omitempty"`
}

// PointSpec is one explicit trial.
type PointSpec struct {
	Params map[string]any `json:"params"`
	ID     string         `json:"id,omitempty"` // the user's own
	Name   string         `json:"name,omitempty"`
	Seed   *uint64        `json:"seed,omitempty"`
}

// EarlyStop is a stopping rule.
type EarlyStop struct {
	Algorithm string  `json:"algorithm"` // asha
	Min       float64 `json:"min"`
	Max       float64 `json:"max,omitempty"` // 0: rungs go on
	Eta       float64 `json:"eta"`
	Resource  string  `json:"resource"` // reports | step | seconds | metric:NAME
	Group     string  `json:"group,omitempty"`
	When      string  `json:"when,omitempty"`
	Skip      int     `json:"skip,omitempty"`
}

// Resources is what one trial holds while it runs.
type Resources struct {
	CPU    float64           `json:"cpu"`              // cores; also the number of BLAS threads, rounded up; 1 by default
	Memory int64             `json:"memory,omitempty"` // bytes, enforced; 0: not limited
	GPU    int               `json:"gpu,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// OnOOM is the ladder a trial goes down when memory runs out.
type OnOOM struct {
	Set   map[string]string `json:"set"`             // parameter -> expression over the parameters of the attempt that ran out
	While string            `json:"while,omitempty"` // the rung is taken only while this holds
	Times int               `json:"times"`           // rungs at most
}

// RetryRule says how often a class of failure is tried again.
type RetryRule struct {
	Times int           `json:"times"`
	Delay time.Duration `json:"delay,omitempty"` // before the next attempt, doubled each time
}

// StopLadder is how a trial is asked to end.
type StopLadder struct {
	Signal      string        `json:"signal"`      // TERM
	Cooperative time.Duration `json:"cooperative"` // from the stop flag to the signal
	Term        time.Duration `json:"term"`        // from the signal to SIGKILL
}

// Ensemble is an ensemble stage.
type Ensemble struct {
	From    []string          `json:"from"`
	Metric  string            `json:"metric"` // log_loss, rmse, ...: computed from files, never a logged key
	Split   string            `json:"split"`  // members are chosen on it
	Score   string            `json:"score,omitempty"`
	Targets map[string]string `json:"targets"` // split -> file in the sweep's directory
	Size    int               `json:"size"`
}

// Stage finds a stage by name, nil when there is none.
func (s *Spec) Stage(name string) *Stage {
	for i := range s.Stages {
		if s.Stages[i].Name == name {
			return &s.Stages[i]
		}
	}
	return nil
}
