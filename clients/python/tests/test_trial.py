"""What a training script sees, inside a sweep and outside."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

import sweepd as sw
from sweepd import _report
from sweepd._trial import Trial


def environ(server=None, tmp_path=None, **more):
    env = {"SWEEPD_TRIAL_ID": "abc/7", "SWEEPD_ATTEMPT": "1", "SWEEPD_TOKEN": "secret"}
    if server:
        env["SWEEPD_URL"] = server.url
    if tmp_path:
        env |= {"SWEEPD_TRIAL_DIR": str(tmp_path), "SWEEPD_STOP_FILE": str(tmp_path / "stop")}
    return env | more


def test_outside_a_sweep_nothing_happens(tmp_path):
    t = sw.trial()
    assert t is sw.trial()
    assert not t.active and not t.resumed and not t.should_stop
    assert dict(t.params) == {} and t.params.get("lr", 0.1) == 0.1
    assert t.seed is None and t.checkpoint_dir is None and t.stop_reason == ""
    assert t.report(val_loss=1.0) is False and t.report(step=3, a=1, b=2) is False
    t.log_predictions("val", [[0.5, 0.5]])
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_call_raises_even_outside():
    t = sw.trial()
    with pytest.raises(TypeError, match="needs a metric"):
        t.report()
    with pytest.raises(TypeError, match="acc is text"):
        t.report(acc="0.9")
    with pytest.raises(TypeError, match="acc is list"):
        t.report(acc=[0.9])
    with pytest.raises(ValueError, match="'train'; one of oof, val, test"):
        t.log_predictions("train", [0.1])


def test_parameters_are_typed_and_nest():
    t = Trial(environ(SWEEPD_PARAMS='{"lr":1e-3,"n":3,"flag":true,"model":{"depth":4,"wide":{"x":1}},"batch-size":16}'))
    p = t.params
    assert (p.lr, p.n, p.flag) == (1e-3, 3, True) and isinstance(p.n, int)
    assert p.model.depth == p["model.depth"] == p["model"]["depth"] == 4
    assert p["model.wide.x"] == 1 and p["batch-size"] == 16
    assert "lr" in p and "model.depth" in p and "model.width" not in p and len(p) == 5
    assert p.to_dict()["model"] == {"depth": 4, "wide": {"x": 1}}
    assert "lr" in dir(p) and "batch-size" not in dir(p)
    with pytest.raises(AttributeError, match="did you mean flag"):
        _ = p.flg
    with pytest.raises(AttributeError, match="there are: lr, n"):
        _ = p.zzz
    with pytest.raises(KeyError):
        p["zzz"]


def test_dotted_names_as_they_stand():
    p = sw.Params({"model.depth": 4, "model.wide.x": 1, "lr": 2})
    assert p.model.depth == 4 and p["model.wide.x"] == p.model.wide.x == 1
    assert list(p) == ["model.depth", "model.wide.x", "lr"]
    with pytest.raises(KeyError):
        p["mode"]


def test_parameters_from_the_file(tmp_path):
    (tmp_path / "params.json").write_text('{"a": 1}')
    assert Trial(environ(SWEEPD_PARAMS_FILE=str(tmp_path / "params.json"))).params.a == 1


def test_environment(tmp_path):
    t = Trial(environ(SWEEPD_RESUME="1", SWEEPD_SEED=str(2**63 + 5), SWEEPD_CHECKPOINT_DIR=str(tmp_path / "c")))
    assert t.resumed and t.active and (t.id, t.attempt) == ("abc/7", 1)
    assert t.seed == 5  # what numpy and scikit-learn take
    assert t.checkpoint_dir.is_dir()


def test_report(server):
    server.answers = [(200, {"stop": False}), (200, {"stop": True, "reason": "rank 9 of 12 at rung 1"})]
    t = Trial(environ(server))
    before = time.time_ns() // 1_000_000
    assert t.report(val_loss=0.5, epoch=1) is False
    assert t.report(val_loss=0.25) is True
    assert t.should_stop and t.stop_reason == "rank 9 of 12 at rung 1"
    method, path, headers, _ = server.requests[0]
    assert (method, path, headers["Authorization"]) == ("POST", "/api/v1/report", "Bearer secret")
    (first,), (second,) = server.sent(0)["points"], server.sent(1)["points"]
    assert first["metrics"] == {"val_loss": 0.5, "epoch": 1}
    assert before <= first["timestamp"] <= time.time_ns() // 1_000_000
    assert (first["step"], second["step"]) == (1, 2)
    assert server.connections == 1


def test_steps(server):
    server.answers = [(200, {"stop": False})]
    t = Trial(environ(server))
    for step in (None, 10, None, 0, None):
        t.report(step=step, a=1)
    assert [server.sent(i)["points"][0]["step"] for i in range(5)] == [1, 10, 11, 0, 1]
    resumed = Trial(environ(server, SWEEPD_RESUME="1"))
    resumed.report(a=1)
    assert "step" not in server.sent()["points"][0]


def test_numbers(server):
    import numpy as np

    server.answers = [(200, {"stop": False})]
    t = Trial(environ(server))
    t.report(a=math.nan, b=math.inf, c=-math.inf, d=True, e=np.float32(0.5), f=np.array([3]).sum(), g=10**30)
    assert server.sent()["points"][0]["metrics"] == {
        "a": "NaN", "b": "Infinity", "c": "-Infinity", "d": 1, "e": 0.5, "f": 3, "g": 10**30,
    }  # fmt: skip


def test_stop_file_is_seen_without_a_server(tmp_path):
    t = Trial(environ(tmp_path=tmp_path))
    assert not t.should_stop
    (tmp_path / "stop").touch()
    assert t.should_stop and t.report(a=1) is True


def test_only_the_first_rank_reports(server, tmp_path):
    t = Trial(environ(server, tmp_path, RANK="1"))
    assert t.report(a=1) is False
    assert server.requests == []
    (tmp_path / "stop").touch()
    assert t.report(a=1) is True


def test_a_kept_connection_that_was_closed_is_opened_again(server):
    def answer_and_hang_up(h):
        h.send_response(200)
        h.send_header("Content-Length", "14")
        h.end_headers()
        h.wfile.write(b'{"stop":false}')
        h.close_connection = True

    server.answers = [answer_and_hang_up, (200, {"stop": False})]
    t = Trial(environ(server))
    for _ in range(3):
        t.report(a=1)
    assert [len(server.sent(i)["points"]) for i in range(3)] == [1, 1, 1]
    assert server.connections == 2


def test_busy_and_broken_answers_are_repeated(server):
    def hang_up(h):
        h.close_connection = True

    busy = {"type": "about:blank", "title": "busy", "status": 503, "code": "unavailable"}
    server.answers = [hang_up, (503, busy), (200, {"stop": True})]
    assert Trial(environ(server)).report(a=1) is True
    assert {r[3] for r in server.requests} == {server.requests[0][3]}  # the very same bytes: a repetition is harmless


def test_points_wait_for_a_worker_that_is_away(server, monkeypatch):
    monkeypatch.setattr(_report, "PATIENCE", 0.1)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{s.getsockname()[1]}"
    t = Trial(environ(SWEEPD_URL=nobody))
    with pytest.warns(RuntimeWarning, match="does not answer") as seen:
        assert t.report(a=1) is False
        start = time.monotonic()
        for _ in range(20):
            t.report(a=2)
        assert time.monotonic() - start < 1  # the first one waits, the others do not hold up training
    assert len(seen) == 1
    server.answers = [(200, {"stop": True})]
    t._reporter._connection = _report.Connection(server.url, "secret", 30)
    assert t.report(a=3) is True
    sent = server.sent()["points"]
    assert [p["step"] for p in sent] == list(range(1, 23)) and sent[0]["metrics"] == {"a": 1}


def test_waiting_points_are_bounded(monkeypatch):
    monkeypatch.setattr(_report, "PATIENCE", 0)
    monkeypatch.setattr(_report, "KEPT", 3)
    t = Trial(environ(SWEEPD_URL="http://127.0.0.1:1"))
    with pytest.warns(RuntimeWarning) as seen:
        for _ in range(5):
            t.report(a=1)
    assert "oldest are dropped" in str(seen[-1].message)
    assert [p["step"] for p in t._reporter._waiting] == [3, 4, 5]
    t._reporter._waiting.clear()  # else the end of this process waits for the worker


def test_refusals_warn_once_and_training_goes_on(server):
    refused = {
        "type": "about:blank",
        "title": "no",
        "status": 400,
        "code": "invalid",
        "detail": "the metric is called ?",
    }
    server.answers = [(400, refused)]
    t = Trial(environ(server))
    with pytest.warns(RuntimeWarning, match=r"the metric is called \?") as seen:
        assert t.report(a=1) is False and t.report(a=2) is False
    assert len(seen) == 1
    assert len(server.sent()["points"]) == 1  # what was refused is not sent again


def test_an_attempt_that_was_taken_back_stops(server):
    server.answers = [(409, {"type": "about:blank", "title": "stale", "status": 409, "code": "stale"})]
    t = Trial(environ(server))
    with pytest.warns(RuntimeWarning, match="stale"):
        assert t.report(a=1) is True
    assert "not held any more" in t.stop_reason


def test_threads_share_the_connection(server):
    server.answers = [(200, {"stop": False})]
    t = Trial(environ(server))
    threads = [threading.Thread(target=lambda: [t.report(a=1) for _ in range(25)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(server.sent(i)["points"]) for i in range(len(server.requests))) == 100
    assert server.connections == 1


def test_the_handler_of_a_signal_may_report(server):
    """The trial is told to end while a report of it is under way, and its handler reports as well."""
    script = """
