"""Prediction and target files: numpy itself reads what is written without it."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from sweepd import _arrays
from sweepd._trial import Trial


@pytest.fixture
def trial(tmp_path):
    return Trial({"SWEEPD_TRIAL_ID": "s/1", "SWEEPD_TRIAL_DIR": str(tmp_path)})


def load(tmp_path, name):
    got = np.load(tmp_path / "predictions" / name, allow_pickle=False)
    return dict(got) if name.endswith(".npz") else got


P = [[0.75, 0.25], [0.5, 0.5], [0.125, 0.875]]


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (P, "<f8"),
        (tuple(tuple(r) for r in P), "<f8"),
        (iter(P), "<f8"),
        (np.array(P), "<f8"),
        (np.array(P, "f4"), "<f4"),
        (np.array(P, "f2"), "<f2"),
        (np.array(P, ">f4"), "<f4"),
        (np.asfortranarray(P), "<f8"),
        (np.array(P)[:, ::1][::1], "<f8"),
        (pd.DataFrame(P), "<f8"),
    ],
    ids=["lists", "tuples", "iterator", "f8", "f4", "f2", "big endian", "fortran", "view", "frame"],
)
def test_matrices(trial, tmp_path, given, dtype):
    trial.log_predictions("val", given)
    got = load(tmp_path, "val.npy")
    assert got.dtype.str == dtype and got.flags.c_contiguous
    np.testing.assert_array_equal(got, P)


def test_one_column(trial, tmp_path):
    for given in ([1, 2.5], np.array([1, 2.5]), pd.Series([1, 2.5]), (x for x in (1, 2.5))):
        trial.log_predictions("test", given)
        np.testing.assert_array_equal(load(tmp_path, "test.npy"), [1.0, 2.5])


def test_a_tensor_on_a_device(trial, tmp_path):
    class Tensor:
        """As torch's: no array until it is detached and on the host."""

        def detach(self):
            return self

        def cpu(self):
            return np.array(P, "f4")

    trial.log_predictions("oof", Tensor())
    np.testing.assert_array_equal(load(tmp_path, "oof.npy"), P)


@pytest.mark.parametrize(
    ("ids", "want", "kind"),
    [
        ([30, 10, 20], [30, 10, 20], "i"),
        (np.array([30, 10, 2**62 + 1]), [30, 10, 2**62 + 1], "i"),
        (["c", "été", "😀"], ["c", "été", "😀"], "U"),
        (np.array(["c", "a", "bb"]), ["c", "a", "bb"], "U"),
        (pd.Index(["x", "y", "z"]), ["x", "y", "z"], "U"),
        ([b"a", b"b", b"c"], ["a", "b", "c"], "U"),
        (["", "1", 2], ["", "1", "2"], "U"),
    ],
)
def test_ids(trial, tmp_path, ids, want, kind):
    trial.log_predictions("val", P, ids=ids)
    got = load(tmp_path, "val.npz")
    assert set(got) == {"p", "ids"} and got["ids"].dtype.kind == kind
    assert got["ids"].tolist() == want
    np.testing.assert_array_equal(got["p"], P)


def test_the_newest_replaces(trial, tmp_path):
    trial.log_predictions("val", P)
    trial.log_predictions("val", P, ids=[1, 2, 3])
    assert [f.name for f in (tmp_path / "predictions").iterdir()] == ["val.npz"]
    trial.log_predictions("val", [1.0])
    assert [f.name for f in (tmp_path / "predictions").iterdir()] == ["val.npy"]


def test_readers_never_see_half_a_file(trial, tmp_path, monkeypatch):
    trial.log_predictions("val", P)

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(_arrays.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        trial.log_predictions("val", [1.0])
    assert [f.name for f in (tmp_path / "predictions").iterdir()] == ["val.npy"]
    np.testing.assert_array_equal(load(tmp_path, "val.npy"), P)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([[1, 2], [3]], "different lengths"),
        ([], "shape"),
        (np.zeros((2, 2, 2)), "shape"),
        (np.zeros(2, complex), "complex128"),
        (np.array(["a"]), "give floats"),
        (np.zeros((0, 10)), "shape"),
    ],
)
def test_bad_shapes_and_types(trial, given, message):
    with pytest.raises((ValueError, TypeError), match=message):
        trial.log_predictions("val", given)


def test_ids_for_each_row(trial):
    with pytest.raises(ValueError, match="2 ids for 3 rows"):
        trial.log_predictions("val", P, ids=[1, 2])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_model_that_diverged_leaves_nothing(trial, tmp_path, bad):
    for given in ([[bad, 0.5]], np.array([[bad, 0.5]])):
        with pytest.warns(RuntimeWarning, match="val predictions hold NaN"):
            trial.log_predictions("val", given)
    assert not (tmp_path / "predictions").exists()


def test_without_numpy(tmp_path):
    """The same files from an interpreter in which numpy cannot be imported."""
    script = """
import sys
sys.modules["numpy"] = None
from sweepd._trial import Trial
t = Trial({"SWEEPD_TRIAL_ID": "s/1", "SWEEPD_TRIAL_DIR": sys.argv[1]})
t.log_predictions("val", [[0.75, 0.25], [0.5, 0.5]], ids=["x", "yy"])
t.log_predictions("test", [0.1, 0.2, 0.3])
assert "numpy" not in sys.modules or sys.modules["numpy"] is None
"""
    import sweepd

    src = str(__import__("pathlib").Path(sweepd.__file__).parents[1])
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, env={"PYTHONPATH": src})
    got = load(tmp_path, "val.npz")
    assert got["p"].tolist() == [[0.75, 0.25], [0.5, 0.5]] and got["ids"].tolist() == ["x", "yy"]
    assert load(tmp_path, "test.npy").tolist() == [0.1, 0.2, 0.3]
