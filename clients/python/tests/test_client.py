"""Submitting and reading sweeps; the server in conftest holds every request and answer to openapi.yaml."""

import gzip
import json
import sys
import tarfile
from io import BytesIO

import pytest

import sweepd as sw
from sweepd import _client

COUNTS = {
    "created": 3, "queued": 0, "running": 1, "completed": 1, "stopped": 1, "failed": 0, "cancelled": 0,
    "attempts": 3, "live": 1, "held": 0, "seconds": 4.5,
}  # fmt: skip


def sweep(state="running", **more):
    return {
        "id": "k3x9", "name": "digits", "state": state, "seq": 9, "created": "2026-11-24T22:00:00Z", "counts": COUNTS,
        "metric": "val_loss", "goal": "minimize", "planned": 40, "priority": 0, "stages": [], **more,
    }  # fmt: skip


def trial(number):
    return {
        "number": number, "state": "completed", "stage": "explore", "branch": "", "params": {"lr": 0.1},
        "attempts": [], "created": "2026-11-24T22:00:00Z", "seq": 8,
    }  # fmt: skip


def problem(status, **more):
    return {"type": "about:blank", "title": "refused", "status": status, "code": "invalid", **more}


@pytest.fixture
def client(server):
    return sw.Client(server.url, "token")


@pytest.fixture
def project(tmp_path):
    (tmp_path / "train.py").write_text("print(1)\n")
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / "a.log").write_text("noise")
    return tmp_path


def test_submit_a_file(server, client, project):
    text = "name: digits  # as it stands, comments too\ncommand: [python, train.py]\n"
    (project / "sweep.yaml").write_text(text)
    server.answers = [(404, None), (204, None), (201, sweep())]
    s = client.submit("sweep.yaml", set=["budget.trials=5"])
    assert (s.id, s.state, s.name) == ("k3x9", "running", "digits")
    (head, path, *_), (put, put_path, headers, body), (post, post_path, post_headers, _) = server.requests
    assert (head, put, post) == ("HEAD", "PUT", "POST")
    assert path == put_path and post_path == "/api/v1/sweeps"
    assert headers["Authorization"] == "Bearer token"
    with tarfile.open(fileobj=BytesIO(gzip.decompress(body))) as tar:
        assert tar.getnames() == [".gitignore", "sweep.yaml", "train.py"]
    sent = server.sent()
    assert sent["source"] == text and sent["file"] == "sweep.yaml" and "spec" not in sent
    assert sent["code"] == path.rpartition("/")[2] and sent["workdir"] == str(project)
    assert sent["interpreter"] == sys.executable and sent["set"] == ["budget.trials=5"]
    assert len(post_headers["Idempotency-Key"]) == 32


def test_a_directory_that_is_there_is_not_sent_again(server, client, project):
    server.answers = [(200, None), (201, sweep())]
    client.submit({"command": ["python", "train.py"]})
    assert [r[0] for r in server.requests] == ["HEAD", "POST"]


def test_submit_a_command(server, client, project):
    server.answers = [(200, None), (201, sweep())]
    space = {"lr": {"log": [1e-5, 1e-1]}, "bs": [32, 64]}
    for command in ("python 'my train.py' --fast", ["python", "my train.py", "--fast"]):
        server.answers = [(200, None), (201, sweep())]
        client.submit(
            command, space, maximize="val_acc", trials=40, parallel=4, early_stop="asha", resources={"gpu": 1}
        )
        assert server.sent()["spec"] == {
            "command": ["python", "my train.py", "--fast"],
            "space": space,
            "objective": {"metric": "val_acc", "goal": "maximize"},
            "budget": {"trials": 40, "parallel": 4},
            "early_stop": "asha",
            "resources": {"gpu": 1},
        }


