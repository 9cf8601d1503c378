"""A sweep on a server."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urljoin

from ._errors import SweepdError
from ._numbers import from_wire
from ._params import Params

if TYPE_CHECKING:
    from ._client import Client

ENDED = ("finished", "failed", "cancelled")
COLUMNS = "number,state,stage,branch,value,best,best_step,last,resource,seconds,attempts,by,reason,params.*"
PAGE = 5000
REST = 0.01  # of the time waited so far: the pause between two looks at a busy sweep


@dataclass(frozen=True)
class Result:
    """A trial as the leaderboard has it. value is None while it has none."""

    number: int
    state: str
    value: float | None
    params: Params
    step: int | None = None
    stage: str = ""
    branch: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Ensemble:
    """An ensemble of trials. Losses are of its metric, and smaller is better."""

    stage: str
    metric: str
    split: str
    weights: dict[int, float]
    """Share of each member by trial number, heaviest first; they sum to 1."""
    scores: dict[str, float]
    """Loss of the ensemble by split."""
    best_single: int
    """The best trial alone, on the split the ensemble was selected with."""
    best_single_scores: dict[str, float]
    path: list[tuple[int, float]] = field(repr=False)
    """The trial added in each step, and the loss with it."""
    note: str = ""


class Sweep:
    """A sweep as it was when it was last looked at; :meth:`refresh` looks again."""

    def __init__(self, client: Client, facts: dict[str, Any]):
        self._client = client
        self._facts = facts

    @property
    def id(self) -> str:
        """Its id."""
        return str(self._facts["id"])

    @property
    def name(self) -> str:
        """Its name."""
        return str(self._facts["name"])

    @property
    def state(self) -> str:
        """running, paused, finished, failed or cancelled."""
        return str(self._facts["state"])

    @property
    def why(self) -> str:
        """The reason of a pause, a failure or a cancellation; else ""."""
        return str(self._facts.get("why", ""))

    @property
    def counts(self) -> dict[str, Any]:
        """Trials by state, attempts, and seconds of work."""
        return dict(self._facts["counts"])

    @property
    def spec(self) -> dict[str, Any]:
        """The sweep file with every default filled in."""
        if "spec" not in self._facts:
            self.refresh()
        return dict(self._facts["spec"])

    @property
    def url(self) -> str:
        """Its page."""
        return urljoin(self._client.url + "/", self._facts.get("url") or f"s/{self.id}")

    def refresh(self) -> Sweep:
        """Looks again, and gives itself back."""
        self._facts = self._client._call("GET", self._path())
        return self

    def wait(self, timeout: float | None = None, *, progress: bool | None = None) -> Sweep:
        """Waits until the sweep has ended, and gives itself back.

        progress is a live line on standard error (default: when that is a terminal). Raises
        TimeoutError after timeout seconds, and SweepdError when the sweep fails or the system pauses it;
        a pause by people is waited through. Ctrl-C ends the waiting, never the sweep.
        """
        show = sys.stderr.isatty() if progress is None else progress
        deadline = None if timeout is None else time.monotonic() + timeout
        began = time.monotonic()
        try:
            self.refresh()
            while self.state not in ENDED:
                if show:
                    print(f"\r\x1b[K{self._line()}", end="", file=sys.stderr, flush=True)
                if self.state == "paused" and self._facts.get("why_code"):
                    raise SweepdError(f"sweep {self.id} is paused: {self.why}")
                now = time.monotonic()
                if deadline is not None and now >= deadline:
                    raise TimeoutError(f"sweep {self.id} is still {self.state} after {timeout:g} s: {self._line()}")
                left = float("inf") if deadline is None else deadline - now
                time.sleep(min(left, REST * (now - began), 1.0))
                self._await(min(left, 2.0))
            self.refresh()
            if self.state == "failed":
                raise SweepdError(f"sweep {self.id} failed: {self.why}")
        except KeyboardInterrupt:
            print(f"\nthe sweep goes on; wait again with sweepd.Client().sweep({self.id!r}).wait()", file=sys.stderr)
            raise
        finally:
            if show:
                print(f"\r\x1b[K{self._line()}", file=sys.stderr)
        return self

    @property
    def best(self) -> Result | None:
        """The best completed trial now; None while there is none."""
        best = self.refresh()._facts.get("best")
        if best is None:
            return None
        trial = self._client._call("GET", self._path(f"/trials/{best['trial']}"))
        return _result(trial | {"value": from_wire(best["value"]), "best_step": best.get("step")})

    def top(self, n: int = 10) -> list[Result]:
        """The leaderboard's first n trials, best first; trials without a value come last."""
        return [_result(row) for row in self._rows(n)]

    def df(self) -> Any:
        """Every trial as a row, best first: a pandas DataFrame, or a list of dicts where pandas is not installed.

        Parameters are columns of their own name, "params.NAME" when that is taken ("state"). None and
        NaN stand for parameters that are not active.
        """
        columns: dict[str, None] = {}
        rows = []
        for row in self._rows(None):
            params = row.pop("params")
            for name, value in params.items():
                row["params." + name if name in row else name] = value
            columns |= dict.fromkeys(row)
            rows.append(row)
        rows = [{c: row.get(c) for c in columns} for row in rows]
        try:
            import pandas
        except ImportError:
            return rows
        return pandas.DataFrame(rows, columns=list(columns))

    @property
    def ensemble(self) -> Ensemble | None:
        """The ensemble made last; None while there is none."""
        found = self._client._call("GET", self._path("/ensembles"))["ensembles"]
        return _ensemble(found[-1]) if found else None

    def pause(self, why: str = "") -> Sweep:
        """Starts no more trials; what runs goes on. Gives itself back."""
        return self._order("pause", why)

    def resume(self, why: str = "") -> Sweep:
        """Goes on after a pause. Gives itself back."""
        return self._order("resume", why)

    def cancel(self, trials: Sequence[int] = (), why: str = "") -> Sweep:
        """Ends the sweep, or only the trials of these numbers. Gives itself back."""
        return self._order("cancel", why, trials)

    def _await(self, seconds: float) -> None:
        """Waits for a change, at most so many seconds, rounded up, and takes it in."""
        query = urlencode({"after": self._facts["seq"], "limit": 1, "wait": math.ceil(seconds)})
        self._facts |= self._client._call("GET", self._path("/changes?" + query))["sweep"]

    def _order(self, verb: str, why: str, trials: Sequence[int] = ()) -> Sweep:
        order: dict[str, Any] = {"why": why} if why else {}
        if trials:
            order["trials"] = list(trials)
        self._facts = self._client._call("POST", self._path("/" + verb), order)
        return self

    def _path(self, rest: str = "") -> str:
        return f"/api/v1/sweeps/{quote(self.id)}{rest}"

    def _rows(self, n: int | None) -> Iterator[dict[str, Any]]:
        """Trials by rank, at most n, with their active parameters under "params"."""
        query: dict[str, Any] = {"columns": COLUMNS}
        while n is None or n > 0:
            query["limit"] = PAGE if n is None else min(n, PAGE)
            got = self._client._call("GET", self._path("/trials?" + urlencode(query)))
            for i in range(got["rows"]):
                yield _row(got["columns"], [from_wire(column[i]) for column in got["values"]])
            n = None if n is None else n - got["rows"]
            if not got.get("next"):
                return
            query["page"] = got["next"]

    def _line(self) -> str:
        c, best = self.counts, self._facts.get("best")
        planned = self._facts["planned"]
        done = c["completed"] + c["stopped"] + c["failed"] + c["cancelled"]
        said = f"{self.name}: {self.state}, {done}{f' of {planned}' if planned else ''} trials done"
        said += f", {c['running']} running, {c['stopped']} stopped early, {c['failed']} failed"
        return said + (f", best {self._facts['metric']} {from_wire(best['value']):.6g}" if best else "")

    def __repr__(self) -> str:
        return f"<sweepd.Sweep {self.id} {self._line()}>"


def _row(columns: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    row: dict[str, Any] = {"params": {}}
    for name, value in zip(columns, values, strict=True):
        if not name.startswith("params."):
            row[name] = value
        elif value is not None:
            row["params"][name.removeprefix("params.")] = value
    return row


def _result(row: Mapping[str, Any]) -> Result:
    return Result(
        number=row["number"],
        state=row["state"],
        value=row.get("value"),
        params=Params(row["params"]),
        step=row.get("best_step"),
        stage=row.get("stage") or "",
        branch=row.get("branch") or "",
        reason=row.get("reason") or "",
    )


def _ensemble(e: Mapping[str, Any]) -> Ensemble:
    return Ensemble(
        stage=e["stage"],
        metric=e["metric"],
        split=e["split"],
        weights={m["trial"]: m["weight"] for m in e["members"]},
        scores=dict(e["scores"]),
        best_single=e["best_single"]["trial"],
        best_single_scores=dict(e["best_single"]["scores"]),
        path=[(s["trial"], s["loss"]) for s in e["path"]],
        note=e.get("note", ""),
    )
