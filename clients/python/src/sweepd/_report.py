"""Carries metrics of a trial to the worker beside it, and the answer back.

The worker's door is on loopback and answers from memory, so a report is one round trip of some
tens of microseconds. When it does not answer, points wait here and go with the next report:
training is never ended by its bookkeeping.
"""

from __future__ import annotations

import atexit
import json
import threading
import time
import warnings
from typing import Any

from ._errors import ServerError
from ._http import BROKEN, Answer, Connection

PATIENCE = 10.0  # seconds that the first report without an answer is repeated
PAUSE = 0.05  # seconds before the third try; doubles with each, up to one second
KEPT = 1000  # points that may wait, and that one request may carry


_open: set[Reporter] = set()


@atexit.register
def _close() -> None:
    for reporter in list(_open):
        reporter.close()


class Reporter:
    """Sends points in order. stop and reason are what the last answer said."""

    def __init__(self, url: str, token: str | None):
        self._connection = Connection(url, token, timeout=30)
        self._waiting: list[dict[str, Any]] = []
        self._lock = threading.RLock()  # a signal's handler that reports may come between in the same thread
        self._busy = False  # a request is under way
        self._silent = False  # the last try had no answer: do not hold up training for the next
        self._warned: set[str] = set()
        self.stop = False
        self.reason = ""
        _open.add(self)

    def send(self, point: dict[str, Any]) -> bool:
        """Sends a point and those that wait, and tells whether to stop. Never raises for what the other side does."""
        with self._lock:
            self._waiting.append(point)
            self._trim()
            self._deliver()
            return self.stop

    def _trim(self) -> None:
        if len(self._waiting) > KEPT:
            del self._waiting[:-KEPT]
            self._warn("sweepd: more than 1000 reports wait for the worker; the oldest are dropped")

    def _deliver(self) -> None:
        """Sends what waits, and what a signal's handler adds meanwhile."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting and self._exchange():
                pass
        finally:
            self._busy = False

    def _exchange(self) -> bool:
        """One request with all that waits; whether it was answered."""
        points, self._waiting = self._waiting, []
        answer = None
        try:
            answer = self._ask(json.dumps({"points": points}, separators=(",", ":")).encode())
        finally:
            if answer is None:  # a handler's exception, or nobody there
                self._waiting[:0] = points
                self._trim()
        self._silent = answer is None
        if answer is None:
            self._warn("sweepd: the worker does not answer; reports wait in memory and training goes on")
            return False
        self._take(answer)
        return True

    def _take(self, answer: Answer) -> None:
        if answer.status == 200:
            said = answer.json()
            self.stop, self.reason = bool(said.get("stop")), said.get("reason", "")
            return
        error = ServerError(answer.status, answer.json())
        if answer.status == 409:
            self.stop, self.reason = True, f"this attempt is not held any more: {error}"
        self._warn(f"sweepd: a report was refused: {error}")

    def _ask(self, body: bytes) -> Answer | None:
        deadline = time.monotonic() + (0 if self._silent else PATIENCE)
        pause = 0.0  # the second try follows at once: a kept connection may have been closed meanwhile
        while True:
            try:
                answer = self._connection.send("POST", "/api/v1/report", body, {"Content-Type": "application/json"})
                if answer.status != 429 and answer.status < 500:
                    return answer
            except BROKEN:
                pass
            if time.monotonic() + pause > deadline:
                return None
            time.sleep(pause)
            pause = min(max(2 * pause, PAUSE), 1.0)

    def close(self) -> None:
        """Sends what waits and closes the connection; done when the interpreter ends, unless it was before."""
        _open.discard(self)
        with self._lock:
            if self._waiting:
                self._silent = False
                self._deliver()
            self._connection.close()

    def _warn(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            warnings.warn(text, RuntimeWarning, stacklevel=5)