def test_arguments_fill_in_a_dict(server, client, project):
    server.answers = [(200, None), (201, sweep())]
    spec = {"command": ["python", "train.py"], "budget": {"wall": "1h"}}
    client.submit(spec, minimize="loss", trials=3)
    assert server.sent()["spec"]["budget"] == {"wall": "1h", "trials": 3}
    assert spec == {"command": ["python", "train.py"], "budget": {"wall": "1h"}}


def test_a_file_and_arguments_do_not_mix(client, project):
    (project / "sweep.yaml").write_text("name: x\n")
    with pytest.raises(TypeError, match="trials, early_stop beside a sweep file"):
        client.submit("sweep.yaml", trials=3, early_stop="asha")
    with pytest.raises(TypeError, match="one objective"):
        client.submit("python train.py", minimize="a", maximize="b")


def test_every_fault_of_a_file_is_shown(server, client, project):
    faults = [
        {"where": "sweep.yaml:3:7", "message": "unknown key lrr", "hint": "did you mean lr?", "line": 3, "column": 7},
        {"where": "/budget", "message": "budget.trials or budget.wall is required"},
    ]
    server.answers = [(200, None), (400, problem(400, detail="the sweep file has 2 problems", problems=faults))]
    with pytest.raises(sw.ServerError) as e:
        client.submit({"command": ["x"]})
    assert str(e.value) == (
        "the sweep file has 2 problems\n"
        "  sweep.yaml:3:7: unknown key lrr (did you mean lr?)\n"
        "  /budget: budget.trials or budget.wall is required"
    )
    assert (e.value.status, e.value.code, len(e.value.problems)) == (400, "invalid", 2)


def test_requests_are_repeated_while_the_server_is_away(server, client, monkeypatch):
    monkeypatch.setattr(_client.time, "sleep", lambda s: None)

    def hang_up(h):
        h.close_connection = True

    server.answers = [hang_up, (503, problem(503)), (200, None), hang_up, (201, sweep())]
    client.submit({"command": ["x"]})
    keys = [r[2].get("Idempotency-Key") for r in server.requests if r[0] == "POST"]
    assert len(keys) == 2 and keys[0] == keys[1]  # one sweep, however often it was sent


def test_a_server_that_stays_away(monkeypatch):
    monkeypatch.setattr(_client.time, "sleep", lambda s: None)
    with pytest.raises(sw.SweepdError, match=r"no server answers at http://127.0.0.1:1: .*; start one"):
        sw.Client("http://127.0.0.1:1").sweep()


def test_where_the_server_is(server, tmp_path, monkeypatch):
    server.answers = [(200, sweep())]
    with pytest.raises(sw.SweepdError, match=r"no server runs in .sweepd"):
        sw.Client()
    (tmp_path / ".sweepd").mkdir()
    (tmp_path / ".sweepd" / "server.json").write_text(json.dumps({"pid": 1, "addr": server.url}))
    (tmp_path / ".sweepd" / "token").write_text("local\n")
    sw.Client().sweep()
    assert server.requests[-1][2]["Authorization"] == "Bearer local"
    sw.Client(server.url).sweep()
    assert server.requests[-1][2]["Authorization"] == "Bearer local"
    sw.Client(server.url.replace("127.0.0.1", "localhost")).sweep()
    assert "Authorization" not in server.requests[-1][2]  # the token of one server is not shown to another
    monkeypatch.setenv("SWEEPD_DIR", str(tmp_path / ".sweepd"))
    monkeypatch.setenv("SWEEPD_TOKEN", "mine")
    monkeypatch.chdir("/")
    sw.Client().sweep("k3")
    assert server.requests[-1][1] == "/api/v1/sweeps/k3"
    assert server.requests[-1][2]["Authorization"] == "Bearer mine"
    monkeypatch.setenv("SWEEPD_URL", "http://127.0.0.1:9/prefix/")
    assert sw.Client().url == "http://127.0.0.1:9/prefix"
    with pytest.raises(sw.SweepdError, match="no address"):
        sw.Client("ftp://x")


