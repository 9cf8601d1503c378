"""MLflow's stock client under an attempt's token, as a trial's script runs it.

MLFLOW_TRACKING_TOKEN, MLFLOW_RUN_ID and MLFLOW_EXPERIMENT_NAME are the trial's,
each story in a process of its own, named by the argument: the client keeps state.
"""

import os
import sys

import mlflow
from mlflow import MlflowClient

RUN = os.environ["MLFLOW_RUN_ID"]
SWEEP = os.environ["MLFLOW_EXPERIMENT_NAME"]


def resumes_and_then_nests():
    """set_experiment and two runs, one after the other: the second is a child."""
    mlflow.set_experiment("my own experiment")
    with mlflow.start_run(run_name="mine") as first:
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_param("lr", 0.1)
    with mlflow.start_run() as second:
        mlflow.log_metric("loss", 9)
    assert first.info.run_id == RUN, "the first run is the trial's"
    assert second.info.run_id != RUN
    client = MlflowClient()
    child, own = client.get_run(second.info.run_id), client.get_run(RUN)
    assert child.data.tags["mlflow.parentRunId"] == RUN
    assert child.info.experiment_id == own.info.experiment_id
    assert child.info.status == "FINISHED"
    assert own.info.status == "RUNNING", "how a trial ends is not for its script to say"
    assert own.data.tags["sweepd.reported_status"] == "FINISHED"
    assert own.data.tags["sweepd.user_run_name"] == "mine"
    assert own.data.tags["sweepd.experiment_name"] == "my own experiment"
    assert own.data.metrics["loss"] == 0.5
    assert mlflow.get_experiment_by_name("anything").name == SWEEP


def creates_with_the_client():
    """As Lightning's logger does: no MLFLOW_RUN_ID, an experiment of its own."""
    client = MlflowClient()
    experiment = client.get_experiment_by_name("lightning_logs")
    run = client.create_run(experiment.experiment_id, tags={"mlflow.runName": "lit"})
    assert run.info.run_id == RUN
    client.log_batch(run.info.run_id, params=[mlflow.entities.Param("a", "1")])
    client.set_terminated(run.info.run_id, "FINISHED")
    assert client.create_run(experiment.experiment_id).info.run_id != RUN


def keeps_files():
    """Artifacts go to the trial's run and come back."""
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "a/b.txt")
    assert run.info.run_id == RUN
    assert mlflow.artifacts.load_text(f"runs:/{RUN}/a/b.txt") == "hello"
    assert [f.path for f in MlflowClient().list_artifacts(RUN)] == ["a"]


def logs_by_autolog():
    """sklearn's autolog, as it is by default, resumes the trial's run and logs a model of it."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    mlflow.sklearn.autolog()
    fitted = LogisticRegression().fit(x, y)
    run = MlflowClient().get_run(RUN)
    assert "training_score" in run.data.metrics
    [output] = run.outputs.model_outputs
    assert "training_score" in {m.key for m in mlflow.get_logged_model(output.model_id).metrics}
    for uri in [f"runs:/{RUN}/model", f"models:/{output.model_id}"]:
        assert mlflow.pyfunc.load_model(uri).predict(x).tolist() == fitted.predict(x).tolist()


def logs_models():
    """Models belong to the sweep's experiment and to the trial's run, wherever the script thinks it is."""
    import numpy as np
    from sklearn.dummy import DummyClassifier

    mlflow.set_experiment("my own experiment")
    model = DummyClassifier(strategy="constant", constant=1).fit(np.zeros((4, 1)), [0, 1, 0, 1])
    pickled = {"serialization_format": mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE}
    early = mlflow.initialize_logged_model(name="early")
    assert early.source_run_id == RUN
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(model, name="net", **pickled)
    with mlflow.start_run() as child:
        mlflow.sklearn.log_model(model, name="net", **pickled)
    client = MlflowClient()
    sweep = client.get_run(RUN).info.experiment_id
    assert mlflow.get_logged_model(info.model_id).experiment_id == sweep
    assert mlflow.get_logged_model(info.model_id).source_run_id == RUN
    found = client.search_logged_models(["0"], "name = 'net'")
    assert {m.source_run_id for m in found} == {RUN, child.info.run_id}
    assert len(found) == 2
    for run in (RUN, child.info.run_id):
        assert mlflow.pyfunc.load_model(f"runs:/{run}/net").predict(np.zeros((2, 1))).tolist() == [1, 1]
    mlflow.finalize_logged_model(early.model_id, "FAILED")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
