"""The trials of the jobs, each a function that sweepd calls. The drivers' folder is on PYTHONPATH."""

import json
import os


def append(name, value):
    """Adds a line to a file of the run, in one write, since trials run side by side."""
    with open(os.path.join(os.environ["PEER_OUT"], name), "a", buffering=1) as f:
        f.write(json.dumps(value) + "\n")


def digits(config):
    import digits_common

    r = digits_common.run_config(json.loads(config), os.environ["DIGITS_PRED_DIR"])
    append("done", {k: r[k] for k in ("id", "val_logloss", "test_logloss", "seconds", "cpu")})
    return {"val_logloss": r["val_logloss"]}


def noop(id):
    import noop_tasks

    return float(noop_tasks.noop(id))


def asha(config):
    import asha_peers

    config = json.loads(config)
    for epoch, loss in asha_peers.epochs(config):
        append("epochs", [config["id"], epoch])
        yield {"val_loss": loss}


def crash(id):
    import crash_peers

    return float(crash_peers.trial(id))


if os.environ.get("PEER_JOB") in ("digits", "asha"):
    import digits_common

    digits_common.warm()  # in the process that trials are forked from
elif os.environ.get("PEER_JOB") == "noop":
    import noop_tasks

    noop_tasks._write("")  # opens the event file, which a call would leave open
