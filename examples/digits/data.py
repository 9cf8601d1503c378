"""scikit-learn's bundled digits: 1,797 scans of 8 x 8 pixels, split once and for all."""

import functools

import numpy as np
from scipy.ndimage import rotate, shift
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

CLASSES = np.arange(10)
TURNS = (-15, -9, -3, 3, 9, 15)  # degrees
MOVES = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]  # pixels


@functools.lru_cache(maxsize=1)
def load():
    """(pixels, digits) of train (1010), val (337) and test (450); pixels are float32, 0..1."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    rest, test, y_rest, y_test = train_test_split(X, y, test_size=0.25, random_state=0, stratify=y)
    train, val, y_train, y_val = train_test_split(rest, y_rest, test_size=0.25, random_state=0, stratify=y_rest)
    return (train, y_train), (val, y_val), (test, y_test)


def views(X):
    """Each scan in 54 views, one after the other: turned and moved a little."""
    scans = X.reshape(-1, 8, 8)
    turned = [rotate(scans, degrees, axes=(2, 1), reshape=False, order=1) for degrees in TURNS]
    moved = [shift(t, (0, *move), order=0) for t in turned for move in MOVES]
    return np.stack(moved, axis=1).reshape(-1, X.shape[1])


def log_loss(y, proba):
    """Mean log-loss; probabilities are clipped to 1e-6 and each row is divided by its sum again."""
    p = np.clip(proba, 1e-6, 1)
    return float(-np.mean(np.log(p[np.arange(len(y)), y] / p.sum(axis=1))))