import os, signal, sys
import sweepd as sw
trial = sw.trial()
signal.signal(signal.SIGTERM, lambda *_: trial.report(last=2))
trial.report(pid=os.getpid())
trial.report(after=3)
"""

    def told_to_end(h):
        os.kill(server.sent()["points"][0]["metrics"]["pid"], signal.SIGTERM)
        server.answers = [(200, {"stop": False})]
        server.reply(h, 200, "application/json", b'{"stop": false}')

    server.answers = [told_to_end]
    src = os.path.dirname(os.path.dirname(sw.__file__))
    env = {**os.environ, **environ(server), "PYTHONPATH": src}
    subprocess.run([sys.executable, "-c", script], check=True, env=env, timeout=30)
    points = [p for i in range(len(server.requests)) for p in server.sent(i)["points"]]
    assert [next(iter(p["metrics"])) for p in points] == ["pid", "last", "after"]


def test_a_forked_child_is_a_trial_of_its_own(server):
    """A warm runner imports first, forks, and sets the environment in the child."""
    server.answers = [(200, {"stop": False})]
    script = """
import os, sys
import sweepd as sw
assert not sw.trial().active
for number in ("1", "2"):
    if os.fork() == 0:
        os.environ.update(SWEEPD_TRIAL_ID="s/" + number, SWEEPD_ATTEMPT="1", SWEEPD_URL=sys.argv[1])
        os.environ["SWEEPD_PARAMS"] = '{"n": %s}' % number
        sw.trial().report(n=sw.trial().params.n)
        sys.exit(0)
    assert os.wait()[1] == 0
