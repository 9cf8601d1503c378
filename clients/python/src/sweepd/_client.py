"""The server's native API, as far as a person at a notebook needs it."""

from __future__ import annotations

import json
import os
import random
import shlex
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ._errors import ServerError, SweepdError
from ._http import BROKEN, Answer, Connection
from ._pack import pack

if TYPE_CHECKING:
    from ._sweep import Sweep

TRIES = 6  # of a request that may be repeated, some ten seconds in all
BUSY = (429, 502, 503, 504)


class Client:
    """Talks to one server.

    Without a url it is $SWEEPD_URL, else the server that runs in $SWEEPD_DIR or ``.sweepd``. Without
    a token it is $SWEEPD_TOKEN, else, for that server, the one in its directory. Requests are repeated
    while the server is unreachable or busy.
    """

    def __init__(self, url: str | None = None, token: str | None = None):
        directory = Path(os.environ.get("SWEEPD_DIR") or ".sweepd")
        local = _local(directory)
        self.url = (url or os.environ.get("SWEEPD_URL") or local or "").rstrip("/")
        if not self.url:
            raise SweepdError(
                f"no url was given, $SWEEPD_URL is not set and no server runs in {directory}; "
                "start one with `sweepd serve`"
            )
        token = token or os.environ.get("SWEEPD_TOKEN")
        if not token and self.url == local:  # no other server is shown it
            token = _read(directory / "token")
        self._connection = Connection(self.url, token, timeout=60)

    def submit(
        self,
        spec: Mapping[str, Any] | str | os.PathLike[str] | Sequence[str],
        space: Mapping[str, Any] | None = None,
        *,
        minimize: str | None = None,
        maximize: str | None = None,
        trials: int | None = None,
        parallel: int | None = None,
        directory: str | os.PathLike[str] | None = None,
        set: Sequence[str] = (),
        **keys: Any,
    ) -> Sweep:
        """Submits a sweep and gives it back as accepted.

        spec is a sweep file's path, its content as a dict, or a command: "python train.py" or a list
        of words (no shell). The other arguments fill in the keys of a dict or command: space,
        objective (``minimize="val_loss"`` or ``maximize=``), budget (trials, parallel) and any key of
        the sweep file by name (``early_stop="asha"``, ``resources={"gpu": 1}``). set overrides single
        values as --set does: ``set=["budget.trials=5"]``.

        The directory (that of the file, else the current one) is frozen: trials run the copy, whatever
        is edited later. What .gitignore and .sweepdignore name is left out.
        """
        body: dict[str, Any] = {"interpreter": sys.executable}
        given = {"space": space, "minimize": minimize, "maximize": maximize, "trials": trials, "parallel": parallel}
        file = _sweep_file(spec)
        if file is not None:
            extra = [k for k, v in given.items() if v is not None] + list(keys)
            if extra:
                raise TypeError(f"{', '.join(extra)} beside a sweep file; write it there, or use set=")
            body |= {"source": file.read_text(encoding="utf-8"), "file": file.name}
            directory = directory or file.parent
        else:
            body["spec"] = _spec(spec, given, keys)
        if set:
            body["set"] = list(set)
        directory = os.path.abspath(directory or ".")
        body |= {"code": self._upload(directory), "workdir": directory}
        return self._sweep(self._call("POST", "/api/v1/sweeps", body, {"Idempotency-Key": uuid.uuid4().hex}))

    def sweep(self, id: str = "@last") -> Sweep:
        """The sweep of that id, of a unique prefix of it, or the newest."""
        return self._sweep(self._call("GET", f"/api/v1/sweeps/{quote(id)}"))

    def sweeps(self, limit: int = 100) -> list[Sweep]:
        """The newest sweeps, newest first, at most 1000."""
        return [self._sweep(s) for s in self._call("GET", "/api/v1/sweeps?" + urlencode({"limit": limit}))["sweeps"]]

    def _sweep(self, facts: dict[str, Any]) -> Sweep:
        from ._sweep import Sweep

        return Sweep(self, facts)

    def _upload(self, directory: str) -> str:
        """Packs the directory and stores it unless it is there; gives its digest."""
        with pack(directory) as packed:
            path = f"/api/v1/code/{packed.digest}"
            if self._send("HEAD", path).status == 404:
                self._expect(self._send("PUT", path, packed.archive, {"Content-Type": "application/gzip"}))
        return packed.digest

    def _call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """A request with JSON in both directions. Raises ServerError for what the server refuses."""
        sent = b"" if body is None else json.dumps(body, allow_nan=False).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self._expect(self._send(method, path, sent, {**kind, **(headers or {})})).json()

    def _expect(self, answer: Answer) -> Answer:
        if answer.status >= 300:
            raise ServerError(answer.status, answer.json())
        return answer

    def _send(
        self, method: str, path: str, body: bytes | IO[bytes] = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Sends, and sends again while nobody answers or the server is busy: all requests here may be repeated."""
        for attempt in range(TRIES):
            wait = min(0.2 * 2**attempt, 5.0)
            if not isinstance(body, bytes):
                body.seek(0)
            try:
                answer = self._connection.send(method, path, body, headers)
                if answer.status not in BUSY or attempt == TRIES - 1:
                    return answer
                wait = max(wait, _seconds(answer.headers.get("retry-after")))
            except BROKEN as e:
                if attempt == TRIES - 1:
                    raise SweepdError(f"no server answers at {self.url}: {e}; start one with `sweepd serve`") from e
            if attempt:  # the second try follows at once: a kept connection may have been closed meanwhile
                time.sleep(wait * random.uniform(0.5, 1.0))
        raise AssertionError("unreachable")

    def __repr__(self) -> str:
        return f"<sweepd.Client {self.url}>"


def submit(spec: Mapping[str, Any] | str | os.PathLike[str] | Sequence[str], *args: Any, **kwargs: Any) -> Sweep:
    """Client().submit(...): submits to the server at hand."""
    return Client().submit(spec, *args, **kwargs)


def _sweep_file(spec: Any) -> Path | None:
    """The path, when spec is one: a path object, or one word that ends in .yaml, .yml or .json."""
    if isinstance(spec, os.PathLike):
        return Path(spec)
    if isinstance(spec, str) and spec.endswith((".yaml", ".yml", ".json")) and (" " not in spec or Path(spec).exists()):
        return Path(spec)
    return None


def _spec(spec: Any, given: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(spec, Mapping):
        out = dict(spec)
    else:
        out = {"command": shlex.split(spec) if isinstance(spec, str) else list(spec)}
    if given["minimize"] and given["maximize"]:
        raise TypeError("minimize and maximize; a sweep has one objective")
    metric = given["minimize"] or given["maximize"]
    if metric:
        out["objective"] = {"metric": metric, "goal": "minimize" if given["minimize"] else "maximize"}
    if given["space"] is not None:
        out["space"] = dict(given["space"])
    budget = {k: given[k] for k in ("trials", "parallel") if given[k] is not None}
    if budget:
        out["budget"] = {**out.get("budget", {}), **budget}
    return {**out, **keys}


def _local(directory: Path) -> str | None:
    """The address of the server that has this data directory."""
    try:
        return str(json.loads(_read(directory / "server.json") or "{}")["addr"])
    except (ValueError, KeyError):
        return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def _seconds(text: str | None) -> float:
    try:
        return min(float(text or 0), 30.0)
    except ValueError:
        return 0.0
