"""Which paths the ignore files of a directory leave out: git's rules.

A pattern is matched on bytes, as git does. In one directory ``.sweepdignore`` comes after
``.gitignore``; the last pattern that matches decides, and a deeper directory is asked before
its parents. What lies in a directory that is left out cannot be taken in again.
"""

from __future__ import annotations

import re
from typing import NamedTuple

FILES = (".gitignore", ".sweepdignore")
ALWAYS = frozenset({b".git", b".sweepd", b"__pycache__", b".venv", b"node_modules"})

_CLASSES = {
    b"alnum": rb"0-9A-Za-z", b"alpha": rb"A-Za-z", b"blank": rb" \t", b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9", b"graph": rb"\x21-\x7e", b"lower": rb"a-z", b"print": rb"\x20-\x7e",
    b"punct": rb"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e", b"space": rb" \t\n\r\f\v", b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}  # fmt: skip


class Pattern(NamedTuple):
    """One line of an ignore file."""

    regex: re.Pattern[bytes]
    include: bool  # the line began with "!"
    directories: bool  # the line ended with "/"
    whole: bool  # matched against the path below the file's directory, else against the last name


def parse(text: bytes) -> list[Pattern]:
    """Reads an ignore file. Lines that can match nothing are dropped."""
    patterns = []
    for line in text.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        pattern = _line(line.removesuffix(b"\r"))
        if pattern is not None:
            patterns.append(pattern)
    return patterns


def _line(line: bytes) -> Pattern | None:
    line = _strip(line)
    if not line or line.startswith(b"#"):
        return None
    include = line.startswith(b"!")
    if include:
        line = line[1:]
    directories = line.endswith(b"/")
    if directories:
        line = line[:-1]
    whole = b"/" in line
    regex = _translate(line.removeprefix(b"/"))
    if regex is None or not line:
        return None
    return Pattern(re.compile(regex, re.DOTALL), include, directories, whole)


def _strip(line: bytes) -> bytes:
    """Drops trailing spaces that no backslash protects."""
    end = len(line)
    while end and line[end - 1 : end] == b" ":
        slashes = end - 1 - len(line[: end - 1].rstrip(b"\\"))
        if slashes % 2:
            break
        end -= 1
    return line[:end]


def _translate(glob: bytes) -> bytes | None:
    """A glob as a regular expression; None when it is broken and so matches nothing."""
    out, i = [], 0
    while i < len(glob):
        c = glob[i : i + 1]
        if c == b"*":
            stars = len(glob[i:]) - len(glob[i:].lstrip(b"*"))
            alone = i == 0 or glob[i - 1 : i] == b"/"
            after = glob[i + stars : i + stars + 1]
            if stars >= 2 and alone and after == b"/":
                out.append(rb"(?:.*/)?")
                i += stars + 1
                continue
            out.append(rb".*" if stars >= 2 and alone and not after else rb"[^/]*")
            i += stars
        elif c == b"?":
            out.append(rb"[^/]")
            i += 1
        elif c == b"[":
            found = _bracket(glob, i)
            if found is None:
                return None
            part, i = found
            out.append(part)
        elif c == b"\\":
            if i + 1 == len(glob):
                return None
            out.append(re.escape(glob[i + 1 : i + 2]))
            i += 2
        else:
            out.append(re.escape(c))
            i += 1
    return b"".join(out)


def _bracket(glob: bytes, i: int) -> tuple[bytes, int] | None:
    """The set that begins at glob[i] and the index behind it; None when it does not end."""
    i += 1
    negated = glob[i : i + 1] in (b"!", b"^")
    if negated:
        i += 1
    parts: list[bytes] = []
    first, last = True, b""  # last: the byte that a range may begin with
    while True:
        c = glob[i : i + 1]
        if not c:
            return None
        if c == b"]" and not first:
            break
        first = False
        if c == b"[" and glob[i + 1 : i + 2] == b":":
            end = glob.find(b":]", i + 2)
            if end >= 0:
                name = glob[i + 2 : end]
                if name not in _CLASSES:
                    return None
                parts.append(_CLASSES[name])
                last, i = b"", end + 2
                continue
        if c == b"-" and last and glob[i + 1 : i + 2] not in (b"", b"]"):
            i += 1
            high = glob[i : i + 1]
            if high == b"\\":
                i += 1
                high = glob[i : i + 1]
                if not high:
                    return None
            if last <= high:
                parts.append(_byte(last) + b"-" + _byte(high))
            last, i = b"", i + 1
            continue
        if c == b"\\":
            i += 1
            c = glob[i : i + 1]
            if not c:
                return None
        parts.append(_byte(c))
        last, i = c, i + 1
    if not parts:
        return rb"[^/]" if negated else rb"(?!)", i + 1
    return rb"(?!/)[" + (b"^" if negated else b"") + b"".join(parts) + b"]", i + 1


def _byte(c: bytes) -> bytes:
    return b"\\x%02x" % c[0]


class Rules:
    """The ignore files of a directory and of those above it, up to the root of the walk."""

    def __init__(self, parent: Rules | None = None, prefix: bytes = b"", patterns: list[Pattern] | None = None):
        self._parent, self._prefix, self._patterns = parent, prefix, patterns or []

    def below(self, directory: bytes, texts: list[bytes]) -> Rules:
        """The rules inside a directory (a path ending in "/", "" for the root) with these ignore files."""
        patterns = [p for text in texts for p in parse(text)]
        return Rules(self, directory, patterns) if patterns else self

    def ignored(self, path: bytes, directory: bool) -> bool:
        """Whether a path below the root is left out, given that its parents are not."""
        name = path.rpartition(b"/")[2]
        if name in ALWAYS:
            return True
        rules: Rules | None = self
        while rules is not None:
            inside = path[len(rules._prefix) :]
            for p in reversed(rules._patterns):
                if (directory or not p.directories) and p.regex.fullmatch(inside if p.whole else name):
                    return not p.include
            rules = rules._parent
        return False
