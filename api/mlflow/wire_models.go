package mlflow

import "github.com/sweepd/sweepd/tracking"

type modelAnswer struct {
	Model modelWire `json:"model"`
}

type modelWire struct {
	Info modelInfo `json:"info"`
	Data modelData `json:"data"`
}

type modelInfo struct {
	ID         string `json:"model_id"`
	Experiment string `json:"experiment_id"`
	Name       string `json:"name"`
	Created    int64  `json:"creation_timestamp_ms"`
	Updated    int64  `json:"last_updated_timestamp_ms"`
	Artifacts  string `json:"artifact_uri"`
	Status     string `json:"status"`
	Type       string `json:"model_type,omitempty"`
	SourceRun  string `json:"source_run_id,omitempty"`
	Tags       []pair `json:"tags,omitempty"`
}

type modelData struct {
	Params  []pair            `json:"params,omitempty"`
	Metrics []modelMetricWire `json:"metrics,omitempty"`
}

type modelMetricWire struct {
	Key     string `json:"key"`
	Value   double `json:"value"`
	Time    int64  `json:"timestamp"`
	Step    int64  `json:"step"`
	Dataset string `json:"dataset_name,omitempty"`
	Digest  string `json:"dataset_digest,omitempty"`
	Model   string `json:"model_id"`
	Run     string `json:"run_id"`
}

type modelInputWire struct {
	ID string `json:"model_id"`
}

type modelOutputWire struct {
	ID   string `json:"model_id"`
	Step int64  `json:"step"`
}

type runOutputs struct {
	Models []modelOutputWire `json:"model_outputs"`
}

// modelStatusNames are MLflow's LoggedModelStatus by number.
func modelStatusNames() []string {
	return []string{"LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"}
}

// modelStatuses are the statuses of modelStatusNames.
func modelStatuses() []tracking.ModelStatus {
	return []tracking.ModelStatus{tracking.ModelPending, tracking.ModelReady, tracking.ModelFailed}
}

// modelStatus reads one of modelStatusNames.
func modelStatus(name string) tracking.ModelStatus {
	for i, n := range modelStatusNames() {
		if n == name {
			return modelStatuses()[i]
		}
	}
	return ""
}

func ofModelStatus(s tracking.ModelStatus) string {
	for i, o := range modelStatuses() {
		if o == s {
			return modelStatusNames()[i]
		}
	}
	return "LOGGED_MODEL_STATUS_UNSPECIFIED"
}

func ofModel(m tracking.Model) modelWire {
	w := modelWire{Info: modelInfo{
		ID: m.ID, Experiment: m.Experiment, Name: m.Name, Created: m.Created, Updated: m.Updated, Artifacts: m.ArtifactURI,
		Status: ofModelStatus(m.Status), Type: m.Type, SourceRun: m.SourceRun, Tags: ofTags(m.Tags),
	}}
	for _, p := range m.Params {
		w.Data.Params = append(w.Data.Params, pair(p))
	}
	for _, p := range m.Metrics {
		w.Data.Metrics = append(w.Data.Metrics, modelMetricWire{
			Key: p.Key, Value: double(p.Value), Time: p.Time, Step: p.Step,
			Dataset: p.Dataset.Name, Digest: p.Dataset.Digest, Model: p.Model, Run: p.Run,
		})
	}
	return w
}

// ofLinks puts the models of a run among its inputs and outputs.
func (w *runWire) ofLinks(l tracking.Links) {
	if len(l.Inputs) > 0 && w.Inputs == nil {
		w.Inputs = &runInputs{}
	}
	for _, id := range l.Inputs {
		w.Inputs.Models = append(w.Inputs.Models, modelInputWire{id})
	}
	if len(l.Outputs) > 0 {
		w.Outputs = &runOutputs{}
	}
	for _, o := range l.Outputs {
		w.Outputs.Models = append(w.Outputs.Models, modelOutputWire{o.Model, o.Step})
	}
}
