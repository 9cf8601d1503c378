"""Numbers on the wire: JSON has no NaN and no infinities, so they travel as strings."""

from __future__ import annotations

import math
from typing import Any

_NAMES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_wire(name: str, value: Any) -> float | int | str:
    """A metric's value: a number, or whatever float() understands (numpy and torch scalars)."""
    if isinstance(value, (str, bytes)):
        raise TypeError(f"the metric {name} is text: {value!r}; report a number")
    if isinstance(value, int):
        return int(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"the metric {name} is {type(value).__name__}; report one number") from None
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def from_wire(value: Any) -> Any:
    """The opposite; what is no number's name stays as it is."""
    return _NAMES.get(value, value) if isinstance(value, str) else value
