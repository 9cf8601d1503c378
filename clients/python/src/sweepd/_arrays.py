"""Writes arrays as numpy does, without numpy: npy (format version 1.0) and npz.

Arrays of numpy, torch, pandas and whatever has ``__array__`` are taken by numpy itself, which is
there then; lists and other iterables are taken as they are.
"""

from __future__ import annotations

import math
import os
import sys
import zipfile
from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Array(NamedTuple):
    """An array ready to be written: numpy's name of the item type, little endian, and row-major data."""

    descr: str
    shape: tuple[int, ...]
    data: bytes
    finite: bool = True

    def npy(self) -> bytes:
        """The content of an npy file."""
        shape = "(" + "".join(f"{n}, " for n in self.shape).rstrip() + ")"
        head = f"{{'descr': '{self.descr}', 'fortran_order': False, 'shape': {shape}, }}"
        head += " " * (63 - (10 + len(head)) % 64) + "\n"
        return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode("latin-1") + self.data


def matrix(values: Any) -> Array:
    """Rows of numbers, or numbers. float16, float32 and float64 stay what they are, else it is float64."""
    values = _on_host(values)
    if hasattr(values, "__array__"):
        import numpy as np

        a = np.asarray(values)
        if a.dtype.kind not in "fiub" or a.dtype.itemsize > 8:
            raise TypeError(f"predictions of type {a.dtype}; give floats")
        kind = f"<f{a.dtype.itemsize}" if a.dtype.kind == "f" else "<f8"
        a = np.ascontiguousarray(a, dtype=kind)
        _check_shape(a.shape)
        return Array(kind, a.shape, a.tobytes(), bool(np.isfinite(a).all()))
    rows = list(values)
    shape: tuple[int, ...]
    if not rows or not isinstance(rows[0], Iterable):
        flat, shape = [float(v) for v in rows], (len(rows),)
    else:
        lists = [[float(v) for v in row] for row in rows]
        if len({len(r) for r in lists}) != 1:
            raise ValueError("rows of different lengths; give as many numbers for each row")
        flat, shape = [v for r in lists for v in r], (len(lists), len(lists[0]))
    _check_shape(shape)
    return Array("<f8", shape, _little(array("d", flat)), all(map(math.isfinite, flat)))


def labels(values: Any) -> Array:
    """One dimension of whole numbers, numbers or text: ids and targets."""
    values = _on_host(values)
    items = values.tolist() if hasattr(values, "tolist") else list(values)
    if items and all(isinstance(v, list) and len(v) == 1 for v in items):
        items = [v[0] for v in items]
    if any(isinstance(v, (list, tuple)) for v in items):
        raise ValueError("one value for each row is wanted, not several")
    if all(isinstance(v, int) for v in items) and all(-(1 << 63) <= v < 1 << 63 for v in items):
        return Array("<i8", (len(items),), _little(array("q", map(int, items))))
    if all(isinstance(v, (int, float)) for v in items):
        flat = [float(v) for v in items]
        return Array("<f8", (len(items),), _little(array("d", flat)), all(map(math.isfinite, flat)))
    texts = [v if isinstance(v, str) else v.decode() if isinstance(v, bytes) else str(v) for v in items]
    width = max(1, *map(len, texts))
    return Array(f"<U{width}", (len(texts),), b"".join(t.encode("utf-32-le").ljust(4 * width, b"\0") for t in texts))


def write(path: Path, arrays: Mapping[str, Array]) -> None:
    """Writes an npz, or an npy when the path says so, under another name first: readers see all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        if path.suffix == ".npy":
            (only,) = arrays.values()
            unfinished.write_bytes(only.npy())
        else:
            with zipfile.ZipFile(unfinished, "w") as z:
                for name, a in arrays.items():
                    z.writestr(zipfile.ZipInfo(name + ".npy"), a.npy())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _on_host(values: Any) -> Any:
    """A torch tensor on any device, or a data frame, as something with __array__."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    return values.to_numpy() if hasattr(values, "to_numpy") else values


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) not in (1, 2) or 0 in shape:
        raise ValueError(f"predictions of shape {shape}; give rows, or rows x classes")


def _little(a: array[float] | array[int]) -> bytes:
    if sys.byteorder == "big":
        a.byteswap()
    return a.tobytes()
