"""What a fork is: the process of one trial, and then perhaps of another."""

import atexit
import gc
import json
import os
import random
import resource
import signal
import sys
import threading
import time
import traceback

from . import call, script
from .slate import Slate

HERE = os.path.dirname(os.path.abspath(__file__))


def work(server, root, code):
    """Runs what the server at the other end of a socket tells, and ends the process.

    It answers each line it takes with {"took": true}, so that the server tells of a process that
    exists and has a session of its own, and each it has run, while it is ready for another, with
    {"done": true, "rss": bytes, "cpu": seconds}.
    """
    os.setsid()
    status, slate = 1, None
    handlers = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
    try:
        lines = server.makefile("rb")
        while True:
            line = lines.readline()
            if not line.endswith(b"\n"):
                os._exit(0)  # the server is gone
            told = json.loads(line)
            if slate:
                restart_peak()
            if not says(server, {"took": True}):
                os._exit(0)  # nobody knows of it
            for s, handler in handlers.items():
                signal.signal(s, handler)
            become(told)
            slate = slate or Slate()
            used, start = cpu(), time.monotonic()
            status = run(told, code)
            seconds = time.monotonic() - start
            if status or not told.get("call"):
                break
            call.hang_up()
            if not slate.clean(seconds, (root, told["dir"])):
                break
            flush()
            for s in handlers:
                signal.signal(s, signal.SIG_IGN)  # it is meant for the trial that has just ended
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            if not says(server, {"done": True, "rss": peak, "cpu": cpu() - used}):
                break
    except BaseException:
        traceback.print_exc()
        status = 1
    leave(status)


def says(server, message):
    """Tells the server; whether it is there."""
    try:
        server.sendall(json.dumps(message).encode() + b"\n")
    except OSError:
        return False
    return True


def become(told):
    """Makes the process the trial's."""
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


def run(told, code):
    """Runs the trial and gives its exit code, as the interpreter would."""
    try:
        if told.get("call"):
            call.run(told)
        else:
            script.run(told["argv"], code)
    except SystemExit as e:
        if e.code is None or isinstance(e.code, int):
            return (e.code or 0) & 0xFF
        print(e.code, file=sys.stderr)
        return 1
    except BaseException as e:
        own = e.__traceback__
        while own is not None and own.tb_frame.f_code.co_filename.startswith(HERE):
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
    flush()
    os._exit(code)


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            pass


def cpu():
    """Seconds that this process and the children it waited for have computed."""
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def restart_peak():
    """Has the kernel count the most memory held anew, where it lets a process do that (proc_pid_clear_refs(5))."""
    try:
        with open("/proc/self/clear_refs", "w") as f:
            f.write("5")
    except OSError:
        pass
