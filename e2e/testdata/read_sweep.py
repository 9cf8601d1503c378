"""Reads a sweep with the stock mlflow client, and logs a run of its own beside it."""
import math
import sys

import mlflow
from mlflow.tracking import MlflowClient

url, name = sys.argv[1:]
mlflow.set_tracking_uri(url)
client = MlflowClient()

experiment = client.get_experiment_by_name(name)
assert experiment is not None, "the sweep's experiment is missing"
assert client.get_experiment_by_name("my own experiment") is None, "a trial made an experiment of its own"

runs = client.search_runs([experiment.experiment_id], order_by=["metrics.loss ASC"], max_results=100)
children = [r for r in runs if "mlflow.parentRunId" in r.data.tags]
trials = [r for r in runs if "mlflow.parentRunId" not in r.data.tags]
assert len(trials) == 4 and len(children) == 4, (len(trials), len(children))
assert {c.data.tags["mlflow.parentRunId"] for c in children} == {t.info.run_id for t in trials}

for run in trials:
    assert run.info.status == "FINISHED", run.info.status
    assert run.data.params["optimizer"] == "adam", run.data.params
    assert float(run.data.params["x"]) >= 0
    assert math.isnan(run.data.metrics["nan"])
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [m.step for m in history] == [0, 1, 2], history
    assert history[-1].value == run.data.metrics["loss"]
values = [r.data.metrics["loss"] for r in trials]
assert values == sorted(values), values

best = client.search_runs([experiment.experiment_id], "metrics.acc = 0.5 and params.optimizer = 'adam'")
assert len(best) == 4, len(best)

mlflow.set_experiment("by hand")
with mlflow.start_run() as run:
    mlflow.log_metric("loss", 1.0)
    mlflow.log_text("hello", "notes/hello.txt")
assert client.list_artifacts(run.info.run_id, "notes")[0].path == "notes/hello.txt"
assert mlflow.artifacts.load_text(run.info.artifact_uri + "/notes/hello.txt") == "hello"
print("ok")
