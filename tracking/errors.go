package tracking

import (
	"fmt"
	"strings"

	"github.com/sweepd/sweepd/internal/fault"
)

// Codes of faults that surfaces tell apart beyond their kind.
const (
	CodeExists       = "already_exists" // a name is taken (Conflict)
	CodeInvalidState = "invalid_state"  // the state of a thing forbids it (Conflict)
	CodeRunOwned     = "run_owned"      // the run or model belongs to a trial (Denied)
)

// The texts below are MLflow's own: clients and people match on them.

// ExperimentNotFound says that there is no experiment with that ID, or none in
// the stage of life that was looked for.
func ExperimentNotFound(id string) error {
	return fault.NotFoundf("No Experiment with id=%s exists", id)
}

// ExperimentNameNotFound says that there is no experiment with that name.
func ExperimentNameNotFound(name string) error {
	return fault.NotFoundf("Could not find experiment with name '%s'", name)
}

// ExperimentExists says that the name of an experiment is taken.
func ExperimentExists(name string) error {
	return fault.Conflictf("Experiment(name=%s) already exists.", name).Coded(CodeExists)
}

// ExperimentNotActive says that a deleted experiment cannot be written to.
func ExperimentNotActive(id string, is Lifecycle) error {
	return fault.Invalidf("The experiment %s must be in the 'active' state. Current state is %s.", id, is)
}

// ExperimentRenameRefused says that a deleted experiment keeps its name.
func ExperimentRenameRefused() error {
	return fault.Conflictf("Cannot rename a non-active experiment.").Coded(CodeInvalidState)
}

// ExperimentTagNotFound says that there is no such tag to delete.
func ExperimentTagNotFound(id, key string) error {
	return fault.NotFoundf("No tag with name: %s in experiment with id %s", key, id)
}

// RunNotFound says that there is no run with that ID.
func RunNotFound(id string) error { return fault.NotFoundf("Run with id=%s not found", id) }

// RunExists says that the ID of a new run is another run's.
func RunExists(id string) error {
	return fault.Conflictf("run %s exists already", id).Coded(CodeExists)
}

// RunNotActive says that a deleted run cannot be written to.
func RunNotActive(id string, is Lifecycle) error {
	return fault.Invalidf("The run %s must be in the 'active' state. Current state is %s.", id, is)
}

// RunTagNotFound says that there is no such tag to delete.
func RunTagNotFound(id, key string) error {
	return fault.NotFoundf("No tag with name: %s in run with id %s", key, id)
}

// RunOwned says that the run belongs to a trial and the writer is not its
// attempt.
func RunOwned(id string) error {
	return fault.Deniedf("run %s belongs to a trial and takes writes only from its running attempt", id).
		Coded(CodeRunOwned).Fix("log with the token that the trial was given in MLFLOW_TRACKING_TOKEN")
}

// AttemptStale says that the attempt of a trial is not held any more.
func AttemptStale(by Author) error {
	return fault.Stalef("attempt %d of trial %s is not held any more", by.Attempt, by.Owner)
}

// ParamChange is a param that has another value already.
type ParamChange struct{ Key, Old, New string }

// ParamsChanged says that params cannot change. It is empty without changes.
func ParamsChanged(run string, changes []ParamChange) error {
	if len(changes) == 1 {
		c := changes[0]
		return fault.Invalidf("Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for run ID='%s'. Attempted logging new value '%s'.",
			c.Key, c.Old, run, c.New)
	}
	var list []string
	for _, c := range changes {
		list = append(list, fmt.Sprintf("{'key': '%s', 'old_value': '%s', 'new_value': '%s'}", c.Key, c.Old, c.New))
	}
	return fault.Invalidf("Changing param values is not allowed. Params were already logged='[%s]' for run ID='%s'.", strings.Join(list, ", "), run)
}

// ModelNotFound says that there is no model with that ID.
func ModelNotFound(id string) error {
	return fault.NotFoundf("Logged model with ID '%s' not found.", id)
}

// ModelExists says that the ID of a new model is another model's.
func ModelExists(id string) error {
	return fault.Conflictf("model %s exists already", id).Coded(CodeExists)
}

// ModelTagNotFound says that there is no such tag to delete.
func ModelTagNotFound(id, key string) error {
	return fault.NotFoundf("No tag with key %s found for model with ID %s.", pyRepr(key), pyRepr(id))
}

// ModelOwned says that the model belongs to a trial and the writer is not its
// attempt.
func ModelOwned(id string) error {
	return fault.Deniedf("model %s belongs to a trial and takes writes only from its running attempt", id).
		Coded(CodeRunOwned).Fix("log with the token that the trial was given in MLFLOW_TRACKING_TOKEN")
}

// ModelParamsChanged says that a model's params cannot change.
func ModelParamsChanged(model string, c ParamChange) error {
	return fault.Invalidf("Changing param values is not allowed. Param with key='%s' was already logged with value='%s' for model ID='%s'. Attempted logging new value '%s'.",
		c.Key, c.Old, model, c.New)
}
