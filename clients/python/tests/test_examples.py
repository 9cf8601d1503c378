"""The script of examples/digits that uses this client, run as a trial."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

DIGITS = pathlib.Path(__file__).parents[3] / "examples" / "digits"
SRC = pathlib.Path(__file__).parents[1] / "src"


def run(tmp_path, script, **environ):
    env = {**os.environ, "PYTHONPATH": str(SRC), "OMP_NUM_THREADS": "1", **environ}
    done = subprocess.run(
        [sys.executable, str(DIGITS / script)], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_as_a_trial(server, tmp_path):
    server.answers = [(200, {"stop": False})]
    params = '{"family": "mlp", "width": 32, "lr": 0.01, "batch_size": 128, "epochs": 27}'
    trial = {"SWEEPD_TRIAL_ID": "s/1", "SWEEPD_ATTEMPT": "1", "SWEEPD_URL": server.url}
    out = run(tmp_path, "train_sweepd.py", SWEEPD_PARAMS=params, SWEEPD_TRIAL_DIR=str(tmp_path), **trial)
    points = [server.sent(i)["points"][0] for i in range(len(server.requests))]
    assert [p["step"] for p in points] == list(range(1, 28))
    best = min(p["metrics"]["val_loss"] for p in points)
    assert f"best val_loss {best:.4f}" in out
    for split, rows in (("val", 337), ("test", 450)):
        p, y = np.load(tmp_path / "predictions" / f"{split}.npy"), np.load(DIGITS / f"y_{split}.npy")
        assert p.shape == (rows, 10) and y.shape == (rows,)
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
        assert (p.argmax(axis=1) == y).mean() > 0.9
    left = np.load(tmp_path / "predictions" / "val.npy")
    kept = np.clip(left, 1e-6, 1)[np.arange(337), np.load(DIGITS / "y_val.npy")]
    assert -np.log(kept).mean() == pytest.approx(best, abs=1e-3)  # the files are of the best epoch


def test_a_stop_ends_it(server, tmp_path):
    server.answers = [(200, {"stop": False})] * 2 + [(200, {"stop": True})]
    trial = {"SWEEPD_TRIAL_ID": "s/2", "SWEEPD_ATTEMPT": "1", "SWEEPD_URL": server.url}
    run(tmp_path, "train_sweepd.py", SWEEPD_PARAMS='{"family": "extra_trees", "trees": 54}', **trial)
    assert len(server.requests) == 3


def test_by_hand(tmp_path):
    assert "mlp: best val_loss" in run(tmp_path, "train_sweepd.py")
    assert list(tmp_path.iterdir()) == []
