package mlflow_test

import (
	"net/http"
	"strings"
	"testing"
)

// model makes a model of an experiment and gives its ID.
func (s *site) model(experiment string, headers ...string) string {
	s.Helper()
	status, body := s.ask(http.MethodPost, "/api/2.0/mlflow/logged-models", `{"experiment_id":"`+experiment+`","name":"net"}`, headers...)
	_, rest, found := strings.Cut(body, `"model_id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	if status != http.StatusOK || !found {
		s.Fatalf("%d %s", status, body)
	}
	return id
}

func TestModelsGoOutInFull(t *testing.T) {
	s := open(t)
	run := s.run()
	m := s.model("0")
	status, body := s.ask("POST", "/api/2.0/mlflow/logged-models/"+m+"/params", `{"model_id":"`+m+`","params":[{"key":"C","value":"0.5"}]}`)
	s.is("params", status, body, 200, "{}")
	status, body = s.ask("PATCH", "/api/2.0/mlflow/logged-models/"+m+"/tags", `{"tags":[{"key":"a","value":"1"},{"key":"b"}]}`)
	s.is("tags", status, body, 200, "{}")
	status, body = s.ask("DELETE", "/api/2.0/mlflow/logged-models/"+m+"/tags/b", "")
	s.is("delete a tag", status, body, 200, "{}")
	status, body = s.post("/runs/log-batch", `{"run_id":"`+run+`","metrics":[
		{"key":"acc","value":0.5,"timestamp":3,"step":1,"model_id":"`+m+`","dataset_name":"d","dataset_digest":"1"},{"key":"loss","value":"NaN","timestamp":3}]}`)
	s.is("a point", status, body, 200, "{}")
	status, body = s.post("/runs/outputs", `{"run_id":"`+run+`","models":[{"model_id":"`+m+`","step":"2"}]}`)
	s.is("outputs", status, body, 200, "{}")
	status, body = s.post("/runs/log-inputs", `{"run_id":"`+run+`","models":[{"model_id":"`+m+`"}]}`)
	s.is("inputs", status, body, 200, "{}")

	status, body = s.ask("PATCH", "/api/2.0/mlflow/logged-models/"+m, `{"status":"LOGGED_MODEL_READY"}`)
	s.is("finalize", status, body, 200, "")
	for _, part := range []string{
		`{"model":{"info":{"model_id":"` + m + `","experiment_id":"0","name":"net","creation_timestamp_ms":`,
		`"artifact_uri":"mlflow-artifacts:/0/models/` + m + `/artifacts","status":"LOGGED_MODEL_READY","tags":[{"key":"a","value":"1"}]}`,
		`"data":{"params":[{"key":"C","value":"0.5"}],"metrics":[{"key":"acc","value":0.5,"timestamp":3,"step":1,"dataset_name":"d","dataset_digest":"1","model_id":"` + m + `","run_id":"` + run + `"}]}}}`,
	} {
		if !strings.Contains(body, part) {
			t.Errorf("got  %s\nwant %s", body, part)
		}
	}
	status, again := s.get("/logged-models/" + m)
	s.is("get", status, again, 200, body)
	_, body = s.get("/runs/get?run_id=" + run)
	if want := `"inputs":{"model_inputs":[{"model_id":"` + m + `"}]},"outputs":{"model_outputs":[{"model_id":"` + m + `","step":2}]}}}`; !strings.HasSuffix(body, want) {
		t.Errorf("got  %s\nwant %s", body, want)
	}

	status, body = s.ask("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/models/"+m+"/artifacts/MLmodel", "flavors: {}")
	s.is("upload", status, body, 200, "{}")
	status, body = s.get("/logged-models/" + m + "/artifacts/directories")
	s.is("its files", status, body, 200, `{"root_uri":"mlflow-artifacts:/0/models/`+m+`/artifacts","files":[{"path":"MLmodel","is_dir":false,"file_size":11}]}`)
	status, body = s.get("/logged-models/" + m + "/artifacts/directories?artifact_directory_path=..")
	s.is("outside", status, body, 400, "")

	status, body = s.ask("DELETE", "/api/2.0/mlflow/logged-models/"+m, "")
	s.is("delete", status, body, 200, "{}")
	status, body = s.get("/logged-models/" + m)
	s.is("is gone", status, body, 404, "")
	status, body = s.get("/logged-models/" + m + "?allow_deleted=true")
	s.is("but not for ever", status, body, 200, "")
	status, body = s.post("/logged-models/search", `{"experiment_ids":["0"]}`)
	s.is("and not found", status, body, 200, "{}")
}

func TestModelsAreFoundPageByPage(t *testing.T) {
	s := open(t)
	one, two := s.model("0"), s.model("0")
	s.model(s.sweep)
	status, body := s.post("/logged-models/search", `{"experiment_ids":["0"],"max_results":1,"filter":"name = 'net'","order_by":[{"field_name":"model_id"}]}`)
	s.is("first", status, body, 200, "")
	_, rest, _ := strings.Cut(body, `"next_page_token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	if !strings.Contains(body, one) || strings.Contains(body, two) || token == "" {
		t.Errorf("first page: %s", body)
	}
	status, body = s.post("/logged-models/search", `{"experiment_ids":["0"],"max_results":1,"filter":"name = 'net'","order_by":[{"field_name":"model_id","ascending":true}],"page_token":"`+token+`"}`)
	s.is("last", status, body, 200, "")
	if !strings.Contains(body, two) || strings.Contains(body, "next_page_token") {
		t.Errorf("last page: %s", body)
	}
}

func TestARepeatedCreateMakesOneModel(t *testing.T) {
	s := open(t)
	first := s.model("0", "Idempotency-Key", "a")
	if s.model("0", "Idempotency-Key", "a") != first || s.model("0", "Idempotency-Key", "b") == first {
		t.Error("a key stands for one model")
	}
}

func TestAModelOfATrialIsItsAttempts(t *testing.T) {
	s := open(t)
	token := []string{"Authorization", "Bearer " + trialToken}
	m, outside := s.model("0", token...), s.model("0")
	path := "/api/2.0/mlflow-artifacts/artifacts/" + s.sweep + "/models/" + m + "/artifacts/a"
	for what, c := range map[string]struct {
		path, body string
		headers    []string
		want       int
	}{
		"its own":                           {path, "a", token, 200},
		"from outside":                      {path, "a", nil, 403},
		"another's":                         {"/api/2.0/mlflow-artifacts/artifacts/0/models/" + outside + "/artifacts/a", "a", token, 403},
		"a model nobody made":               {"/api/2.0/mlflow-artifacts/artifacts/" + s.sweep + "/models/m-" + strings.Repeat("0", 32) + "/artifacts/a", "a", token, 403},
		"a model nobody made, from outside": {"/api/2.0/mlflow-artifacts/artifacts/0/models/m-" + strings.Repeat("0", 32) + "/artifacts/a", "a", nil, 200},
	} {
		status, body := s.ask("PUT", c.path, c.body, c.headers...)
		s.is(what, status, body, c.want, "")
	}
	status, body := s.ask("GET", "/api/2.0/mlflow/logged-models/"+outside, "", token...)
	s.is("outside its sweep", status, body, 404, "")
	status, body = s.ask("PATCH", "/api/2.0/mlflow/logged-models/"+m+"/tags", `{"tags":[{"key":"a"}]}`)
	s.is("a tag from outside", status, body, 403, "")
	s.store.Hold(s.trial.Author().Owner, 2)
	status, body = s.ask("PUT", path, "b", token...)
	s.is("stale", status, body, http.StatusConflict, "")
}
