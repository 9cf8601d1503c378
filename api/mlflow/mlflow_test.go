package mlflow_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestRunsGoOutInFull(t *testing.T) {
	s := open(t)
	run := s.run()
	status, body := s.post("/runs/log-batch", `{"run_id":"`+run+`","metrics":[
		{"key":"loss","value":0.1,"timestamp":"1700000000001","step":1},
		{"key":"nan","value":"NaN","timestamp":1,"step":"-3"},
		{"key":"inf","value":"-Infinity","timestamp":1},
		{"key":"one","value":1,"timestamp":1}],
		"params":[{"key":"lr","value":"0.1"},{"key":"empty"}],"tags":[{"key":"a","value":"<b>"}]}`)
	s.is("log-batch", status, body, 200, "{}")
	status, body = s.post("/runs/log-inputs", `{"run_id":"`+run+`","datasets":[{"tags":[{"key":"mlflow.data.context","value":"train"}],"dataset":{"name":"d","digest":"1","source_type":"local","source":"{}"}}]}`)
	s.is("log-inputs", status, body, 200, "{}")
	status, body = s.post("/runs/update", `{"run_uuid":"`+run+`","status":"FINISHED","end_time":1700000000009}`)
	s.is("update", status, body, 200, `{"run_info":{"run_uuid":"`+run+`","experiment_id":"0","run_name":"r","status":"FINISHED","start_time":1700000000000,"end_time":1700000000009,"artifact_uri":"mlflow-artifacts:/0/`+run+`/artifacts","lifecycle_stage":"active","run_id":"`+run+`"}}`)
	status, body = s.get("/runs/get?run_id=" + run)
	s.is("get", status, body, 200, `{"run":{"info":{"run_uuid":"`+run+`","experiment_id":"0","run_name":"r","status":"FINISHED","start_time":1700000000000,"end_time":1700000000009,"artifact_uri":"mlflow-artifacts:/0/`+run+`/artifacts","lifecycle_stage":"active","run_id":"`+run+`"},`+
		`"data":{"metrics":[{"key":"inf","value":"-Infinity","timestamp":1,"step":0},{"key":"loss","value":0.1,"timestamp":1700000000001,"step":1},{"key":"nan","value":"NaN","timestamp":1,"step":-3},{"key":"one","value":1.0,"timestamp":1,"step":0}],`+
		`"params":[{"key":"empty","value":""},{"key":"lr","value":"0.1"}],"tags":[{"key":"a","value":"\u003cb\u003e"},{"key":"mlflow.runName","value":"r"}]},`+
		`"inputs":{"dataset_inputs":[{"tags":[{"key":"mlflow.data.context","value":"train"}],"dataset":{"name":"d","digest":"1","source_type":"local","source":"{}"}}]}}}`)
}

