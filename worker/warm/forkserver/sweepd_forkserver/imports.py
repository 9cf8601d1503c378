"""What a trial will import: the third-party modules its code names, found without running it."""

import ast
import importlib.util
import os
import sys

MAX_LOCAL = 200  # local modules that are looked through for imports


def local_file(root, name):
    """The file of a module of the sweep's own, None when it is not one."""
    base = os.path.join(root, *name.split("."))
    for path in (base + ".py", os.path.join(base, "__init__.py")):
        if os.path.isfile(path):
            return path
    return None


def imports_of(tree):
    """(module, names) imported at the top level, in try blocks too; names is () for a plain import."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, ()
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, tuple(a.name for a in node.names if a.name != "*")
        elif isinstance(node, ast.Try):
            yield from imports_of(node)


def third_party(root, first):
    """Imports of the files named and of the local modules they import, local ones left out, in order."""
    out, seen, todo = [], set(), list(first)
    while todo and len(seen) < MAX_LOCAL:
        path = todo.pop(0)
        if path in seen:
            continue
        seen.add(path)
        try:
            with open(path, "rb") as f:
                tree = ast.parse(f.read(), path)
        except (OSError, SyntaxError, ValueError):
            continue  # the trial will say it
        for name, names in imports_of(tree):
            top = name.split(".")[0]
            if local_file(root, top) or os.path.isdir(os.path.join(root, top)):
                todo.extend(p for p in [local_file(root, name)] + [local_file(root, f"{name}.{n}") for n in names] if p)
            elif (name, names) not in out and top != "__future__":
                out.append((name, names))
    return out


def preload(told):
    """Imports, quietly: what cannot be imported fails in the trial, with its own message."""
    root = told["root"]
    if told.get("script"):
        first = [os.path.join(root, told["script"])]
        root = os.path.dirname(first[0])
    else:
        first = [p for p in [local_file(root, told["module"])] if p]
    wanted = third_party(root, first) + [(name, ()) for name in told.get("warm") or []]
    sys.path[0] = root  # a module of the sweep's own may be named in warm
    if told.get("module"):
        wanted.append(("sweepd" if importlib.util.find_spec("sweepd") else "http.client", ()))
    for name, names in wanted:
        try:
            __import__(name, fromlist=list(names))
        except BaseException as e:  # an import may raise anything, SystemExit included
            print(f"import {name}: {type(e).__name__}: {e}", file=sys.stderr)
