package auth

// Routes is the table of everything the server answers. A new route gets a row
// here, with the least that will do.
func Routes() Table {
	rules := append([]Rule(nil), native...)
	for _, prefix := range []string{"/api/2.0", "/ajax-api/2.0"} {
		for _, r := range mlflow {
			rules = append(rules, Rule{r.Method, prefix + r.Path, r.Need})
		}
		rules = append(rules, nothing(prefix+"/mlflow/*")...)
		rules = append(rules, nothing(prefix+"/mlflow-artifacts/*")...)
	}
	for _, prefix := range []string{"/api/3.0", "/ajax-api/3.0"} {
		rules = append(rules, Rule{"GET", prefix + "/mlflow/server-info", Open})
		rules = append(rules, nothing(prefix+"/mlflow/*")...)
	}
	return NewTable(rules)
}

// nothing are the rules of a path below which every other route answers, to
// everybody, that it does not exist: MLflow's clients ask so what a server can do.
func nothing(path string) []Rule {
	var rules []Rule
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		rules = append(rules, Rule{method, path, Open})
	}
	return rules
}

var native = []Rule{
	// The page and the state of the server.
	{"GET", "/*", Open},
	{"GET", "/s/{page}", Open}, // as text it asks for what Read does
	{"GET", "/login", Open},    // redeems a one-time code
	{"GET", "/health", Open},
	{"GET", "/version", Open},
	{"GET", "/metrics", Survey},
	{"GET", "/api/v1/openapi.yaml", Open},
	{"GET", "/api/v1/system", Read},

	// Sweeps.
	{"GET", "/api/v1/sweeps", Survey},
	{"POST", "/api/v1/sweeps", Change},
	{"GET", "/api/v1/sweeps/{sweep}", Read},
	{"PATCH", "/api/v1/sweeps/{sweep}", Change},
	{"POST", "/api/v1/sweeps/{sweep}/pause", Change},
	{"POST", "/api/v1/sweeps/{sweep}/resume", Change},
	{"POST", "/api/v1/sweeps/{sweep}/cancel", Change},
	{"POST", "/api/v1/sweeps/{sweep}/retry", Change},
	{"GET", "/api/v1/sweeps/{sweep}/overview", Read},
	{"GET", "/api/v1/sweeps/{sweep}/curves", Read},
	{"GET", "/api/v1/sweeps/{sweep}/changes", Read},
	{"GET", "/api/v1/sweeps/{sweep}/decisions", Read},
	{"GET", "/api/v1/sweeps/{sweep}/ensembles", Read},

	// Trials.
	{"GET", "/api/v1/sweeps/{sweep}/trials", Read},
	{"GET", "/api/v1/sweeps/{sweep}/trials/{number}", Read},
	{"GET", "/api/v1/sweeps/{sweep}/trials/{number}/log", Read},
	{"GET", "/api/v1/sweeps/{sweep}/trials/{number}/files/{name}", Read},

	// Code that workers will run.
	{"HEAD", "/api/v1/code/{digest}", Work},
	{"GET", "/api/v1/code/{digest}", Work},
	{"PUT", "/api/v1/code/{digest}", Change},

	// Workers and what they hold.
	{"GET", "/api/v1/workers", Survey},
	{"PUT", "/api/v1/workers/{worker}/hello", Work},
	{"PUT", "/api/v1/workers/{worker}/drain", Change},
	{"POST", "/api/v1/leases/claim", Work},
	{"POST", "/api/v1/leases/beat", Work},
	{"POST", "/api/v1/leases/settle", Work},
	{"PUT", "/api/v1/leases/{trial}/{attempt}/log/{chunk}", Own},
	{"PUT", "/api/v1/leases/{trial}/{attempt}/predictions/{name}", Own},
	{"POST", "/api/v1/report", Own},

	// Who may do all this.
	{"GET", "/api/v1/tokens", Change},
	{"POST", "/api/v1/tokens", Change},
	{"DELETE", "/api/v1/tokens/{id}", Change},
	{"POST", "/api/v1/login", Change},
}

// mlflow is MLflow's REST, below each of its prefixes.
var mlflow = []Rule{
	{"POST", "/mlflow/experiments/create", Log},
	{"GET", "/mlflow/experiments/get", Read},
	{"GET", "/mlflow/experiments/get-by-name", Read},
	{"GET", "/mlflow/experiments/search", Read},
	{"POST", "/mlflow/experiments/search", Read},
	{"POST", "/mlflow/experiments/update", Log},
	{"POST", "/mlflow/experiments/delete", Log},
	{"POST", "/mlflow/experiments/restore", Log},
	{"POST", "/mlflow/experiments/set-experiment-tag", Log},
	{"POST", "/mlflow/experiments/delete-experiment-tag", Log},
	{"POST", "/mlflow/runs/create", Log},
	{"GET", "/mlflow/runs/get", Read},
	{"POST", "/mlflow/runs/update", Log},
	{"POST", "/mlflow/runs/delete", Log},
	{"POST", "/mlflow/runs/restore", Log},
	{"POST", "/mlflow/runs/log-metric", Log},
	{"POST", "/mlflow/runs/log-parameter", Log},
	{"POST", "/mlflow/runs/log-batch", Log},
	{"POST", "/mlflow/runs/log-inputs", Log},
	{"POST", "/mlflow/runs/set-tag", Log},
	{"POST", "/mlflow/runs/delete-tag", Log},
	{"POST", "/mlflow/runs/search", Read},
	{"GET", "/mlflow/metrics/get-history", Read},
	{"GET", "/mlflow/metrics/get-history-bulk", Read},
	{"GET", "/mlflow/metrics/get-history-bulk-interval", Read},
	{"POST", "/mlflow/runs/outputs", Log},
	{"POST", "/mlflow/logged-models", Log},
	{"POST", "/mlflow/logged-models/search", Read},
	{"GET", "/mlflow/logged-models/{id}", Read},
	{"PATCH", "/mlflow/logged-models/{id}", Log},
	{"DELETE", "/mlflow/logged-models/{id}", Log},
	{"POST", "/mlflow/logged-models/{id}/params", Log},
	{"PATCH", "/mlflow/logged-models/{id}/tags", Log},
	{"DELETE", "/mlflow/logged-models/{id}/tags/{key}", Log},
	{"GET", "/mlflow/logged-models/{id}/artifacts/directories", Read},
	{"GET", "/mlflow/artifacts/list", Read},
	{"GET", "/mlflow-artifacts/artifacts", Read},
	{"GET", "/mlflow-artifacts/artifacts/*", Read},
	{"PUT", "/mlflow-artifacts/artifacts/*", Log},
	{"DELETE", "/mlflow-artifacts/artifacts/*", Log},
}
