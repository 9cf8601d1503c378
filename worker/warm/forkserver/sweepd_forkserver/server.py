"""The fork server."""

import gc
import json
import os
import select
import signal
import socket
import sys

from . import process
from .fork import enlarge_pages, forbidden
from .imports import preload
from .script import compiled


def serve():
    """Serves the keeper at descriptor 3 until it is gone. Never returns: a fork ends in its own code."""
    Server().serve()


TRIES = 3


class Fork:
    """A process that waits for a line, or runs one."""

    def __init__(self, pid, socket):
        self.pid, self.socket = pid, socket
        self.cpu = 0.0  # seconds of the calls it has answered for


class Server:
    """Imports, then forks: one JSON line asks, and each start and end is answered by one.

    Keeper: {"spare": true} asks for a fork made ahead; any other object is what to run. Server:
    {"ready"}, {"refuse": why}, {"spare": pid}, {"pid": pid} when a fork has taken what it is to run,
    and {"exit": pid, "status", "rss", "cpu"}, with "kept" when the process lives on as the spare.
    """

    def __init__(self):
        self.keeper = socket.socket(fileno=3)
        self.keeper.set_inheritable(False)
        self.here = b""  # what the keeper sent and was not read yet: select does not see it
        self.root = self.code = None
        self.spare = None  # the fork that waits
        self.busy = None  # the fork that was told what to run
        self.told = None  # what it was told and has not taken
        self.lost = 0  # forks that died before they took it

    def serve(self):
        told = json.loads(self.line() or b"null")
        if told is None:
            os._exit(0)
        preload(told)
        self.root, self.code = told["root"], compiled(told)
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
            forks = [self.busy.socket] if self.busy and self.busy.socket else []
            ready, _, _ = select.select([self.keeper, self.wake, *forks], [], [], 0 if more else None)
            if forks and forks[0] in ready:
                self.hear(self.busy)
            if self.wake in ready:
                os.read(self.wake, 4096)
                self.reap()
            if more or self.keeper in ready:
                line = self.line()
                if not line:
                    os._exit(0)
                self.answer(line)

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
        """Does what a line of the keeper asks."""
        asks_spare = bool(json.loads(line).get("spare"))
        if self.spare is None:
            refuse = forbidden()
            if refuse is None:
                self.fork()
                if asks_spare:
                    self.say({"spare": self.spare.pid})
            elif not asks_spare:
                self.say({"refuse": refuse})
        if self.spare and not asks_spare:
            self.tell(line)

    def tell(self, line):
        """Tells the spare what to run. One that has died meanwhile is found when it is reaped."""
        self.busy, self.spare, self.told = self.spare, None, line
        try:
            self.busy.socket.sendall(line)
        except OSError:
            pass

    def fork(self):
        sys.stdout.flush()
        sys.stderr.flush()
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self.wake)
            os.close(self.woken)
            self.keeper.close()
            ours.close()
            process.work(theirs, self.root, self.code)
        theirs.close()
        self.spare = Fork(pid, ours)

    def hear(self, fork):
        """Takes what a fork has said: that it has taken its line, that it is done with it."""
        try:
            said = fork.socket.recv(4096, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:  # it has ended, or closed what is not its own; its end is seen by reap
            fork.socket.close()
            fork.socket = None
            return
        for text in said.splitlines():
            message = json.loads(text)
            if message.get("took"):
                self.told, self.lost = None, 0
                self.say({"pid": fork.pid})
            elif message.get("done"):
                self.busy, self.spare = None, fork
                fork.cpu += message["cpu"]
                self.say({"exit": fork.pid, "status": 0, "rss": message["rss"], "cpu": message["cpu"], "kept": True})

    def reap(self):
        while True:
            try:
                pid, status, use = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for fork in (self.spare, self.busy):
                if fork and fork.pid == pid:
                    self.ended(fork, status, use)

    def ended(self, fork, status, use):
        if fork.socket:
            self.hear(fork)  # its last words
        if fork.socket:
            fork.socket.close()
        if fork is self.spare:
            self.spare = None
            return
        self.busy = None
        if self.told:  # it died before it was anybody's
            line, self.told, self.lost = self.told, None, self.lost + 1
            if self.lost < TRIES:
                self.answer(line)
            else:
                self.say({"refuse": f"{TRIES} forks died before they began, the last with status {status}"})
            return
        cpu = use.ru_utime + use.ru_stime - fork.cpu
        self.say({"exit": fork.pid, "status": status, "rss": use.ru_maxrss * 1024, "cpu": cpu})

    def say(self, message):
        self.keeper.sendall(json.dumps(message).encode() + b"\n")
