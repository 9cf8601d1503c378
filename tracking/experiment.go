package tracking

// Lifecycle says whether an experiment or run has been (softly) deleted.
type Lifecycle string

// The two stages of a lifecycle, in MLflow's words.
const (
	Active  Lifecycle = "active"
	Deleted Lifecycle = "deleted"
)

// View chooses by lifecycle what a search sees.
type View string

// The views, in MLflow's words. The zero View is ActiveOnly.
const (
	ActiveOnly  View = "ACTIVE_ONLY"
	DeletedOnly View = "DELETED_ONLY"
	All         View = "ALL"
)

// The experiment that exists from the start.
const (
	DefaultExperimentID   = "0"
	DefaultExperimentName = "Default"
)

// Tag is a text under a key. A later value replaces an earlier one.
type Tag struct {
	Key   string // at most MaxKey characters
	Value string // "" is a value
}

// Experiment is a named collection of runs.
type Experiment struct {
	ID               string // a decimal integer, given by the store; "0" is Default
	Name             string // unique among all experiments, deleted ones included
	ArtifactLocation string // a URI; "" when creating: the store makes ArtifactLocation(id)
	Lifecycle        Lifecycle
	Created          int64 // milliseconds since 1970
	Updated          int64 // milliseconds since 1970: the last rename, delete or restore
	Tags             []Tag // by key
}

// ArtifactLocation is where artifacts of an experiment live unless its creator
// said otherwise: the scheme makes MLflow's client send them through the server.
func ArtifactLocation(experimentID string) string { return "mlflow-artifacts:/" + experimentID }

// RunArtifactURI is where artifacts of a run live inside its experiment.
func RunArtifactURI(experimentLocation, runID string) string {
	return trimSlash(experimentLocation) + "/" + runID + "/artifacts"
}

func trimSlash(s string) string {
	for len(s) > 0 && s[len(s)-1] == '/' {
		s = s[:len(s)-1]
	}
	return s
}
