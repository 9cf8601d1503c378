"""Starts trials in milliseconds: imports what they import, once, and forks for each.

Run by a worker as `forkserver.py serve`, speaking JSON lines over file descriptor 3, or as
`forkserver.py call FILE` to make one call of a Python function without a server. It forks only
while it has one thread and no GPU context, since neither survives a fork, and says so otherwise.
Standard library only; Python 3.8 or later.
"""

import ast
import atexit
import builtins
import gc
import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import random
import select
import signal
import socket
import sys
import threading
import traceback
import types

MAX_LOCAL = 200  # local modules that are looked through for imports


# --- what to import ---------------------------------------------------------------------------


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
        first = [p for p in [local_file(root, told["function"].split(":")[0])] if p]
    wanted = third_party(root, first) + [(name, ()) for name in told.get("warm") or []]
    sys.path[0] = root  # a module of the sweep's own may be named in warm
    if told.get("function"):
        wanted.append(("sweepd" if importlib.util.find_spec("sweepd") else "http.client", ()))
    for name, names in wanted:
        try:
            __import__(name, fromlist=list(names))
        except BaseException as e:  # an import may raise anything, SystemExit included
            print(f"import {name}: {type(e).__name__}: {e}", file=sys.stderr)


def compiled(told):
    """The frozen script as code, so that a fork need not compile it; None when that is left to the trial."""
    if not told.get("script") or not told.get("frozen"):
        return None
    path = os.path.join(told["root"], told["script"])
    try:
        with open(path, "rb") as f:
            return compile(f.read(), path, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return None


def placed(code, path):
    """The code as if it had been read from another path."""
    consts = tuple(placed(c, path) if isinstance(c, types.CodeType) else c for c in code.co_consts)
    return code.replace(co_filename=path, co_consts=consts)


def forbidden():
    """Why this process must not be forked, None when it may."""
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        return f"importing its modules started {threads - 1} threads, which a fork would lose"
    for fd in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink("/proc/self/fd/" + fd)
        except OSError:
            continue
        if target.startswith(("/dev/nvidia", "/dev/kfd")):
            return "importing its modules opened a GPU, which a fork cannot use"
    return None


HUGE = 2 << 20
MADV_HUGEPAGE, MADV_COLLAPSE = 14, 25  # madvise(2); the second since Linux 6.1


def enlarge_pages():
    """Moves private memory into huge pages where the kernel lets it: a fork and its end copy and
    drop tables of pages, and take half the time with fewer. What fails stays as it was."""
    try:
        import ctypes

        madvise = ctypes.CDLL(None).madvise
        with open("/proc/self/maps") as f:
            regions = [line.split() for line in f]
    except (ImportError, OSError, AttributeError):
        return
    for words in regions:
        if words[1] != "rw-p" or words[4] != "0" or (len(words) > 5 and words[5] != "[heap]"):
            continue
        begin, end = (int(n, 16) for n in words[0].split("-"))
        begin, end = -(-begin // HUGE) * HUGE, end // HUGE * HUGE
        if begin < end:
            for advice in (MADV_HUGEPAGE, MADV_COLLAPSE):
                madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), advice)


# --- a trial ----------------------------------------------------------------------------------