def test_lists_and_prefixes(server, client):
    server.answers = [(200, {"sweeps": [sweep(), sweep("finished")]})]
    assert [s.state for s in client.sweeps(2)] == ["running", "finished"]
    server.answers = [(404, problem(404, code="not_found", detail="no sweep zz"))]
    with pytest.raises(sw.ServerError, match="no sweep zz"):
        client.sweep("zz")


def changes(s):
    return {"seq": s["seq"], "more": False, "ended": s["state"] == "finished", "sweep": s}


def test_wait(server, client, monkeypatch, capsys):
    monkeypatch.setattr("sweepd._sweep.time.sleep", lambda s: None)
    done = sweep("finished", best={"trial": 2, "value": 0.25, "step": 3})
    paused = changes(sweep("paused", why="by ada"))
    server.answers = [(200, a) for a in (sweep(), sweep(), paused, changes(done), done, done, trial(2))]
    s = client.sweep()
    assert s.wait(progress=True) is s and s.state == "finished"
    assert [r[1].partition("?")[2] for r in server.requests if "/changes" in r[1]] == ["after=9&limit=1&wait=2"] * 2
    shown = capsys.readouterr().err
    assert "digits: paused, 2 of 40 trials done, 1 running, 1 stopped early, 0 failed" in shown
    assert shown.endswith("best val_loss 0.25\n")
    assert s.best == sw.Result(2, "completed", 0.25, sw.Params({"lr": 0.1}), step=3, stage="explore")


def test_wait_says_why_it_ends(server, client, monkeypatch):
    monkeypatch.setattr("sweepd._sweep.time.sleep", lambda s: None)
    server.answers = [(200, sweep("paused", why="the first 3 trials failed alike", why_code="same_failure"))]
    with pytest.raises(sw.SweepdError, match="is paused: the first 3 trials failed alike"):
        client.sweep().wait()
    server.answers = [(200, sweep("failed", why="stage blend: no predictions"))]
    with pytest.raises(sw.SweepdError, match="failed: stage blend"):
        client.sweep().wait()
    server.answers = [(200, sweep())]
    with pytest.raises(TimeoutError, match="still running after 0 s"):
        client.sweep().wait(timeout=0)
    server.answers = [(200, sweep("cancelled"))]
    assert client.sweep().wait().state == "cancelled"


def test_ctrl_c_ends_the_waiting_alone(server, client, monkeypatch, capsys):
    def interrupt(s):
        raise KeyboardInterrupt

    monkeypatch.setattr("sweepd._sweep.time.sleep", interrupt)
    server.answers = [(200, sweep())]
    with pytest.raises(KeyboardInterrupt):
        client.sweep().wait()
    assert "wait again with sweepd.Client().sweep('k3x9').wait()" in capsys.readouterr().err
    assert {r[0] for r in server.requests} == {"GET"}


def test_no_best_yet(server, client):
    server.answers = [(200, sweep())]
    assert client.sweep().best is None
    worst = sweep(best={"trial": 1, "value": "Infinity"})
    server.answers = [(200, worst), (200, worst), (200, trial(1))]
    assert client.sweep().best.value == float("inf")


FIXED = {
    "stage": "explore", "branch": "", "value": 0.5, "best": 0.5, "best_step": 2, "last": 0.6, "resource": 3,
    "seconds": 1.5, "attempts": 1, "by": "tpe", "reason": "",
}  # fmt: skip


def page(numbers, params, **more):
    """A page of trials; params is {name: value for each trial}."""
    columns = {"number": numbers, "state": ["completed"] * len(numbers)}
    columns |= {name: [value] * len(numbers) for name, value in FIXED.items()}
    columns |= {"params." + name: values for name, values in params.items()}
    cells = {"columns": list(columns), "values": list(columns.values())}
    return {**cells, "rows": len(numbers), "total": 3, "matched": 3, "seq": 9, **more}


