"""The errors a user of this package can meet."""

from __future__ import annotations

from typing import Any


class SweepdError(Exception):
    """Something that was asked cannot be done; the message says what to do about it."""


class ServerError(SweepdError):
    """The server refused. ``code`` is a stable word ("ids_mismatch"), ``problems`` lists every fault it found."""

    def __init__(self, status: int, problem: dict[str, Any]):
        self.status = status
        self.code: str = problem.get("code", "")
        self.where: str = problem.get("where", "")
        self.hint: str = problem.get("hint", "")
        self.problems: list[dict[str, Any]] = problem.get("problems") or []
        super().__init__(_text(problem, status))


def _text(problem: dict[str, Any], status: int) -> str:
    head = problem.get("detail") or problem.get("title") or f"the server answered {status}"
    lines = [_place(problem.get("where"), head, problem.get("hint"))]
    lines += ["  " + _place(p.get("where"), p.get("message", ""), p.get("hint")) for p in problem.get("problems") or []]
    return "\n".join(lines)


def _place(where: str | None, message: str, hint: str | None) -> str:
    text = f"{where}: {message}" if where and not message.startswith(where) else message
    return f"{text} ({hint})" if hint and hint not in text else text
