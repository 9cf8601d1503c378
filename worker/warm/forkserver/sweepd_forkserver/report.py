"""The trial as a function sees it where the `sweepd` package is not installed: the core of that."""

import functools
import http.client
import json
import os
from urllib.parse import urlsplit


def wire(name, value):
    """A number as JSON has it; NaN and infinities are strings."""
    try:
        x = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is {value!r}, not a number: return a number, or a dict of numbers by metric") from None
    if x != x:
        return "NaN"
    if x in (float("inf"), float("-inf")):
        return "Infinity" if x > 0 else "-Infinity"
    return x


class Trial:
    """One attempt at a trial, as its environment describes it."""

    def __init__(self):
        with open(os.environ["SWEEPD_PARAMS_FILE"], encoding="utf-8") as f:
            self.params = json.load(f)
        self.id = os.environ["SWEEPD_TRIAL_ID"]
        self.attempt = int(os.environ["SWEEPD_ATTEMPT"])
        self.resumed = os.environ.get("SWEEPD_RESUME") == "1"
        self.seed = int(os.environ["SWEEPD_SEED"]) % (1 << 32)
        self.stop_reason = ""
        self._stopped = False
        self._step = 0
        self._connection = None

    @property
    def should_stop(self):
        self._stopped = self._stopped or os.path.exists(os.environ["SWEEPD_STOP_FILE"])
        return self._stopped

    def report(self, step=None, **metrics):
        """Reports metrics; tells whether to stop. Without a step it is one more than the last one."""
        if not metrics:
            raise TypeError("report(step=None, **metrics) needs a metric: report(val_loss=0.3)")
        self._step = self._step + 1 if step is None else int(step)
        point = {"step": self._step, "metrics": {k: wire(k, v) for k, v in metrics.items()}}
        answer = self._send(json.dumps({"points": [point]}))
        self._stopped = self._stopped or bool(answer.get("stop"))
        self.stop_reason = answer.get("reason") or self.stop_reason
        return self.should_stop

    def _send(self, body):
        head = {"Authorization": "Bearer " + os.environ["SWEEPD_TOKEN"], "Content-Type": "application/json"}
        for last in (False, True):  # a kept connection may have been closed meanwhile
            if self._connection is None:
                self._connection = http.client.HTTPConnection(urlsplit(os.environ["SWEEPD_URL"]).netloc, timeout=60)
            try:
                self._connection.request("POST", "/api/v1/report", body, head)
                answer = self._connection.getresponse()
                text = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self._connection = None
                if last:
                    return {}
        if answer.status >= 300:
            raise RuntimeError(f"the report was refused: {text.decode(errors='replace')}")
        return json.loads(text)


@functools.lru_cache(maxsize=1)
def trial():
    """The trial of this process, the same object each time until it hangs up."""
    return Trial()


def hang_up():
    """Ends the trial of this process; the next one is another."""
    if trial.cache_info().currsize and trial()._connection:
        trial()._connection.close()
    trial.cache_clear()
