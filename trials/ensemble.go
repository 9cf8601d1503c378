package trials

import "time"

// Ensemble is a stored ensemble of a sweep: a row of its leaderboard.
type Ensemble struct {
	No         int64              `json:"-"`
	Sweep      int64              `json:"-"`
	Stage      string             `json:"stage"`
	Metric     string             `json:"metric"`
	Split      string             `json:"split"`
	Members    []EnsembleMember   `json:"members"`
	Path       []EnsembleStep     `json:"path"`   // loss on Split after each step of the greedy selection
	Scores     map[string]float64 `json:"scores"` // split -> metric of the ensemble
	Best       EnsembleSingle     `json:"best_single"`
	Considered int                `json:"considered"` // trials with a complete prediction file
	Missing    int                `json:"missing"`    // trials that ended without one
	Note       string             `json:"note,omitempty"`
	Created    time.Time          `json:"created"`
}

// EnsembleMember is a trial with its weight; weights sum to one.
type EnsembleMember struct {
	Trial  int     `json:"trial"`
	Weight float64 `json:"weight"`
}

// EnsembleStep is one step of the selection.
type EnsembleStep struct {
	Trial int     `json:"trial"`
	Loss  float64 `json:"loss"`
}

// EnsembleSingle is the best single model by the ensemble's own metric.
type EnsembleSingle struct {
	Trial  int                `json:"trial"`
	Scores map[string]float64 `json:"scores"` // split -> metric
}
