"""sweepd for Python: report from a training script, submit sweeps, look at what came out.

In a script, which runs unchanged by hand::

    import sweepd as sw

    trial = sw.trial()
    lr = trial.params.get("lr", 1e-3)
    for epoch in range(20):
        if trial.report(val_acc=train_epoch(lr)):
            break  # early stopping asked for it

On the other side::

    sweep = sw.submit("sweep.yaml").wait()
    sweep.best.params, sweep.df()

There are no dependencies; the names below are the whole interface.
"""

from ._client import Client, submit
from ._errors import ServerError, SweepdError
from ._params import Params
from ._sweep import Ensemble, Result, Sweep
from ._trial import Trial, trial
from ._xgboost import xgboost

__all__ = [
    "Client",
    "Ensemble",
    "Params",
    "Result",
    "ServerError",
    "Sweep",
    "SweepdError",
    "Trial",
    "submit",
    "trial",
    "xgboost",
]
__version__ = "0.1.0"
