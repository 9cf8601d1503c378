// Package ensemble is the mathematics of combining models: predictions of many
// models in, weights out. It has no file, no clock, no network and no random
// source, and does not know what a trial is: a model is a key and a matrix.
//
// A matrix is row-major, rows x cols: one row per sample, one column per class
// (classification, rows sum to 1; one column alone is the probability of class
// 1) or exactly one column (regression). Losses are always minimised.
package ensemble

// DefaultSize is the number of greedy steps when none is asked for. TabRepo
// (Salinas & Erickson 2023, arXiv:2311.02971) reports no measurable improvement
// above 25; AutoGluon's default is the same.
const DefaultSize = 25

// Candidate is a model that may become a member.
type Candidate struct {
	Key string    // names the model; unique among the candidates
	P   []float64 // rows x cols, row-major, finite
}

// Truth is what predictions are scored against.
type Truth struct {
	Y    []float64 // one per row: a class index 0..classes-1, or the value to predict
	Cols int       // columns of every prediction matrix, at least 1
}

// Member is a model of an ensemble and its share.
type Member struct {
	Key    string  `json:"key"`
	Weight float64 `json:"weight"` // positive; the weights of an ensemble sum to 1
}

// Step is one step of a greedy selection: the model that was added, and the
// loss of the ensemble with it.
type Step struct {
	Key  string  `json:"key"`
	Loss float64 `json:"loss"`
}

// Ensemble is a weighted mean of models, and how it was found.
type Ensemble struct {
	Members       []Member `json:"members"` // heaviest first, equal weights in the order in which they joined
	Path          []Step   `json:"path"`    // every step that was taken, those behind the cut included
	Kept          int      `json:"kept"`    // steps of Path that count, at least 1
	Loss          float64  `json:"loss"`    // of the ensemble, on the rows it was selected with
	BestSingle    float64  `json:"best_single"`
	BestSingleKey string   `json:"best_single_key"`
}
