"""One kept-alive HTTP connection. The rest of the package says what to send over it."""

from __future__ import annotations

import http.client
import json
import os
import threading
from collections.abc import Mapping
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

from ._errors import SweepdError

BROKEN = (OSError, http.client.HTTPException)
"""What a request raises when no answer came: the connection could not be made, or broke."""


class Answer(NamedTuple):
    """A whole response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; an empty dict when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return {}


class Connection:
    """A connection to one server, for several threads; a forked child makes its own.

    A request leaves in one write: headers apart from a body would wait for each other's
    acknowledgement.
    """

    def __init__(self, url: str, token: str | None, timeout: float):
        parts = urlsplit(url if "://" in url else "http://" + url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SweepdError(f"{url!r} is no address of a server; it looks like http://127.0.0.1:8080")
        self._make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._headers = [f"Host: {parts.netloc.rpartition('@')[2]}", "Accept: application/json"]
        if token:
            self._headers.append(f"Authorization: Bearer {token}")
        self._timeout = timeout
        self._lock = threading.Lock()
        self._open: http.client.HTTPConnection | None = None
        self._pid = 0

    def send(
        self, method: str, path: str, body: bytes | IO[bytes] = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, one answer. Raises one of BROKEN when there is none; never repeats by itself."""
        with self._lock:
            if self._open is None or self._pid != os.getpid():
                self._open = self._make(self._host, self._port, timeout=self._timeout)
                self._pid = os.getpid()
            try:
                return self._exchange(self._open, method, path, body, headers or {})
            except BaseException:
                self._open.close()
                self._open = None
                raise

    def _exchange(
        self, c: http.client.HTTPConnection, method: str, path: str, body: bytes | IO[bytes], headers: Mapping[str, str]
    ) -> Answer:
        if c.sock is None:
            c.connect()  # sets TCP_NODELAY
        size = len(body) if isinstance(body, bytes) else _size(body)
        lines = [f"{method} {self._prefix}{path} HTTP/1.1", *self._headers, f"Content-Length: {size}"]
        lines += [f"{k}: {v}" for k, v in headers.items()]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if isinstance(body, bytes):
            c.sock.sendall(head + body)
        else:
            c.sock.sendall(head)
            while chunk := body.read(1 << 18):
                c.sock.sendall(chunk)
        response = http.client.HTTPResponse(c.sock, method=method)
        try:
            response.begin()
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
            if response.will_close:
                c.close()
            return answer
        finally:
            response.close()

    def close(self) -> None:
        """Ends the connection; the next request opens another."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def __del__(self) -> None:
        kept: http.client.HTTPConnection | None = getattr(self, "_open", None)  # none when __init__ raised
        if kept is not None:
            kept.close()


def _size(body: IO[bytes]) -> int:
    at = body.tell()
    end = body.seek(0, os.SEEK_END)
    body.seek(at)
    return end - at
