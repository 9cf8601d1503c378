"""What a training script sees of the trial it runs as."""

from __future__ import annotations

import functools
import json
import os
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _arrays
from ._numbers import to_wire
from ._params import Params
from ._report import Reporter

SPLITS = ("oof", "val", "test")


class Trial:
    """One attempt at a trial, as its environment describes it; see :func:`trial`.

    Outside a sweep everything is there and does nothing: no parameters, ``report`` gives False,
    files are not written. So the same script runs by hand.
    """

    def __init__(self, environ: Mapping[str, str]):
        self.id: str = environ.get("SWEEPD_TRIAL_ID", "")
        """"<sweep>/<number>", "" outside a sweep."""
        self.attempt: int = int(environ.get("SWEEPD_ATTEMPT") or 0)
        """Counts from 1; 0 outside a sweep."""
        self.resumed: bool = environ.get("SWEEPD_RESUME") == "1"
        """Whether an earlier attempt left a checkpoint in checkpoint_dir to go on from."""
        seed = environ.get("SWEEPD_SEED")
        self.seed: int | None = int(seed) % (1 << 32) if seed else None
        """0 to 2^32 - 1, as numpy and scikit-learn want it; the same for every attempt; None outside a sweep."""
        self.params: Params = Params(_params(environ))
        """The trial's parameters."""
        self._dir = environ.get("SWEEPD_TRIAL_DIR")
        self._checkpoints = environ.get("SWEEPD_CHECKPOINT_DIR")
        self._stop_file = environ.get("SWEEPD_STOP_FILE")
        self._stopped = False
        self._step = 0
        url = environ.get("SWEEPD_URL")
        first = environ.get("RANK", "0") in ("", "0")  # torchrun's global rank: one process of a trial reports
        self._reporter = Reporter(url, environ.get("SWEEPD_TOKEN")) if self.id and url and first else None

    @property
    def active(self) -> bool:
        """Whether this process is part of a sweep."""
        return bool(self.id)

    @property
    def checkpoint_dir(self) -> Path | None:
        """A directory that is kept for the next attempt; None outside a sweep."""
        if not self._checkpoints:
            return None
        path = Path(self._checkpoints)
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def should_stop(self) -> bool:
        """Whether the trial was asked to stop: by the answer to a report, or by the stop file, in any process of it."""
        if not self._stopped and self._stop_file and os.path.exists(self._stop_file):
            self._stopped = True
        return self._stopped

    @property
    def stop_reason(self) -> str:
        """Why, in a sentence, when an answer to a report said so; else ""."""
        return self._reporter.reason if self._reporter else ""

    def report(self, step: int | None = None, **metrics: Any) -> bool:
        """Reports metrics and tells whether to stop.

        Without a step it is one more than the last one. A metric is whatever float() understands,
        NaN and infinities included; names that are no identifiers are given as ``**{"val/loss": x}``.
        A worker that does not answer is waited for once, for ten seconds; after that reports wait in
        memory until it does. Only a wrong call raises.
        """
        if not metrics:
            raise TypeError("report(step=None, **metrics) needs a metric: report(val_loss=0.3)")
        point: dict[str, Any] = {"metrics": {k: to_wire(k, v) for k, v in metrics.items()}}
        if step is not None:
            step = self._step = int(step)
        elif not self.resumed:
            # The worker would count alike, but a number makes a repeated request harmless. An
            # attempt that goes on from a checkpoint goes on with the steps it does not know.
            step = self._step = self._step + 1
        if self._reporter is None:
            return self.should_stop
        if step is not None:
            point["step"] = step
        point["timestamp"] = time.time_ns() // 1_000_000
        self._stopped = self._reporter.send(point) or self._stopped
        return self.should_stop

    def log_predictions(self, split: str, proba: Any, ids: Any = None) -> None:
        """Leaves predictions for ensembles, in the trial's ``predictions`` directory.

        split is "val", "test" or "oof". proba has a row per sample: a probability for each class in
        the order of the classes, or one number (a regression, the probability of class 1); arrays,
        tensors, data frames and lists will do. ids name the rows and may come in any order; without
        them the rows are those of the targets, in their order. Writing again replaces.
        """
        if split not in SPLITS:
            raise ValueError(f"split {split!r}; one of {', '.join(SPLITS)}")
        p = _arrays.matrix(proba)
        named = _rows(ids, p.shape[0])
        if not p.finite:
            warnings.warn(f"sweepd: the {split} predictions hold NaN or infinities and are not kept", RuntimeWarning, 2)
        elif self._dir:
            self._write(split, {"p": p}, named)

    def _write(self, stem: str, arrays: dict[str, _arrays.Array], ids: _arrays.Array | None) -> None:
        folder = Path(str(self._dir), "predictions")
        suffix, other = (".npy", ".npz") if ids is None else (".npz", ".npy")
        if ids is not None:
            arrays["ids"] = ids
        _arrays.write(folder / (stem + suffix), arrays)
        (folder / (stem + other)).unlink(missing_ok=True)

    def __repr__(self) -> str:
        return f"<sweepd.Trial {self.id} attempt {self.attempt}>" if self.active else "<sweepd.Trial, not in a sweep>"


def _params(environ: Mapping[str, str]) -> dict[str, Any]:
    text = environ.get("SWEEPD_PARAMS")
    if not text and environ.get("SWEEPD_PARAMS_FILE"):
        text = Path(environ["SWEEPD_PARAMS_FILE"]).read_text(encoding="utf-8")
    return json.loads(text) if text else {}


def _rows(ids: Any, rows: int) -> _arrays.Array | None:
    if ids is None:
        return None
    named = _arrays.labels(ids)
    if named.shape[0] != rows:
        raise ValueError(f"{named.shape[0]} ids for {rows} rows")
    return named


def trial() -> Trial:
    """The trial this process runs as; the same object each time, and another one after a fork into another trial."""
    return _of(os.getpid(), os.environ.get("SWEEPD_TRIAL_ID", ""), os.environ.get("SWEEPD_ATTEMPT", ""))


def hang_up() -> None:
    """Ends the trial of this process, so that the process may run another: sends what waits, closes what is open."""
    if _of.cache_info().currsize:
        t = trial()
        if t._reporter:
            t._reporter.close()
        _of.cache_clear()


@functools.lru_cache(maxsize=1)
def _of(pid: int, id: str, attempt: str) -> Trial:
    return Trial(os.environ)
