"""MLflow's stock client against the server at MLFLOW_TRACKING_URI."""

import math
import os
import time
import uuid

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus, Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException


@pytest.fixture(autouse=True)
def clean():
    yield
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture
def client():
    return MlflowClient()


@pytest.fixture
def experiment(client):
    return client.create_experiment("e-" + uuid.uuid4().hex)


def test_fluent_run(client, experiment):
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_run(run_name="first", tags={"team": "a"}, description="what it is") as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"a/b": 1, "empty": ""})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metric("loss", 0.25, step=2)
        mlflow.log_metrics({"nan": math.nan, "inf": math.inf, "minus": -math.inf, "third": 1 / 3}, step=-4)
        mlflow.set_tag("note", "ü")
        mlflow.set_tags({"x": 1, "y": None})
    got = client.get_run(run.info.run_id)
    assert got.info.status == "FINISHED"
    assert got.info.run_name == "first" == got.data.tags["mlflow.runName"]
    assert got.info.end_time >= got.info.start_time > 0
    assert got.data.params == {"lr": "0.1", "a/b": "1", "empty": ""}
    assert got.data.metrics["loss"] == 0.25
    assert math.isnan(got.data.metrics["nan"])
    assert got.data.metrics["inf"] == math.inf and got.data.metrics["minus"] == -math.inf
    assert got.data.metrics["third"] == 1 / 3
    assert got.data.tags["note"] == "ü" and got.data.tags["mlflow.note.content"] == "what it is"
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(1, 0.5), (2, 0.25)]


def test_failed_and_nested_runs(client, experiment):
    mlflow.set_experiment(experiment_id=experiment)
    with pytest.raises(ZeroDivisionError):
        with mlflow.start_run() as parent:
            with mlflow.start_run(nested=True) as child:
                mlflow.log_metric("m", 1)
            1 / 0
    assert client.get_run(parent.info.run_id).info.status == "FAILED"
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert client.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id


def test_resuming_a_run(client, experiment):
    mlflow.set_experiment(experiment_id=experiment)
    run = client.create_run(experiment)
    os.environ["MLFLOW_RUN_ID"] = run.info.run_id
    with mlflow.start_run() as resumed:
        mlflow.log_metric("m", 1)
    assert resumed.info.run_id == run.info.run_id
    assert client.get_run(run.info.run_id).info.status == "FINISHED"


def test_batches_and_repeats(client, experiment):
    run = client.create_run(experiment).info.run_id
    now = int(time.time() * 1000)
    metrics = [Metric(f"m{i % 10}", i / 7, now + i, i) for i in range(1000)]
    for _ in range(2):
        client.log_batch(run, metrics=metrics)
    client.log_batch(run, params=[Param(f"p{i}", "v" * 6000) for i in range(100)], tags=[RunTag(f"t{i}", str(i)) for i in range(100)])
    assert len(client.get_metric_history(run, "m3")) == 100
    got = client.get_run(run)
    assert got.data.metrics["m9"] == 999 / 7
    assert len(got.data.params) == 100 and got.data.tags["t99"] == "99"
    with pytest.raises(MlflowException, match="Duplicate parameter keys"):
        client.log_batch(run, params=[Param("a", "1"), Param("a", "1")])


def test_asynchronous_logging(experiment, client):
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_run() as run:
        for i in range(200):
            mlflow.log_metric("m", i, step=i, synchronous=False)
        mlflow.log_params({"a": 1}, synchronous=False).wait()
        mlflow.flush_async_logging()
    assert len(client.get_metric_history(run.info.run_id, "m")) == 200


def test_params_do_not_change(client, experiment):
    run = client.create_run(experiment).info.run_id
    client.log_param(run, "p", 1)
    client.log_param(run, "p", 1)
    with pytest.raises(MlflowException, match="Changing param values is not allowed") as e:
        client.log_param(run, "p", 2)
    assert e.value.error_code == "INVALID_PARAMETER_VALUE"


