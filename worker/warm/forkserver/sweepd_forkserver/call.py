"""Calls a Python function with the trial's parameters."""

import importlib
import inspect
import json
import os
import sys

from . import report
from .report import wire


def run(told):
    """Calls module:function with the parameters, reports what it yields and keeps what it returns."""
    call = told["call"]
    module, _, name = call["function"].partition(":")
    sys.argv = [module]
    sys.path[0] = told["dir"]
    function = importlib.import_module(module)
    for part in name.split("."):
        function = getattr(function, part)
    with open(os.environ["SWEEPD_PARAMS_FILE"], encoding="utf-8") as f:
        params = {k.replace("-", "_"): v for k, v in json.load(f).items()}
    if wants_trial(function) and "trial" not in params:
        params["trial"] = trial()
    returned = function(**params)
    if inspect.isgenerator(returned):
        returned = follow(returned, call["objective"])
    if returned is not None:
        keep(told["result"], named(returned, call["objective"]))


def wants_trial(function):
    try:
        return "trial" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def named(value, objective):
    """What a function returned, as numbers by name."""
    if not isinstance(value, dict):
        value = {objective or "value": value}
    return {str(k): wire(k, v) for k, v in value.items()}


def keep(path, values):
    with open(path + ".part", "w", encoding="utf-8") as f:
        json.dump(values, f)
    os.replace(path + ".part", path)


def follow(generator, objective):
    """Reports what a generator yields; ends it when the trial should stop. Gives what it returns."""
    reports = trial()
    while True:
        try:
            value = next(generator)
        except StopIteration as end:
            return end.value
        values = value if isinstance(value, dict) else {objective or "value": value}
        step = values.get("step")
        if reports.report(step=step, **{str(k): v for k, v in values.items() if k != "step"}):
            generator.close()
            return None


def trial():
    """The trial of this process, the same object each time."""
    try:
        import sweepd
    except ImportError:
        return report.trial()
    return sweepd.trial()


def hang_up():
    """Sends what the trial still has to say and closes what it said it through."""
    for module in (sys.modules.get("sweepd._trial"), report):
        if hasattr(module, "hang_up"):
            module.hang_up()
