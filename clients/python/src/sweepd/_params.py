"""The parameters of a trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any


class Params(Mapping[str, Any]):
    """What a trial was given: a read-only mapping whose names are attributes too.

    Values have the type they have in the sweep file. Dotted names nest: ``params.model.depth`` and
    ``params["model.depth"]`` are the same. A parameter that is not active in this trial is absent;
    ``params.get(name, default)`` is the way to ask.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]):
        self._values = {k: Params(v) if isinstance(v, Mapping) else v for k, v in values.items()}

    def __getitem__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        head, dot, rest = name.partition(".")
        inner = self._values.get(head)
        if dot and isinstance(inner, Params):
            return inner[rest]
        below = {k[len(name) + 1 :]: v for k, v in self._values.items() if k.startswith(name + ".")}
        if below:  # a leaderboard's parameters have dotted names as they stand in the space
            return Params(below)
        raise KeyError(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            near = get_close_matches(name, self._values, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(self._values) or 'none'}"
            raise AttributeError(f"the trial has no parameter {name!r}; {hint}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(k for k in self._values if k.isidentifier())]

    def __repr__(self) -> str:
        return f"Params({self.to_dict()!r})"

    def to_dict(self) -> dict[str, Any]:
        """A plain dict, nested where the names are dotted."""
        return {k: v.to_dict() if isinstance(v, Params) else v for k, v in self._values.items()}
