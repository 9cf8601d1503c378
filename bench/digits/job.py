"""One trial of the digits job, as a sweep calls it and as the bare pool does."""
import functools
import os
import time
import warnings

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC


@functools.lru_cache(maxsize=1)
def data():
    x, y = load_digits(return_X_y=True)
    xa, _, ya, _ = train_test_split(x / 16.0, y, test_size=0.25, random_state=0, stratify=y)
    return train_test_split(xa, ya, test_size=0.25, random_state=0, stratify=ya)


data()  # once, before a fork server forks


def build(p):
    family = p["family"]
    if family == "knn":
        return KNeighborsClassifier(n_neighbors=p["k"], weights=p.get("weights", "uniform"), p=p.get("p", 2))
    if family == "logreg":
        return LogisticRegression(C=p["C"], max_iter=200)
    if family == "mlp":
        return MLPClassifier(hidden_layer_sizes=(p["width"],), learning_rate_init=p["lr"], batch_size=p["batch_size"], max_iter=p["epochs"], random_state=0)
    if family == "svm":
        return CalibratedClassifierCV(SVC(C=p["C"], gamma=p["gamma"], random_state=0), ensemble=False, cv=5)
    kind = ExtraTreesClassifier if family == "extra_trees" else RandomForestClassifier
    return kind(n_estimators=p["trees"], max_features=p["max_features"], min_samples_leaf=p["min_leaf"], random_state=0, n_jobs=1)


def evaluate(p):
    """Validation log-loss, the seconds it took, and the CPU seconds."""
    start, cpu = time.monotonic(), time.process_time()
    xt, xv, yt, yv = data()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        q = np.clip(build(p).fit(xt, yt).predict_proba(xv), 1e-6, 1)
    loss = float(log_loss(yv, q / q.sum(1, keepdims=True)))
    return loss, time.monotonic() - start, time.process_time() - cpu


def run(trial, **params):
    """A trial of a sweep: reports through the Python client, and leaves what it
    measured of itself in the file SPENT."""
    loss, seconds, cpu = evaluate(params)
    trial.report(step=1, val_loss=loss)
    with open(os.environ["SPENT"], "a") as f:
        f.write("%.6f %.6f\n" % (seconds, cpu))