def test_searching_runs(client, experiment):
    ids = []
    for i in range(12):
        run = client.create_run(experiment, start_time=1000 + i, run_name=f"run {i}").info.run_id
        ids.append(run)
        if i % 4:
            client.log_metric(run, "val loss", i / 10)
        client.log_param(run, "model", "mlp" if i % 2 else "knn")
    client.log_metric(ids[0], "val loss", math.nan)

    def found(where, **kw):
        return [r.info.run_id for r in client.search_runs([experiment], where, **kw)]

    assert found("") == ids[::-1]
    assert found("metrics.`val loss` < 0.3 AND params.model = 'mlp'") == [ids[1]]
    assert found("params.model LIKE 'm%' and attributes.`run name` = 'run 3'") == [ids[3]]
    assert found(f"run_id IN ('{ids[2]}', '{ids[5]}')") == [ids[5], ids[2]]
    assert found("params.none IS NULL", max_results=3) == ids[:-4:-1]
    assert found("metrics.`val loss` != 0.1", order_by=["start_time ASC"])[0] == ids[0]
    by_loss = found("", order_by=["metrics.`val loss` DESC"])
    assert by_loss[:2] == [ids[11], ids[10]] and by_loss[-3] == ids[0]
    assert set(by_loss[-2:]) == {ids[4], ids[8]}

    pages, token = [], None
    while True:
        page = client.search_runs([experiment], order_by=["metrics.`val loss`"], max_results=5, page_token=token)
        pages += [r.info.run_id for r in page]
        token = page.token
        if not token:
            break
    assert sorted(pages) == sorted(ids) and len(pages) == 12
    runs = mlflow.search_runs([experiment], "params.model = 'knn'", output_format="list")
    assert len(runs) == 6
    with pytest.raises(MlflowException, match="Invalid clause"):
        found("metrics.a < 1 OR metrics.b < 2")


def test_experiments(client):
    name = "x-" + uuid.uuid4().hex
    made = mlflow.create_experiment(name, tags={"a": "1"})
    assert mlflow.get_experiment_by_name(name).experiment_id == made
    assert mlflow.get_experiment_by_name("none " + name) is None
    assert mlflow.set_experiment(name).experiment_id == made
    with pytest.raises(MlflowException) as e:
        mlflow.create_experiment(name)
    assert e.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.rename_experiment(made, name + "!")
    client.set_experiment_tag(made, "b", "2")
    client.delete_experiment_tag(made, "a")
    got = client.get_experiment(made)
    assert got.name == name + "!" and got.tags == {"b": "2"}
    assert [e.experiment_id for e in client.search_experiments(filter_string=f"name LIKE '{name}%' AND tags.b = '2'")] == [made]
    run = client.create_run(made).info.run_id
    client.delete_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "deleted"
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert made in [e.experiment_id for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)]
    with pytest.raises(MlflowException, match="deleted"):
        mlflow.set_experiment(name + "!")
    client.restore_experiment(made)
    assert client.get_run(run).info.lifecycle_stage == "active"


def test_deleted_runs(client, experiment):
    run = client.create_run(experiment).info.run_id
    client.delete_run(run)
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.log_metric(run, "m", 1)
    assert client.search_runs([experiment]) == []
    assert len(client.search_runs([experiment], run_view_type=ViewType.ALL)) == 1
    client.restore_run(run)
    client.log_metric(run, "m", 1)
    client.set_terminated(run, "KILLED")
    assert client.get_run(run).info.status == "KILLED"
    client.update_run(run, name="renamed")
    with pytest.raises(MlflowException, match="No tag with name: none"):
        client.delete_tag(run, "none")
    assert client.get_run(run).data.tags["mlflow.runName"] == "renamed"


def test_artifacts(client, experiment, tmp_path):
    run = client.create_run(experiment)
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
    run = run.info.run_id
    (tmp_path / "dir" / "sub").mkdir(parents=True)
    (tmp_path / "dir" / "ü b.txt").write_text("hello")
    (tmp_path / "dir" / "sub" / "x.bin").write_bytes(bytes(range(256)) * 5000)
    client.log_artifacts(run, str(tmp_path / "dir"), "model")
    client.log_artifact(run, str(tmp_path / "dir" / "ü b.txt"))
    client.log_dict(run, {"a": 1}, "d.json")
    client.log_text(run, "text", "deep/er/t.txt")
    assert sorted(f.path for f in client.list_artifacts(run)) == ["d.json", "deep", "model", "ü b.txt"]
    listed = {f.path: (f.is_dir, f.file_size) for f in client.list_artifacts(run, "model")}
    assert listed == {"model/sub": (True, None), "model/ü b.txt": (False, 5)}
    got = client.download_artifacts(run, "model", str(tmp_path))
    with open(os.path.join(got, "sub", "x.bin"), "rb") as f:
        assert f.read() == bytes(range(256)) * 5000
    assert mlflow.artifacts.load_dict(f"runs:/{run}/d.json") == {"a": 1}
    with pytest.raises(Exception):
        client.download_artifacts(run, "none.txt", str(tmp_path))
    client.delete_run(run)