func TestErrorsHaveMLflowsWords(t *testing.T) {
	s := open(t)
	run := s.run()
	for _, c := range []struct {
		method, path, body string
		status             int
		code, message      string
	}{
		{"POST", "/experiments/create", `{}`, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'name'. See the API docs for more information about request parameters."},
		{"POST", "/experiments/create", `{"name":12}`, 400, "INVALID_PARAMETER_VALUE", "Invalid value 12 for parameter 'name' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters."},
		{"POST", "/experiments/create", `{"name":"x","tags":{"b":1,"a":"ä"}}`, 400, "INVALID_PARAMETER_VALUE", `Invalid value {\"a\":\"\\u00e4\",\"b\":1} for parameter 'tags' supplied:  Hint: Value was of type 'dict'. See the API docs for more information about request parameters.`},
		{"POST", "/experiments/create", `{"name":"Default"}`, 400, "RESOURCE_ALREADY_EXISTS", "Experiment(name=Default) already exists."},
		{"GET", "/experiments/get?experiment_id=4711", ``, 404, "RESOURCE_DOES_NOT_EXIST", "No Experiment with id=4711 exists"},
		{"GET", "/experiments/get-by-name?experiment_name=x", ``, 404, "RESOURCE_DOES_NOT_EXIST", "Could not find experiment with name 'x'"},
		{"POST", "/experiments/update", `{"experiment_id":"0"}`, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'new_name'. See the API docs for more information about request parameters."},
		{"GET", "/runs/get?run_id=nope", ``, 404, "RESOURCE_DOES_NOT_EXIST", "Run with id=nope not found"},
		{"GET", "/runs/get", ``, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters."},
		{"POST", "/runs/log-metric", `{"run_id":"` + run + `","key":"m","timestamp":1}`, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'value'. See the API docs for more information about request parameters."},
		{"POST", "/runs/log-metric", `{"run_id":"` + run + `","key":"m","value":"abc","timestamp":1}`, 400, "INVALID_PARAMETER_VALUE", `Invalid value \"abc\" for parameter 'value' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters.`},
		{"POST", "/runs/log-metric", `{"run_id":"` + run + `","key":"m","value":1e999,"timestamp":1}`, 400, "INVALID_PARAMETER_VALUE", "Invalid value 1e999 for parameter 'value' supplied:  Hint: Value was of type 'float'. See the API docs for more information about request parameters."},
		{"POST", "/runs/log-metric", `{"run_id":"` + run + `","key":"m","value":1,"timestamp":1.5}`, 400, "INVALID_PARAMETER_VALUE", "Invalid value 1.5 for parameter 'timestamp' supplied:  Hint: Value was of type 'float'. See the API docs for more information about request parameters."},
		{"POST", "/runs/log-batch", `{"run_id":"` + run + `","metrics":[{"key":"a","value":1,"timestamp":1},{"value":1,"timestamp":1}]}`, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'metrics[1].key'. See the API docs for more information about request parameters."},
		{"POST", "/runs/log-batch", `{"run_id":"a","runId":"b"}`, 400, "INVALID_PARAMETER_VALUE", "Request specifies both 'run_id' and 'runId'; provide only one of them."},
		{"POST", "/runs/log-batch", `[1]`, 400, "INVALID_PARAMETER_VALUE", "the body of the request is no JSON object"},
		{"POST", "/runs/update", `{"run_id":"` + run + `","status":"DONE"}`, 400, "INVALID_PARAMETER_VALUE", `Invalid value \"DONE\" for parameter 'status' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters.`},
		{"POST", "/runs/search", `{"experiment_ids":["0"],"max_results":50001}`, 400, "INVALID_PARAMETER_VALUE", "Invalid value 50001 for parameter 'max_results' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters."},
		{"POST", "/runs/search", `{"experiment_ids":["0"],"filter":"metrics.a < 1 OR 1"}`, 400, "INVALID_PARAMETER_VALUE", "Invalid clause(s) in filter string: 'OR', '1'"},
		{"POST", "/runs/delete-tag", `{"run_id":"` + run + `","key":"x"}`, 404, "RESOURCE_DOES_NOT_EXIST", "No tag with name: x in run with id " + run},
		{"POST", "/runs/log-parameter", `{"run_id":"` + s.trial.Run + `","key":"p","value":"1"}`, 403, "PERMISSION_DENIED", ""},
		{"GET", "/metrics/get-history?run_id=" + run + "&metric_key=m&max_results=0", ``, 400, "INVALID_PARAMETER_VALUE", "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer."},
		{"GET", "/metrics/get-history-bulk?metric_key=m", ``, 400, "INVALID_PARAMETER_VALUE", "GetMetricHistoryBulk request must specify at least one run_id."},
		{"POST", "/logged-models/search", `{"experiment_ids":"0"}`, 400, "INVALID_PARAMETER_VALUE", `Invalid value \"0\" for parameter 'experiment_ids' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters.`},
		{"POST", "/logged-models/search", `{}`, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'experiment_ids'. See the API docs for more information about request parameters."},
		{"POST", "/logged-models/search", `{"experiment_ids":["0"],"filter":"metric.a < 1"}`, 400, "INVALID_PARAMETER_VALUE", "Invalid entity type: 'metric'. Expected one of ['attributes', 'metrics', 'params', 'tags']."},
		{"POST", "/logged-models/search", `{"experiment_ids":["0"],"order_by":[{"field_name":"params.a"}]}`, 400, "INVALID_PARAMETER_VALUE", "Invalid order by field name: params.a. Only metrics are supported."},
		{"POST", "/logged-models/search", `{"experiment_ids":["0"],"datasets":[{"dataset_digest":"1"}]}`, 400, "INVALID_PARAMETER_VALUE", "`dataset_name` in the `datasets` clause must be specified."},
		{"POST", "/logged-models", `{}`, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'experiment_id'. See the API docs for more information about request parameters."},
		{"POST", "/logged-models", `{"experiment_id":"0","name":"a/b"}`, 400, "INVALID_PARAMETER_VALUE", `Invalid model name ('a/b') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '\"', \"'\")`},
		{"GET", "/logged-models/m-1", ``, 404, "RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-1' not found."},
		{"DELETE", "/logged-models/m-1", ``, 404, "RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-1' not found."},
		{"PATCH", "/logged-models/m-1", `{"status":"DONE"}`, 400, "INVALID_PARAMETER_VALUE", `Invalid value \"DONE\" for parameter 'status' supplied:  Hint: Value was of type 'str'. See the API docs for more information about request parameters.`},
		{"POST", "/runs/outputs", `{"run_id":"` + run + `"}`, 400, "INVALID_PARAMETER_VALUE", "Missing value for required parameter 'models'. See the API docs for more information about request parameters."},
		{"POST", "/runs/log-metric", `{"run_id":"` + run + `","key":"m","value":1,"timestamp":1,"model_id":"m-1"}`, 404, "RESOURCE_DOES_NOT_EXIST", "Logged model with ID 'm-1' not found."},
		{"POST", "/logged-models/m-1", `{}`, 404, "ENDPOINT_NOT_FOUND", "No such endpoint: POST /api/2.0/mlflow/logged-models/m-1"},
		{"GET", "/runs/create", ``, 404, "ENDPOINT_NOT_FOUND", "No such endpoint: GET /api/2.0/mlflow/runs/create"},
		{"PATCH", "/registered-models/update", ``, 404, "ENDPOINT_NOT_FOUND", ""},
	} {
		status, body := s.ask(c.method, "/api/2.0/mlflow"+c.path, c.body)
		want := ""
		if c.message != "" {
			want = fmt.Sprintf(`{"error_code":"%s","message":"%s"}`, c.code, c.message)
		}
		s.is(c.method+" "+c.path+" "+c.body, status, body, c.status, want)
		if !strings.Contains(body, `"error_code":"`+c.code+`"`) {
			t.Errorf("%s: %s, want code %s", c.path, body, c.code)
		}
	}
}

func TestBothPrefixesAndBothMethods(t *testing.T) {
	s := open(t)
	for _, prefix := range []string{"/api/2.0", "/ajax-api/2.0"} {
		status, body := s.ask("GET", prefix+"/mlflow/experiments/search?max_results=1&view_type=ACTIVE_ONLY&order_by=name+DESC", "")
		s.is("GET", status, body, 200, "")
		status, again := s.ask("POST", prefix+"/mlflow/experiments/search", `{"max_results":"1","viewType":1,"order_by":["name DESC"],"unknown":[1]}`)
		s.is("POST", status, again, 200, body)
		if !strings.Contains(body, `"next_page_token"`) || !strings.Contains(body, "digits-sweep") {
			t.Errorf("got %s", body)
		}
	}
	for path, want := range map[string]string{"/health": "OK", "/version": "3.3.2"} {
		status, body := s.ask("GET", path, "")
		s.is(path, status, body, 200, want)
	}
	status, body := s.ask("GET", "/api/3.0/mlflow/server-info", "")
	if status != 200 || !strings.Contains(body, `"multipart_uploads_enabled":false`) || !strings.Contains(body, `"workspaces_enabled":false`) {
		t.Errorf("server-info: %d %s", status, body)
	}
	status, body = s.ask("POST", "/api/3.0/mlflow/traces", "{}")
	s.is("traces", status, body, 404, `{"error_code":"ENDPOINT_NOT_FOUND","message":"No such endpoint: POST /api/3.0/mlflow/traces"}`)
}

func TestBodiesAreHeldToTheirForm(t *testing.T) {
	s := open(t)
	status, body := s.ask("POST", "/api/2.0/mlflow/runs/create", `{}`, "Content-Type", "text/plain")
	s.is("text/plain", status, body, 400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"Bad Request. Content-Type must be one of ['application/json']."}`)
	status, body = s.ask("POST", "/api/2.0/mlflow/runs/create", `{}`, "Content-Type", "application/json; charset=utf-8")
	s.is("with a charset", status, body, 200, "")
	status, body = s.post("/runs/create", `"{\"experiment_id\":\"0\"}"`)
	s.is("JSON in JSON", status, body, 200, "")
	status, body = s.post("/runs/create", strings.Repeat(" ", 5<<20))
	s.is("too large", status, body, 400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"a request has at most 4194304 bytes (split it into several)"}`)
	status, body = s.post("/runs/log-metric", `{"run_id":"`+s.run()+`","key":"m","value":NaN,"timestamp":1}`)
	s.is("a bare NaN", status, body, 400, "")
	status, body = s.ask("GET", "/api/2.0/mlflow/experiments/search", "", "Authorization", "Bearer other")
	s.is("a bad token", status, body, 401, `{"error_code":"UNAUTHENTICATED","message":"no such token"}`)
}

func TestErrorsFromOutsideHaveItsForm(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/api/2.0/mlflow/runs/get?run_id=a", "/ajax-api/2.0/mlflow-artifacts/artifacts/a", "/api/3.0/mlflow/server-info"} {
		status, body := s.ask("GET", path, "", "X-Refused", "1")
		s.is(path, status, body, 403, `{"error_code":"PERMISSION_DENIED","message":"refused at the door"}`)
	}
	status, body := s.ask("GET", "/elsewhere", "", "X-Refused", "1")
	s.is("not a path of its own", status, body, 500, `{"message":"Internal Server Error"}`)
}

func TestARepeatedCreateMakesOneRun(t *testing.T) {
	s := open(t)
	create := func(key string) string {
		_, body := s.ask("POST", "/api/2.0/mlflow/runs/create", `{"experiment_id":"0"}`, "Idempotency-Key", key)
		return body
	}
	if first := create("a"); create("a") != first || create("b") == first {
		t.Error("a key stands for one run")
	}
}

func TestHistories(t *testing.T) {
	s := open(t)
	first, second := s.run(), s.run()
	for i := range 3 {
		for _, run := range []string{first, second} {
			status, body := s.post("/runs/log-metric", fmt.Sprintf(`{"run_id":"%s","key":"m","value":%d,"timestamp":%d,"step":%d}`, run, i, i, i))
			s.is("log", status, body, 200, "{}")
		}
	}
	status, body := s.get("/metrics/get-history?run_id=" + first + "&metric_key=m")
	s.is("all", status, body, 200, `{"metrics":[{"key":"m","value":0.0,"timestamp":0,"step":0},{"key":"m","value":1.0,"timestamp":1,"step":1},{"key":"m","value":2.0,"timestamp":2,"step":2}]}`)
	status, body = s.get("/metrics/get-history?run_uuid=" + first + "&metric_key=none")
	s.is("none", status, body, 200, `{}`)
	status, body = s.ask("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id="+first+"&run_id="+second+"&metric_key=m&max_results=4", "")
	s.is("bulk", status, body, 200, "")
	if strings.Count(body, first) != 3 || strings.Count(body, second) != 1 {
		t.Errorf("bulk: %s", body)
	}
	status, body = s.ask("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids="+first+"&metric_key=m&max_results=2&start_step=0&end_step=2", "")
	s.is("interval", status, body, 200, `{"metrics":[{"key":"m","value":0.0,"timestamp":0,"step":0,"run_id":"`+first+`"},{"key":"m","value":2.0,"timestamp":2,"step":2,"run_id":"`+first+`"}]}`)
	status, body = s.get("/metrics/get-history-bulk-interval?run_ids=" + first + "&metric_key=m&start_step=0")
	s.is("half an interval", status, body, 400, `{"error_code":"INVALID_PARAMETER_VALUE","message":"If either start step or end step are specified, both must be specified."}`)
}

func TestAStaleAttemptIsAConflict(t *testing.T) {
	s := open(t)
	s.store.Hold(s.trial.Author().Owner, 2)
	status, body := s.ask("POST", "/api/2.0/mlflow/runs/log-metric", `{"run_id":"`+s.trial.Run+`","key":"m","value":1,"timestamp":1}`, "Authorization", "Bearer "+trialToken)
	s.is("stale", status, body, http.StatusConflict, `{"error_code":"RESOURCE_CONFLICT","message":"attempt 1 of trial 7 is not held any more"}`)
}
