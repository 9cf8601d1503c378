"""Six families of classifiers. fit() trains one and shows its probabilities as it goes."""

import warnings

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from data import CLASSES, load, views

BLOCKS = 27  # a forest shows itself after each of so many blocks of trees

PARAMETERS = {
    "knn": {"k": 5, "weights": "uniform", "p": 2},
    "logreg": {"C": 1.0},
    "mlp": {"width": 128, "lr": 3e-3, "batch_size": 64, "epochs": 27},
    "extra_trees": {"trees": 100, "max_features": 0.2, "min_leaf": 1},
    "random_forest": {"trees": 100, "max_features": 0.2, "min_leaf": 1},
    "svm": {"C": 10.0, "gamma": 0.02},
}
"""What each family takes, and its defaults."""


def fit(family, seed=0, **p):
    """Trains a model and yields its probabilities on val and test: after each epoch of an MLP, after each
    block of trees of a forest, once for the others."""
    p = PARAMETERS[family] | p
    warnings.filterwarnings("ignore", module="sklearn")
    if family == "mlp":
        return _mlp(seed, **p)
    if family == "extra_trees":
        return _forest(ExtraTreesClassifier, seed, **p)
    if family == "random_forest":
        return _forest(RandomForestClassifier, seed, **p)
    if family == "knn":
        return _once(KNeighborsClassifier(p["k"], weights=p["weights"], p=p["p"]))
    if family == "logreg":
        return _once(LogisticRegression(C=p["C"], max_iter=200))
    return _once(CalibratedClassifierCV(SVC(C=p["C"], gamma=p["gamma"], random_state=seed), ensemble=False, cv=5))


def _once(model):
    (X, y), (val, _), (test, _) = load()
    model.fit(X, y)
    yield model.predict_proba(val), model.predict_proba(test)


def _mlp(seed, width, lr, batch_size, epochs):
    """Begins with a batch of digits in all their views, then goes over the digits themselves.

    The first step takes 54 x batch_size x width activations of 4 bytes, and their gradients as much again.
    """
    (X, y), (val, _), (test, _) = load()
    model = MLPClassifier((width,), learning_rate_init=lr, random_state=seed)
    first = np.random.default_rng(seed).permutation(len(X))[:batch_size]
    seen = views(X[first])
    model.set_params(batch_size=len(seen))
    model.partial_fit(seen, np.repeat(y[first], len(seen) // len(first)), classes=CLASSES)
    del seen
    model.set_params(batch_size=min(batch_size, len(X)))
    for _ in range(epochs):
        model.partial_fit(X, y)
        yield model.predict_proba(val), model.predict_proba(test)


def _forest(kind, seed, trees, max_features, min_leaf):
    """Grows in blocks and asks only the new trees of each, so that showing costs next to nothing."""
    (X, y), (val, _), (test, _) = load()
    forest = kind(0, max_features=max_features, min_samples_leaf=min_leaf, random_state=seed, warm_start=True)
    on_val = on_test = 0.0
    for block in range(min(BLOCKS, trees)):
        asked = forest.n_estimators
        forest.set_params(n_estimators=round(trees * (block + 1) / min(BLOCKS, trees)))
        forest.fit(X, y)
        for tree in forest.estimators_[asked:]:
            on_val = on_val + tree.predict_proba(val, check_input=False)
            on_test = on_test + tree.predict_proba(test, check_input=False)
        yield on_val / forest.n_estimators, on_test / forest.n_estimators
