"""Reports XGBoost's evaluations."""

from __future__ import annotations

import warnings
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ._trial import trial

if TYPE_CHECKING:
    from xgboost.callback import TrainingCallback


def xgboost(metric: str, *, name: str | None = None) -> TrainingCallback:
    """A callback for xgboost.train, xgboost.cv and the scikit-learn estimators.

    metric is the data set's name and the metric's, as XGBoost prints them: "valid-auc",
    "validation_0-logloss", "test-rmse" in cv (the mean of the folds). It is reported after each
    round, with the round as its step, under that name or the one given. Training ends after the
    round in which the trial is asked to stop; the booster is returned as after early stopping.
    """
    import xgboost as xgb

    data, _, kind = metric.partition("-")
    if not data or not kind:
        raise ValueError(f"metric {metric!r}; give data set and metric as XGBoost prints them: 'valid-auc'")
    key = name or metric

    class Report(xgb.callback.TrainingCallback):
        def __init__(self) -> None:
            super().__init__()
            self._missed = False

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            t = trial()
            history = evals_log.get(data, {}).get(kind)
            if not history:
                self._miss(evals_log)
                return t.should_stop
            last = history[-1]  # in cv the mean and the deviation
            rounds = model.num_boosted_rounds()  # epoch counts from 0 again when training goes on with xgb_model=
            return t.report(step=rounds - 1, **{key: last[0] if isinstance(last, tuple) else last})

        def _miss(self, evals_log: Any) -> None:
            if self._missed:
                return
            self._missed = True
            have = [f"{d}-{k}" for d, kinds in evals_log.items() for k in kinds]
            near = get_close_matches(metric, have, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(have) or 'none: give evals or eval_set'}"
            warnings.warn(f"sweepd: XGBoost evaluates no {metric}; {hint}", RuntimeWarning, 3)

    return Report()
