"""When a process that has made a call may make the next one."""

import atexit
import gc
import logging
import os
import resource
import signal
import sys
import warnings

from .fork import forbidden

SECONDS = 5.0  # of calls, after which a process has earned its fork many times over
GROWTH, ROOM = 1.25, 64 << 20  # memory of one's own beyond GROWTH times what it was, and ROOM bytes, is a leak

SIGNALS = sorted(signal.valid_signals())
TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)


class Slate:
    """What a process looks like before a call, and must look like after it to make another.

    A fork, the pages it copies and its end cost as much as a call of some milliseconds. So a process
    makes calls one after another, for SECONDS in all, as long as each returns and leaves nothing
    that the next could meet: no thread, child, open file, timer, signal handler or exit function, no
    other stdout, no open GPU, no memory. The sweep's own modules are forgotten after each call;
    what was imported before the fork, and other packages, stay as a call leaves them, as they do
    between the calls of any Python program.
    """

    def __init__(self):
        self.seconds = 0.0
        self.modules = set(sys.modules)
        self.path, self.filters = list(sys.path), list(warnings.filters)
        self.memory = own_memory()
        self.marks = self.look()

    def look(self):
        """What a call may not change."""
        return (
            len(os.listdir("/proc/self/fd")),
            atexit._ncallbacks(),
            len(getattr(logging, "_handlerList", ())),
            [signal.getsignal(s) for s in SIGNALS],
            [signal.getitimer(t)[0] > 0 for t in TIMERS],
            (sys.stdin, sys.stdout, sys.stderr, sys.excepthook, sys.gettrace(), sys.getprofile()),
        )

    def clean(self, seconds, roots):
        """Tells whether the process may make another call after one that took so many seconds.
        roots are the directories of the sweep's own code."""
        self.seconds += seconds
        if self.seconds >= SECONDS:
            return False
        self.forget(tuple(os.path.join(os.path.realpath(r), "") for r in roots))
        gc.collect()
        return (
            self.look() == self.marks
            and childless()
            and forbidden() is None
            and own_memory() <= GROWTH * self.memory + ROOM
        )

    def forget(self, roots):
        for name in [n for n in sys.modules if n not in self.modules]:
            if local(sys.modules[name], roots):
                del sys.modules[name]
        sys.path[:] = self.path
        sys.path_importer_cache = {p: f for p, f in sys.path_importer_cache.items() if p in self.path}
        if warnings.filters != self.filters:
            warnings.filters[:] = self.filters
            warnings._filters_mutated()


def local(module, roots):
    """Whether a module is the sweep's own code, which each call imports afresh."""
    path = getattr(module, "__file__", None) or ""
    return path.endswith(".py") and "-packages" + os.sep not in path and os.path.realpath(path).startswith(roots)


def childless():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


def own_memory():
    """Bytes of memory that are this process's and no file's."""
    with open("/proc/self/statm") as f:
        words = f.read().split()
    return (int(words[1]) - int(words[2])) * resource.getpagesize()
