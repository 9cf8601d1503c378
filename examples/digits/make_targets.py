"""Writes y_val.npy and y_test.npy, what the ensemble is scored against."""

import numpy as np

from data import load

if __name__ == "__main__":
    _, (_, y_val), (_, y_test) = load()
    np.save("y_val.npy", y_val)
    np.save("y_test.npy", y_test)
