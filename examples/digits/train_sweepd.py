"""train.py with sweepd's own client: parameters are typed already, one call reports and asks whether to stop.

Run by hand it trains with the defaults of models.py.
"""

import sweepd as sw

from data import load, log_loss
from models import fit


def main():
    trial = sw.trial()
    params = {"family": "mlp"} | dict(trial.params)
    y_val = load()[1][1]
    best = float("inf")
    for step, (val, test) in enumerate(fit(**params), start=1):
        loss = log_loss(y_val, val)
        if loss < best:
            best = loss
            trial.log_predictions("val", val)
            trial.log_predictions("test", test)
        if trial.report(step=step, val_loss=loss):
            break
    print(f"{params['family']}: best val_loss {best:.4f}")


if __name__ == "__main__":
    main()
