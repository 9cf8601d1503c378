package tracking

// Status is how a run stands, in MLflow's words.
type Status string

// The statuses of a run.
const (
	Running   Status = "RUNNING"
	Scheduled Status = "SCHEDULED"
	Finished  Status = "FINISHED"
	Failed    Status = "FAILED"
	Killed    Status = "KILLED"
)

// Statuses are all statuses in the order of MLflow's enumeration.
func Statuses() []Status { return []Status{Running, Scheduled, Finished, Failed, Killed} }

// Run is one execution of some training code.
type Run struct {
	ID          string // 32 lower-case hex digits when the server made it
	Experiment  string // ID of its experiment
	Name        string // always equal to the tag mlflow.runName
	User        string // "" when unknown
	Status      Status
	Start       int64 // milliseconds since 1970; 0 when unknown
	End         int64 // milliseconds since 1970; 0 while it has not ended
	Lifecycle   Lifecycle
	ArtifactURI string
	Owner       string // the trial it belongs to, opaque; "" for a run of its own. See Author

	Metrics []Metric // the latest of each key (see Metric.After), by key
	Params  []Param  // by key
	Tags    []Tag    // by key
	Inputs  []Input  // in the order in which they were logged
	Models  Links
}

// Tag gives the value of a tag and whether the run has it.
func (r Run) Tag(key string) (string, bool) {
	for _, t := range r.Tags {
		if t.Key == key {
			return t.Value, true
		}
	}
	return "", false
}

// Param is a setting of a run. A second value for a key is refused, the same
// value again is not. In a trial's run this holds within an attempt; a newer
// attempt overwrites.
type Param struct {
	Key   string // at most MaxKey characters
	Value string // "" is a value; at most MaxParamValue characters
}

// Dataset is something a run has read. Within an experiment it is identified by
// (Name, Digest).
type Dataset struct {
	Name       string
	Digest     string
	SourceType string
	Source     string
	Schema     string // "" when unknown
	Profile    string // "" when unknown
}

// Input is a dataset as a run has used it; a run holds a dataset once, and
// logging it again changes nothing.
type Input struct {
	Dataset Dataset
	Tags    []Tag // "mlflow.data.context" says for what: "train", "eval"
}

// RunChange is what an update changes; nil leaves a field as it is.
type RunChange struct {
	Status *Status
	End    *int64  // milliseconds since 1970
	Name   *string // changes the tag mlflow.runName as well
}