def test_datasets(client, experiment):
    mlflow.set_experiment(experiment_id=experiment)
    data = mlflow.data.from_numpy(np.arange(12.0).reshape(3, 4), targets=np.arange(3), name="digits")
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training", tags={"k": "v"})
        mlflow.log_input(data, context="training")
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert len(inputs) == 1 and inputs[0].dataset.name == "digits"
    assert {t.key: t.value for t in inputs[0].tags} == {"mlflow.data.context": "training", "k": "v"}
    assert len(client.search_runs([experiment], "dataset.name = 'digits' AND dataset.context = 'training'")) == 1


def test_floats_are_exact(client, experiment):
    run = client.create_run(experiment).info.run_id
    for i, v in enumerate([0.1, 5e-324, 1.7976931348623157e308, -0.30000000000000004, 1e22, 123456789.123456789, float(2**53)]):
        client.log_metric(run, "m", v, step=i)
    values = [m.value for m in client.get_metric_history(run, "m")]
    assert sorted(values) == sorted([0.1, 5e-324, 1.7976931348623157e308, -0.30000000000000004, 1e22, 123456789.123456789, float(2**53)])


def test_sklearn_autolog(client, experiment):
    from sklearn import metrics
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    mlflow.set_experiment(experiment_id=experiment)
    x, y = np.random.default_rng(0).normal(size=(60, 3)), np.arange(60) % 2
    mlflow.sklearn.autolog(log_models=False)
    try:
        with mlflow.start_run() as run:
            fitted = LogisticRegression(C=0.5).fit(x, y)
            loss = metrics.log_loss(y, fitted.predict_proba(x))
        with mlflow.start_run() as grid:
            GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    got = client.get_run(run.info.run_id)
    assert got.data.params["C"] == "0.5"
    assert got.data.metrics["training_log_loss"] == pytest.approx(loss)
    assert {"training_score", "training_accuracy_score"} <= set(got.data.metrics)
    assert got.data.tags["estimator_name"] == "LogisticRegression"
    assert {i.dataset.name for i in got.inputs.dataset_inputs} == {"dataset"}
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{grid.info.run_id}'")
    assert len(children) == 2


# skops, the default of log_model, does not come with mlflow-skinny.
PICKLED = {"serialization_format": mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE}


def digits(n=60):
    return np.random.default_rng(0).normal(size=(n, 3)), np.arange(n) % 2


def test_default_sklearn_autolog_logs_metrics_and_the_model(client, experiment):
    from sklearn import metrics
    from sklearn.linear_model import LogisticRegression

    mlflow.set_experiment(experiment_id=experiment)
    x, y = digits()
    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run() as run:
            fitted = LogisticRegression(C=0.5).fit(x, y)
            metrics.log_loss(y, fitted.predict_proba(x))
    finally:
        mlflow.sklearn.autolog(disable=True)
    got = client.get_run(run.info.run_id)
    assert got.data.params["C"] == "0.5"
    assert {"training_score", "training_log_loss", "training_accuracy_score"} <= set(got.data.metrics)
    [output] = got.outputs.model_outputs
    model = client.get_logged_model(output.model_id)
    assert model.status == LoggedModelStatus.READY
    assert model.source_run_id == run.info.run_id and model.experiment_id == experiment
    assert model.params["C"] == "0.5"
    assert {m.key: m.value for m in model.metrics}["training_score"] == got.data.metrics["training_score"]
    assert {m.run_id for m in model.metrics} == {run.info.run_id}
    loaded = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.predict(x).tolist() == fitted.predict(x).tolist()


def test_log_model_and_load_it(client, experiment):
    from sklearn.linear_model import LogisticRegression

    mlflow.set_experiment(experiment_id=experiment)
    x, y = digits()
    fitted = LogisticRegression().fit(x, y)
    with mlflow.start_run() as run:
        mlflow.log_params({f"p{i}": i for i in range(150)})
        mlflow.log_metric("val_loss", 0.25, step=3)
        info = mlflow.sklearn.log_model(fitted, name="net", input_example=x[:2], step=3, tags={"team": "a"}, **PICKLED)
    assert info.model_uri == f"models:/{info.model_id}" and info.model_id.startswith("m-")
    for uri in [f"runs:/{run.info.run_id}/net", info.model_uri]:
        assert mlflow.pyfunc.load_model(uri).predict(x).tolist() == fitted.predict(x).tolist()
        assert (mlflow.sklearn.load_model(uri).coef_ == fitted.coef_).all()
    model = mlflow.get_logged_model(info.model_id)
    assert model.name == "net" and model.tags["team"] == "a"
    assert model.artifact_location == f"mlflow-artifacts:/{experiment}/models/{info.model_id}/artifacts"
    assert len(model.params) == 150, "more params than one request holds"
    assert {m.key: m.value for m in model.metrics} == {"val_loss": 0.25}
    assert [(o.model_id, o.step) for o in client.get_run(run.info.run_id).outputs.model_outputs] == [(info.model_id, 3)]
    assert "net/MLmodel" in [f.path for f in client.list_artifacts(run.info.run_id, "net")]
    assert "MLmodel" in [f.path for f in mlflow.artifacts.list_artifacts(info.model_uri)]
    with pytest.raises(MlflowException):
        mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/none")


