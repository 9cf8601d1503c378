"""sweepd behind the contract of the drivers that measure tools for running trials side by side.

    python digits_peers.py --peers pool --cmd 'sweepd=python sweepd_peer.py digits' --rounds 3
    python noop_peers.py --peers pool --cmd 'sweepd=python sweepd_peer.py noop' --rounds 3
    python asha_peers.py --peers full --cmd 'sweepd=python sweepd_peer.py asha' --seeds 1,2,3
    python crash_peers.py --cases ext-server,ext-worker,ext-both --server 'python sweepd_peer.py server' \
        --worker 'python sweepd_peer.py worker' --submit 'python sweepd_peer.py submit'

A driver says where and what by the environment; the last line printed is the answer. The binary is
$SWEEPD_BIN, else bin/sweepd of this checkout. The database is SQLite, settlements are synced.
"""

import contextlib
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BINARY = os.environ.get("SWEEPD_BIN") or os.path.join(ROOT, "bin", "sweepd")
TASKS = os.path.join(HERE, "tasks")
PORT = "18977"  # of the crashes: the same after a restart
sys.path.insert(0, os.path.join(ROOT, "clients", "python", "src"))

import sweepd  # noqa: E402


@contextlib.contextmanager
def server(job, out, slots):
    """A server with a worker inside, its modules imported: what a pool has before its clock starts."""
    port = os.path.join(out, "port")
    env = {**os.environ, "PEER_OUT": out, "PEER_JOB": job}
    log = open(os.path.join(out, "server.log"), "w")
    argv = [BINARY, "serve", "--dir", os.path.join(out, "data"), "--addr", "127.0.0.1:0", "--port-file", port, "--slots", slots]
    process = subprocess.Popen(argv, env=env, stdout=log, stderr=log)
    try:
        until(lambda: os.path.exists(port) and open(port).read())
        token = open(os.path.join(out, "data", "token")).read().strip()
        yield sweepd.Client("http://127.0.0.1:" + open(port).read().strip(), token)
    finally:
        process.terminate()
        process.wait(20)


def until(ready, limit=20.0):
    end = time.monotonic() + limit
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the server did not start")
        time.sleep(0.01)


def submit(client, name, points, metric, **more):
    spec = {
        "python": "tasks:" + name,
        "warm": ["tasks"],
        "objective": {"metric": metric, "goal": "minimize"},
        "points": [{"params": p} for p in points],
        **more,
    }
    return client.submit(spec, directory=TASKS)


def lines(path):
    with open(path) as f:
        return [json.loads(line) for line in f if line.strip()]


def digits():
    import digits_common

    out, slots = os.environ["DIGITS_OUT"], os.environ["DIGITS_WORKERS"]
    points = [{"config": json.dumps(c)} for c in lines(os.environ["DIGITS_CONFIGS"])]
    with server("digits", out, slots) as client:
        first = [{"config": json.dumps({"id": 1000 + i, "seed": 0, "params": {"family": "lr", "C": 1.0 + i}})} for i in range(3)]
        submit(client, "digits", first, "val_logloss").wait(progress=False)
        os.remove(os.path.join(out, "done"))
        for i in range(3):
            os.remove(os.path.join(os.environ["DIGITS_PRED_DIR"], f"pred-{1000 + i:05d}.npz"))
        start = digits_common.clock()
        sweep = submit(client, "digits", points, "val_logloss").wait(progress=False)
        results = sweep.top(len(points))
        wall = time.monotonic() - start
        done = lines(os.path.join(out, "done"))
        best = min(results, key=lambda r: r.value)
        answer = digits_common.summary(done, wall)
        assert json.loads(best.params["config"])["id"] == answer["best"]["id"], "the leaderboard's best is another one"
        print(json.dumps(answer))


def noop():
    import noop_tasks

    out, n, seq = os.environ["NOOP_OUT"], int(os.environ["NOOP_N"]), int(os.environ["NOOP_SEQ"])
    with server("noop", out, os.environ["NOOP_WORKERS"]) as client:
        submit(client, "noop", [{"id": -1 - i} for i in range(4)], "value").wait(progress=False)
        noop_tasks.mark("t0")
        sweep = submit(client, "noop", [{"id": i} for i in range(n)], "value")
        assert sweep.refresh().counts["created"] == n, sweep.counts
        noop_tasks.mark("submitted")
        assert sweep.wait(progress=False).counts["completed"] == n, sweep.why
        noop_tasks.mark("end")
        for i in range(noop_tasks.SEQ, noop_tasks.SEQ + seq):
            time.sleep(0.03)
            noop_tasks.submitted(i)
            submit(client, "noop", [{"id": i}], "value").wait(progress=False)
    print('{"done": true}')


def asha():
    out, most = os.environ["ASHA_OUT"], int(os.environ["ASHA_MAX_EPOCHS"])
    points = [{"config": json.dumps(c)} for c in lines(os.environ["ASHA_CONFIGS"])]
    with server("asha", out, "2") as client:
        start = time.monotonic()
        early = {"algorithm": "asha", "min": 1, "eta": 3, "max": most}
        sweep = submit(client, "asha", points, "val_loss", early_stop=early).wait(progress=False)
        wall = time.monotonic() - start
        chosen = json.loads(sweep.best.params["config"])["id"]
        epochs = len(lines(os.path.join(out, "epochs")))
        print(json.dumps({"wall_s": wall, "epochs": epochs, "chosen": chosen, "to_the_end": sweep.counts["completed"]}))


def crash(verb):
    work = os.environ["CRASH_WORK"]
    env = {**os.environ, "PEER_OUT": work, "PEER_JOB": "crash"}
    if verb == "server":
        argv = ["serve", "--dir", os.path.join(work, "data"), "--addr", "127.0.0.1:" + PORT, "--lease-ttl", "5s"]
    else:
        until(lambda: os.path.exists(os.path.join(work, "data", "token")))
        env["SWEEPD_TOKEN"] = open(os.path.join(work, "data", "token")).read().strip()
        env["SWEEPD_URL"] = "http://127.0.0.1:" + PORT
        argv = ["worker", "--dir", os.path.join(work, "worker"), "--slots", os.environ["CRASH_WORKERS"]]
    if verb == "submit":
        client = sweepd.Client(env["SWEEPD_URL"], env["SWEEPD_TOKEN"])
        submit(client, "crash", [{"id": i} for i in range(int(os.environ["CRASH_N"]))], "value")
        return
    os.execve(BINARY, [BINARY, *argv], env)


if __name__ == "__main__":
    jobs = {"digits": digits, "noop": noop, "asha": asha}
    if sys.argv[1] in jobs:
        jobs[sys.argv[1]]()
    else:
        crash(sys.argv[1])
