package mlflow

import (
	"bytes"
	"math"
	"strconv"

	"github.com/sweepd/sweepd/tracking"
)

// The answers in MLflow's field names. Fields that are not set, and empty lists,
// are left out, as protobuf's JSON does; 64-bit integers are numbers.

// double travels as a number, or as one of the texts "NaN", "Infinity",
// "-Infinity".
type double float64

// MarshalJSON writes the shortest number that reads back as the same double.
func (d double) MarshalJSON() ([]byte, error) {
	f := float64(d)
	switch {
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Infinity"`), nil
	}
	b := strconv.AppendFloat(nil, f, 'g', -1, 64)
	if !bytes.ContainsAny(b, ".e") {
		b = append(b, '.', '0')
	}
	return b, nil
}

type pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type metricWire struct {
	Key   string `json:"key"`
	Value double `json:"value"`
	Time  int64  `json:"timestamp"`
	Step  int64  `json:"step"`
	Run   string `json:"run_id,omitempty"`
}

type experimentWire struct {
	ID        string `json:"experiment_id"`
	Name      string `json:"name"`
	Location  string `json:"artifact_location"`
	Lifecycle string `json:"lifecycle_stage"`
	Updated   int64  `json:"last_update_time,omitempty"`
	Created   int64  `json:"creation_time,omitempty"`
	Tags      []pair `json:"tags,omitempty"`
}

type runWire struct {
	Info    runInfo     `json:"info"`
	Data    runData     `json:"data"`
	Inputs  *runInputs  `json:"inputs,omitempty"`
	Outputs *runOutputs `json:"outputs,omitempty"`
}

type runInfo struct {
	UUID       string `json:"run_uuid"` // the ID under its old name
	Experiment string `json:"experiment_id"`
	Name       string `json:"run_name"`
	User       string `json:"user_id,omitempty"`
	Status     string `json:"status"`
	Start      int64  `json:"start_time"`
	End        int64  `json:"end_time,omitempty"`
	Artifacts  string `json:"artifact_uri"`
	Lifecycle  string `json:"lifecycle_stage"`
	ID         string `json:"run_id"`
}

type runData struct {
	Metrics []metricWire `json:"metrics,omitempty"`
	Params  []pair       `json:"params,omitempty"`
	Tags    []pair       `json:"tags,omitempty"`
}

type runInputs struct {
	Datasets []inputWire      `json:"dataset_inputs,omitempty"`
	Models   []modelInputWire `json:"model_inputs,omitempty"`
}

type inputWire struct {
	Tags    []pair      `json:"tags,omitempty"`
	Dataset datasetWire `json:"dataset"`
}

type datasetWire struct {
	Name       string `json:"name"`
	Digest     string `json:"digest"`
	SourceType string `json:"source_type"`
	Source     string `json:"source"`
	Schema     string `json:"schema,omitempty"`
	Profile    string `json:"profile,omitempty"`
}

type fileWire struct {
	Path   string `json:"path"`
	Folder bool   `json:"is_dir"`
	Size   *int64 `json:"file_size,omitempty"`
}

func ofTags(tags []tracking.Tag) []pair {
	out := make([]pair, len(tags))
	for i, t := range tags {
		out[i] = pair(t)
	}
	return out
}

func ofMetrics(metrics []tracking.Metric) []metricWire {
	out := make([]metricWire, len(metrics))
	for i, m := range metrics {
		out[i] = metricWire{Key: m.Key, Value: double(m.Value), Time: m.Time, Step: m.Step}
	}
	return out
}

func ofRunMetrics(metrics []tracking.RunMetric) []metricWire {
	out := make([]metricWire, len(metrics))
	for i, m := range metrics {
		out[i] = metricWire{Key: m.Key, Value: double(m.Value), Time: m.Time, Step: m.Step, Run: m.Run}
	}
	return out
}

func ofExperiment(e tracking.Experiment) experimentWire {
	return experimentWire{
		ID: e.ID, Name: e.Name, Location: e.ArtifactLocation, Lifecycle: string(e.Lifecycle),
		Updated: e.Updated, Created: e.Created, Tags: ofTags(e.Tags),
	}
}

func ofRun(r tracking.Run) runWire {
	params := make([]pair, len(r.Params))
	for i, p := range r.Params {
		params[i] = pair(p)
	}
	w := runWire{Info: ofInfo(r), Data: runData{Metrics: ofMetrics(r.Metrics), Params: params, Tags: ofTags(r.Tags)}}
	if len(r.Inputs) > 0 {
		w.Inputs = &runInputs{}
	}
	for _, in := range r.Inputs {
		w.Inputs.Datasets = append(w.Inputs.Datasets, inputWire{Tags: ofTags(in.Tags), Dataset: datasetWire(in.Dataset)})
	}
	w.ofLinks(r.Models)
	return w
}

func ofInfo(r tracking.Run) runInfo {
	return runInfo{
		UUID: r.ID, ID: r.ID, Experiment: r.Experiment, Name: r.Name, User: r.User, Status: string(r.Status),
		Start: r.Start, End: r.End, Artifacts: r.ArtifactURI, Lifecycle: string(r.Lifecycle),
	}
}
