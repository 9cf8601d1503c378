"""Trains one classifier of digits and logs its validation loss to MLflow.

    python train.py --family=mlp --width=256 --lr=0.002

The probabilities of the best epoch are left in predictions/, for val and for test.
"""

import argparse
import os

import mlflow
import numpy as np

from data import load, log_loss
from models import PARAMETERS, fit


def arguments():
    """The family and the parameters it takes; those of other families are refused."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--family", choices=PARAMETERS, default="mlp")
    family = first.parse_known_args()[0].family
    parser = argparse.ArgumentParser(parents=[first], allow_abbrev=False)
    for name, default in PARAMETERS[family].items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    return vars(parser.parse_args())


def save(split, proba):
    """Writes predictions/SPLIT.npz in one step: a reader sees the old file or the new one."""
    os.makedirs("predictions", exist_ok=True)
    unfinished = f"predictions/.{split}.tmp"
    with open(unfinished, "wb") as f:
        np.savez(f, p=proba.astype(np.float32), ids=np.arange(len(proba)))
    os.replace(unfinished, f"predictions/{split}.npz")


def main():
    params = arguments()
    y_val = load()[1][1]
    best = float("inf")
    with mlflow.start_run():
        mlflow.log_params(params)
        for step, (val, test) in enumerate(fit(**params), start=1):
            loss = log_loss(y_val, val)
            if loss < best:  # kept before it is told: the answer may be to stop
                best = loss
                save("val", val)
                save("test", test)
            mlflow.log_metric("val_loss", loss, step=step)
    print(f"{params['family']}: best val_loss {best:.4f}")


if __name__ == "__main__":
    main()