def become(told):
    """Makes a fresh fork the trial's process."""
    os.setsid()
    fd = os.open(told["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)
    mark = os.environ.get("SWEEPD_KEEPER")  # by which what a trial leaves is found
    os.environ.clear()
    os.environ.update(told["env"])
    if mark:
        os.environ["SWEEPD_KEEPER"] = mark
    os.chdir(told["dir"])
    gc.enable()
    random.seed(told["seed"])
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        numpy.random.seed(told["seed"] % (1 << 32))


def run_script(argv, code):
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


def run_call(told):
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


class Trial:
    """The trial for functions that take one, where the `sweepd` package is not installed: the core of it."""

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
        import http.client
        from urllib.parse import urlsplit

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


def trial():
    try:
        import sweepd
    except ImportError:
        return Trial()
    return sweepd.trial()


def run(told, code):
    """Runs the trial and gives its exit code, as the interpreter would."""
    try:
        if told.get("call"):
            run_call(told)
        else:
            run_script(told["argv"], code)
    except SystemExit as e:
        if e.code is None or isinstance(e.code, int):
            return (e.code or 0) & 0xFF
        print(e.code, file=sys.stderr)
        return 1
    except BaseException as e:
        own = e.__traceback__
        while own is not None and own.tb_frame.f_code.co_filename == __file__:
            own = own.tb_next
        if isinstance(e, SyntaxError) and own is None:
            e.__traceback__ = None
        sys.excepthook(type(e), e.with_traceback(own), own)
        if isinstance(e, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGINT)
        return 1
    return 0


def leave(code):
    """Ends a fork as the interpreter ends, without taking it apart piece by piece."""
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException:
        traceback.print_exc()
        code = code or 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)


# --- the server -------------------------------------------------------------------------------


class Server:
    """Imports, then forks: one JSON line asks, and each fork and end is answered by one."""

    def __init__(self):
        self.keeper = socket.socket(fileno=3)
        self.keeper.set_inheritable(False)
        self.here = b""  # what the keeper sent and was not read yet: select does not see it
        self.code = None
        self.spare = None  # (pid, pipe): a fork made ahead that waits to be told what to run

    def serve(self):
        """Serves until the keeper is gone. In a fork it returns what to run instead."""
        told = json.loads(self.line() or b"null")
        if told is None:
            os._exit(0)
        preload(told)
        self.code = compiled(told)
        gc.collect()
        enlarge_pages()
        gc.freeze()  # so that collections in a fork do not copy what was imported
        self.wake, self.woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self.woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        refuse = forbidden()
        self.say({"refuse": refuse} if refuse else {"ready": True})
        while True:
            more = b"\n" in self.here
            ready, _, _ = select.select([self.keeper, self.wake], [], [], 0 if more else None)
            if self.wake in ready:
                os.read(self.wake, 4096)
                self.reap()
            if more or self.keeper in ready:
                line = self.line()
                if not line:
                    os._exit(0)
                request = self.answer(line)
                if request is not None:
                    return request

    def line(self):
        """The keeper's next line, empty when the keeper is gone."""
        while b"\n" not in self.here:
            more = self.keeper.recv(65536)
            if not more:
                return b""
            self.here += more
        line, _, self.here = self.here.partition(b"\n")
        return line + b"\n"

    def answer(self, line):
        """Does what a line asks; gives what to run in the fork that is to run it."""
        request = json.loads(line)
        refuse = forbidden()
        if request.get("spare"):
            return None if refuse or self.spare else self.ahead()
        if refuse:
            self.say({"refuse": refuse})
            return None
        if self.spare is None:
            pid = self.fork()
            if pid == 0:
                return request
            self.say({"pid": pid})
            return None
        (pid, pipe), self.spare = self.spare, None
        self.say({"pid": pid})  # before its end can be told
        with open(pipe, "wb") as f:
            f.write(line + b"\n")
        return None

    def ahead(self):
        """Forks a spare, which waits; gives what to run once it is told, None in the server."""
        read, write = os.pipe2(os.O_CLOEXEC)
        pid = self.fork()
        if pid:
            os.close(read)
            self.spare = pid, write
            self.say({"spare": pid})
            return None
        os.close(write)
        with open(read, "rb") as f:
            line = f.readline()
        if not line:
            os._exit(0)  # the server is gone
        return json.loads(line)

    def fork(self):
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self.wake)
            os.close(self.woken)
            self.keeper.close()
        return pid

    def reap(self):
        while True:
            try:
                pid, status, use = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self.spare and pid == self.spare[0]:
                os.close(self.spare[1])
                self.spare = None
                continue
            self.say({"exit": pid, "status": status, "rss": use.ru_maxrss * 1024, "cpu": use.ru_utime + use.ru_stime})

    def say(self, message):
        self.keeper.sendall(json.dumps(message).encode() + b"\n")


def main():
    if sys.argv[1] == "call":
        with open(sys.argv[2], encoding="utf-8") as f:
            told = json.load(f)
        random.seed(told["seed"])
        sys.exit(run(told, None))
    server = Server()
    request = server.serve()
    status = 1
    try:
        become(request)
        status = run(request, server.code)
    except BaseException:
        traceback.print_exc()
    leave(status)


if __name__ == "__main__":
    main()
