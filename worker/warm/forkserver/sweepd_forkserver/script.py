"""Runs a script as `python script.py ...` would."""

import builtins
import importlib.machinery
import os
import sys
import types


def compiled(told):
    """The frozen script as code, so that a fork need not compile it; None when that is left to the trial."""
    if not told.get("script") or not told.get("frozen"):
        return None
    path = os.path.join(told["root"], told["script"])
    if not os.path.normpath(path).startswith(os.path.normpath(told["root"]) + os.sep):
        return None  # it is not frozen
    try:
        with open(path, "rb") as f:
            return compile(f.read(), path, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return None


def placed(code, path):
    """The code as if it had been read from another path."""
    consts = tuple(placed(c, path) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    return code.replace(co_filename=path, co_consts=consts)


def run(argv, code):
    """Runs a script as `python script.py ...` would; code is it compiled, or None."""
    path = os.path.abspath(argv[0])
    sys.argv = list(argv)
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    main = types.ModuleType("__main__")
    main.__dict__.update(__file__=path, __builtins__=builtins, __cached__=None)
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    main.__loader__ = loader
    sys.modules["__main__"] = main
    if code is None:
        with open(path, "rb") as f:
            code = compile(f.read(), path, "exec", dont_inherit=True)
    exec(placed(code, path), main.__dict__)