"""
    src = os.path.dirname(os.path.dirname(sw.__file__))
    subprocess.run([sys.executable, "-c", script, server.url], check=True, env={**os.environ, "PYTHONPATH": src})
    assert [server.sent(i)["points"][0]["metrics"] for i in (0, 1)] == [{"n": 1}, {"n": 2}]


def test_what_waits_is_sent_at_the_end(server):
    def hang_up(h):
        h.close_connection = True

    server.answers = [hang_up, hang_up, (200, {"stop": False})]
    script = """
import os, sys, warnings
from sweepd import _report
warnings.simplefilter("ignore")
_report.PATIENCE = 0.01
import sweepd as sw
sw.trial().report(a=1)
_report.PATIENCE = 5
"""
    src = os.path.dirname(os.path.dirname(sw.__file__))
    env = {**os.environ, **environ(server), "PYTHONPATH": src}
    subprocess.run([sys.executable, "-c", script], check=True, env=env)
    assert len(server.requests) == 3 and server.sent()["points"][0]["metrics"] == {"a": 1}


def test_a_report_is_one_write(server, monkeypatch):
    server.answers = [(200, {"stop": False})]
    t = Trial(environ(server))
    t.report(a=1)
    writes = []
    sock = t._reporter._connection._open.sock

    class Counting:
        def __getattr__(self, name):
            return getattr(sock, name)

        def sendall(self, data):
            writes.append(data)
            sock.sendall(data)

    t._reporter._connection._open.sock = Counting()
    t.report(a=1)
    assert len(writes) == 1 and json.loads(writes[0].partition(b"\r\n\r\n")[2])["points"]
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