def test_df(server, client):
    first = page([4, 1], {"lr": [0.1, "Infinity"], "state": ["CA", None]}, next="abc")
    second = page([3], {"lr": [None], "depth": [7]})
    server.answers = [(200, sweep()), (200, first), (200, second)]
    df = client.sweep().df()
    assert list(df["number"]) == [4, 1, 3] and list(df["state"]) == ["completed"] * 3
    assert list(df["params.state"].fillna("-")) == ["CA", "-", "-"]
    assert df["lr"].tolist()[:2] == [0.1, float("inf")] and df["lr"].isna().tolist() == [False, False, True]
    assert df["depth"].tolist()[2] == 7
    assert "page=abc" in server.requests[2][1] and "page" not in server.requests[1][1]


def test_df_without_pandas(server, client, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    server.answers = [(200, sweep()), (200, page([4, 1], {"lr": [0.1, None]}))]
    rows = client.sweep().df()
    assert [r["number"] for r in rows] == [4, 1]
    assert rows[0]["lr"] == 0.1 and rows[1]["lr"] is None and list(rows[0]) == list(rows[1])


def test_df_of_no_trials(server, client):
    server.answers = [(200, sweep()), (200, page([], {}))]
    assert len(client.sweep().df()) == 0


def test_top(server, client):
    server.answers = [(200, sweep()), (200, page([4, 1], {"model.depth": [3, 5]}, next="abc"))]
    s = client.sweep()
    top = s.top(2)
    assert [(r.number, r.value, r.params.get("model.depth")) for r in top] == [(4, 0.5, 3), (1, 0.5, 5)]
    assert len(server.requests) == 2 and "limit=2" in server.requests[1][1]
    assert s.top(0) == []


def test_ensemble(server, client):
    found = {
        "stage": "blend", "metric": "log_loss", "split": "val", "considered": 30, "missing": 2,
        "members": [{"trial": 4, "weight": 0.75}, {"trial": 9, "weight": 0.25}],
        "path": [{"trial": 4, "loss": 0.3}, {"trial": 9, "loss": 0.2}],
        "scores": {"val": 0.2, "test": 0.25}, "best_single": {"trial": 4, "scores": {"val": 0.3, "test": 0.33}},
    }  # fmt: skip
    server.answers = [(200, sweep()), (200, {"ensembles": [found]}), (200, {"ensembles": []})]
    s = client.sweep()
    e = s.ensemble
    assert e.weights == {4: 0.75, 9: 0.25} and e.scores["test"] == 0.25 and e.path[-1] == (9, 0.2)
    assert (e.best_single, e.best_single_scores["test"]) == (4, 0.33)
    assert s.ensemble is None


def test_orders(server, client):
    server.answers = [(200, sweep()), (200, sweep("paused")), (200, sweep()), (200, sweep("cancelled"))]
    s = client.sweep()
    assert s.pause("lunch").state == "paused" and server.sent() == {"why": "lunch"}
    assert s.resume().state == "running" and server.sent() == {}
    assert s.cancel([3, 4]).state == "cancelled" and server.sent() == {"trials": [3, 4]}
    assert [r[1].rpartition("/")[2] for r in server.requests[1:]] == ["pause", "resume", "cancel"]


def test_spec_is_asked_for_when_it_is_not_there(server, client):
    server.answers = [(200, {"sweeps": [sweep()]}), (200, sweep(spec={"name": "digits"}))]
    s = client.sweeps()[0]
    assert s.spec == {"name": "digits"}
    assert s.url == server.url + "/s/k3x9" and "running" in repr(s)


def test_submit_of_the_module(server, project, monkeypatch):
    monkeypatch.setenv("SWEEPD_URL", server.url)
    server.answers = [(200, None), (201, sweep())]
    assert sw.submit("python train.py", {"x": [1, 2]}, minimize="loss").id == "k3x9"
