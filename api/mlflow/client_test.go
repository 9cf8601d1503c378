package mlflow_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// interpreter is a Python with mlflow-skinny, scikit-learn, pandas and pytest:
// the one that SWEEPD_TEST_PYTHON names, else that of the tree's virtual
// environment, which make venv makes.
func interpreter(t *testing.T) string {
	t.Helper()
	if p := os.Getenv("SWEEPD_TEST_PYTHON"); p != "" {
		return p
	}
	p, err := filepath.Abs("../../.venv/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); err != nil {
		t.Fatal("no Python with MLflow's client: make venv makes one, SWEEPD_TEST_PYTHON names another")
	}
	return p
}

// python runs MLflow's own client against the server.
func python(t *testing.T, s *site, env []string, args ...string) {
	t.Helper()
	interpreter := interpreter(t)
	cmd := exec.CommandContext(t.Context(), interpreter, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1",
		"MLFLOW_TRACKING_URI=" + s.url, "MLFLOW_DISABLE_TELEMETRY=true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES=1",
	}, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestStockClient(t *testing.T) {
	s := open(t)
	python(t, s, nil, "-m", "pytest", "-q", "-p", "no:cacheprovider", testdata(t, "test_client.py"))
}

func TestStockClientInATrial(t *testing.T) {
	for _, story := range []string{"resumes_and_then_nests", "creates_with_the_client", "keeps_files", "logs_by_autolog", "logs_models"} {
		t.Run(story, func(t *testing.T) {
			s := open(t)
			python(t, s, []string{
				"MLFLOW_TRACKING_TOKEN=" + trialToken, "MLFLOW_RUN_ID=" + s.trial.Run, "MLFLOW_EXPERIMENT_NAME=digits-sweep",
			}, testdata(t, "test_trial.py"), story)
		})
	}
}
