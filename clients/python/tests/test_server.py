"""The client and the real server: submit, run, look. Needs the binary: `make build`, or $SWEEPD_BIN."""

import os
import pathlib
import subprocess
import sys

import pytest

import sweepd as sw

ROOT = pathlib.Path(__file__).parents[3]
BINARY = os.environ.get("SWEEPD_BIN") or str(ROOT / "bin" / "sweepd")
SRC = ROOT / "clients" / "python" / "src"

SCRIPT = """
import sys
sys.path.insert(0, {src!r})
import sweepd as sw

trial = sw.trial()
x = trial.params.x
for step in range(1, 6):
    if trial.report(step=step, loss=abs(x) + 1 / step):
        break
trial.log_predictions("val", [[1 - x / 20, x / 20], [x / 20, 1 - x / 20], [0.5, 0.5]], ids=["a", "b", "c"])
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A server with two slots, known by its data directory."""
    where = tmp_path_factory.mktemp("sweepd")
    command = [BINARY, "serve", "--dir", str(where), "--addr", "127.0.0.1:0", "--slots", "2"]
    env = {k: v for k, v in os.environ.items() if not k.startswith("SWEEPD_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, text=True) as server:
        assert "serves" in server.stdout.readline()
        yield where
        server.terminate()
        assert server.wait(20) == 0


@pytest.fixture
def client(directory, monkeypatch):
    monkeypatch.setenv("SWEEPD_DIR", str(directory))
    return sw.Client()


@pytest.fixture
def project(tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT.format(src=str(SRC)))
    (tmp_path / "y_val.csv").write_text("id,y\nc,1\na,0\nb,1\n")
    return tmp_path


def test_from_submission_to_ensemble(client, project):
    ensemble = {"metric": "log_loss", "split": "val", "targets": {"val": "y_val.csv"}}
    s = client.submit(
        [sys.executable, "train.py"], {"x": {"int": [1, 8]}}, minimize="loss", trials=6, ensemble=ensemble
    )
    assert s.wait(timeout=60, progress=False).state == "finished"
    assert s.counts["completed"] == 6 and s.counts["attempts"] == 6
    df = s.df()
    assert len(df) == 6 and df["x"].is_unique and df["value"].is_monotonic_increasing
    assert (df["value"] == df["x"] + 0.2).all() and set(df["best_step"]) == {5}
    best = s.best
    assert best.number == df["number"][0] and best.params.x == df["x"][0] and best.value == df["value"][0]
    assert [r.number for r in s.top(3)] == list(df["number"][:3])
    assert abs(sum(s.ensemble.weights.values()) - 1) < 1e-9
    assert s.ensemble.scores["val"] <= s.ensemble.best_single_scores["val"]
    assert client.sweep(s.id[:8]).state == "finished" and client.sweep().id == s.id


def test_pause_resume_cancel(client, project):
    (project / "train.py").write_text("import time\ntime.sleep(60)\n")
    s = client.submit([sys.executable, "train.py"], {"x": [1, 2, 3]}, minimize="loss", trials=3)
    assert s.pause("a look first").state == "paused" and "a look first" in s.why
    assert s.resume().state == "running"
    assert s.cancel(why="enough").state == "cancelled"
    assert s.wait(timeout=60, progress=False).counts["completed"] == 0


def test_bad_files_name_every_place(client, project):
    (project / "sweep.yaml").write_text("comand: [python, train.py]\nspace: {x: {log: [1, 0]}}\nbudget: {trials: 3}\n")
    with pytest.raises(sw.ServerError) as e:
        client.submit("sweep.yaml")
    assert e.value.status in (400, 422)
    assert "sweep.yaml:1:1" in str(e.value) and "command" in str(e.value) and "sweep.yaml:2:" in str(e.value)


def test_without_the_token(client):
    with pytest.raises(sw.ServerError) as e:
        sw.Client(client.url, "wrong").submit({"command": ["true"]})
    assert e.value.status in (401, 403)
