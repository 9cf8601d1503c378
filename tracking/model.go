package tracking

import "regexp"

// ModelStatus says how far a logged model has come.
type ModelStatus string

// The statuses of a model, in MLflow's words.
const (
	ModelPending ModelStatus = "PENDING" // made; its files are on their way
	ModelReady   ModelStatus = "READY"   // complete
	ModelFailed  ModelStatus = "FAILED"  // its files did not arrive
)

// Model is a logged model: what a run has trained, with files of its own.
type Model struct {
	ID          string // "m-" and 32 lower-case hex digits
	Experiment  string // ID of its experiment
	Name        string // not unique; at most MaxModelName characters
	Type        string // "" when unknown
	ArtifactURI string // below its experiment, not below its run
	Status      ModelStatus
	Lifecycle   Lifecycle
	Created     int64  // milliseconds since 1970
	Updated     int64  // milliseconds since 1970: the last status or deletion
	SourceRun   string // ID of the run that made it, "" when unknown
	Owner       string // the trial it belongs to, opaque; "" outside trials. See Author

	Params  []Param       // by key
	Tags    []Tag         // by key
	Metrics []ModelMetric // by key, then time, step, run
}

// ModelMetric is a point that a run has logged of a model. It is a point of the
// run as well. Run and point identify it together with the dataset: a repeated
// request is free.
type ModelMetric struct {
	Metric
	Model   string // ID of the model
	Run     string // ID of the run that measured it; set by the store
	Dataset DatasetRef
}

// DatasetRef names a dataset. The zero DatasetRef is none.
type DatasetRef struct {
	Name   string
	Digest string // "" is any digest in a search
}

// Links are the models of a run.
type Links struct {
	Inputs  []string // IDs of models it has used, each once, in the order in which they were logged
	Outputs []Output // models it has made, each once at a step, in the order in which they were logged
}

// Output is a model that a run has made.
type Output struct {
	Model string
	Step  int64 // at which it was made, 0 when unknown
}

// ModelChange is what an update changes; nil leaves a field as it is.
type ModelChange struct {
	Status    *ModelStatus
	Lifecycle *Lifecycle
}

var modelIDRE = regexp.MustCompile(`^m-[0-9a-f]{32}$`)

// IsModelID tells the ID of a model from that of a run.
func IsModelID(id string) bool { return modelIDRE.MatchString(id) }

// ModelArtifactURI is where the files of a model live inside its experiment.
func ModelArtifactURI(experimentLocation, modelID string) string {
	return trimSlash(experimentLocation) + "/models/" + modelID + "/artifacts"
}
