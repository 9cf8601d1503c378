"""Freezes a directory: which files a sweep takes along, their digest and a tar of them.

The server, the command line and this module pack alike; ``tests/vectors/pack.json`` says how.

* Regular files, and symbolic links whose target lies inside the directory (whether or not it
  exists). Anything else, links that lead out included, is left out, as is what the ignore files
  name. Directories are not entries.
* Entries are sorted by the bytes of their slash-separated path.
* A file's mode is 0755 when its owner may execute it, else 0644. A link is 0777, and its
  content is its target.
* The digest is the SHA-256, in hex, of one line ``mode size sha256 path`` per entry, each ended
  by a line feed; the mode has four octal digits.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import posixpath
import stat
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from ._errors import SweepdError
from ._ignore import FILES, Rules

LIMIT = 256 << 20


@dataclass(frozen=True)
class Entry:
    """A file or link of a pack."""

    path: str
    mode: int
    size: int
    link: str | None = None


@dataclass(frozen=True)
class Pack:
    """A frozen directory, to be used in a with statement. ``archive`` is a gzipped tar, at its beginning."""

    digest: str
    entries: tuple[Entry, ...]
    archive: IO[bytes]

    def __enter__(self) -> Pack:
        return self

    def __exit__(self, *_: object) -> None:
        self.archive.close()


def entries(root: str | os.PathLike[str]) -> list[Entry]:
    """What a pack of the directory holds, in order."""
    top = os.fsencode(os.path.abspath(root))
    if not os.path.isdir(top):
        raise SweepdError(f"{os.fspath(root)} is no directory")
    found = sorted(_walk(top, b"", Rules()), key=lambda pair: pair[0])
    out = []
    for path, info in found:
        try:
            name = path.decode()
        except UnicodeDecodeError:
            raise _bad_name(os.fsdecode(path), "is not UTF-8") from None
        if "\n" in name:
            raise _bad_name(name, "has a line break")
        if stat.S_ISLNK(info.st_mode):
            target = os.readlink(os.path.join(top, path))
            out.append(Entry(name, 0o777, len(target), os.fsdecode(target)))
        else:
            out.append(Entry(name, 0o755 if info.st_mode & 0o100 else 0o644, info.st_size))
    return out


def _bad_name(name: str, why: str) -> SweepdError:
    return SweepdError(f"the file name {name!r} {why}; rename it, or leave it out in .sweepdignore")


def _walk(top: bytes, directory: bytes, rules: Rules) -> Iterator[tuple[bytes, os.stat_result]]:
    """Paths below the directory (which ends in "/" unless it is the root), in no order."""
    with os.scandir(os.path.join(top, directory)) as listing:
        children = list(listing)
    texts = []
    for name in FILES:
        for child in children:
            if child.name == name.encode() and child.is_file(follow_symlinks=False):
                with open(child.path, "rb") as f:
                    texts.append(f.read())
    rules = rules.below(directory, texts)
    for child in children:
        path = directory + child.name
        is_dir = child.is_dir(follow_symlinks=False)
        if rules.ignored(path, is_dir):
            continue
        if is_dir:
            yield from _walk(top, path + b"/", rules)
        elif child.is_file(follow_symlinks=False) or (child.is_symlink() and _inside(path, os.readlink(child.path))):
            yield path, child.stat(follow_symlinks=False)


def _inside(path: bytes, target: bytes) -> bool:
    """Whether a link at path leads to a place below the root, by its text alone."""
    if target.startswith(b"/"):
        return False
    end = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return end != b".." and not end.startswith(b"../")


def pack(root: str | os.PathLike[str], limit: int = LIMIT) -> Pack:
    """Packs the directory. Each file is read once, so that digest and archive agree."""
    found = entries(root)
    _check_size(root, found, limit)
    archive = tempfile.SpooledTemporaryFile(max_size=16 << 20)  # noqa: SIM115
    listing = hashlib.sha256()
    kept = []
    with (
        gzip.GzipFile(fileobj=archive, mode="wb", compresslevel=6, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for seen in found:
            content = _content(root, seen)
            entry = Entry(seen.path, seen.mode, len(content), seen.link)
            digest = hashlib.sha256(content).hexdigest()
            listing.update(f"{entry.mode:04o} {entry.size} {digest} {entry.path}\n".encode())
            _add(tar, entry, content)
            kept.append(entry)
    archive.seek(0)
    return Pack(listing.hexdigest(), tuple(kept), archive)


def _content(root: str | os.PathLike[str], entry: Entry) -> bytes:
    if entry.link is not None:
        return os.fsencode(entry.link)
    with open(os.path.join(root, entry.path), "rb") as f:
        return f.read()


def _add(tar: tarfile.TarFile, entry: Entry, content: bytes) -> None:
    info = tarfile.TarInfo(entry.path)
    info.mode = entry.mode
    if entry.link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
        tar.addfile(info)
        return
    info.size = entry.size
    tar.addfile(info, BytesIO(content))


def _check_size(root: str | os.PathLike[str], found: list[Entry], limit: int) -> None:
    total = sum(e.size for e in found)
    if total <= limit:
        return
    largest = sorted(found, key=lambda e: -e.size)[:5]
    lines = "".join(f"\n  {e.size / (1 << 20):10.1f} MiB  {e.path}" for e in largest)
    raise SweepdError(
        f"{os.fspath(root)} has {total / (1 << 20):.1f} MiB of files, more than the {limit / (1 << 20):.0f} MiB "
        f"a sweep takes along; leave the large ones out in .sweepdignore. The largest are:{lines}"
    )