def test_two_models_of_one_name(experiment):
    """runs:/ finds the run's own, however many runs have one of that name."""
    from sklearn.dummy import DummyClassifier

    mlflow.set_experiment(experiment_id=experiment)
    x, y = digits()
    runs = {}
    for constant in (0, 1):
        with mlflow.start_run() as run:
            mlflow.sklearn.log_model(DummyClassifier(strategy="constant", constant=constant).fit(x, y), name="net", **PICKLED)
        runs[constant] = run.info.run_id
    for constant, run in runs.items():
        assert set(mlflow.pyfunc.load_model(f"runs:/{run}/net").predict(x)) == {constant}


def test_a_logged_model_by_hand(client, experiment, tmp_path):
    mlflow.set_experiment(experiment_id=experiment)
    model = mlflow.initialize_logged_model(name="hand", model_type="torch", params={"odd key!": "1"}, tags={"a": "1"})
    assert model.status == LoggedModelStatus.PENDING and model.source_run_id in (None, "")
    data = mlflow.data.from_numpy(np.arange(4.0), name="val")
    with mlflow.start_run() as run:
        mlflow.log_metric("acc", 0.5, step=1, model_id=model.model_id, dataset=data)
        mlflow.log_metric("acc", 0.75, step=2, model_id=model.model_id, dataset=data)
    mlflow.set_logged_model_tags(model.model_id, {"b": "2"})
    mlflow.delete_logged_model_tag(model.model_id, "a")
    (tmp_path / "w.txt").write_text("weights")
    client.log_model_artifact(model.model_id, str(tmp_path / "w.txt"))
    assert [f.path for f in client.list_logged_model_artifacts(model.model_id)] == ["w.txt"]
    assert mlflow.finalize_logged_model(model.model_id, "FAILED").status == LoggedModelStatus.FAILED
    got = mlflow.get_logged_model(model.model_id)
    assert {k: v for k, v in got.tags.items() if not k.startswith("mlflow.")} == {"b": "2"}
    assert got.params == {"odd key!": "1"} and got.model_type == "torch"
    assert [(m.step, m.value, m.dataset_name, m.run_id) for m in got.metrics] == [(1, 0.5, "val", run.info.run_id), (2, 0.75, "val", run.info.run_id)]
    assert [m.model_id for m in client.get_run(run.info.run_id).inputs.model_inputs] == [model.model_id]
    client.delete_logged_model(model.model_id)
    with pytest.raises(MlflowException, match="not found") as e:
        mlflow.get_logged_model(model.model_id)
    assert e.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    with pytest.raises(MlflowException, match="Invalid model name"):
        client.create_logged_model(experiment, name="a/b")


def test_searching_models(client, experiment):
    ids = [client.create_logged_model(experiment, name=f"n{i}", params={"k": str(i % 2)}).model_id for i in range(5)]
    run = client.create_run(experiment).info.run_id
    for i, v in enumerate([0.1, 0.9, 0.5]):
        client.log_metric(run, "acc", v, model_id=ids[i])
    client.finalize_logged_model(ids[4], LoggedModelStatus.READY)

    def found(where=None, **kw):
        return [m.model_id for m in client.search_logged_models([experiment], where, **kw)]

    assert sorted(found()) == sorted(ids)
    assert found("name = 'n3'") == [ids[3]]
    assert found("metrics.acc > 0.4", order_by=[{"field_name": "metrics.acc", "ascending": False}]) == [ids[1], ids[2]]
    assert set(found("params.k = '1' AND name != 'n1'")) == {ids[3]}
    assert found("status = 'READY'") == [ids[4]]
    assert found(order_by=[{"field_name": "metrics.acc"}])[:3] == [ids[0], ids[2], ids[1]]
    assert mlflow.search_logged_models([experiment], "metrics.acc < 0.2", output_format="list")[0].model_id == ids[0]
    pages, token = [], None
    while True:
        page = client.search_logged_models([experiment], max_results=2, page_token=token)
        pages += [m.model_id for m in page]
        token = page.token
        if not token:
            break
    assert sorted(pages) == sorted(ids)
    with pytest.raises(MlflowException, match="Invalid order by field name"):
        found(order_by=[{"field_name": "params.k"}])
