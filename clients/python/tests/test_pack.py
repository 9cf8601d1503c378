"""Packing a directory: the vectors that Go shares, and git itself as the judge of ignore files."""

import json
import os
import pathlib
import random
import subprocess
import tarfile

import pytest

from sweepd import SweepdError
from sweepd._pack import entries, pack

FILE = pathlib.Path(__file__).with_name("vectors") / "pack.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))["cases"]


def lay(root, case):
    files = dict(case["files"])
    for key in ("gitignore", "sweepdignore"):
        if key in case:
            files["." + key] = case[key]
    for path, content in files.items():
        at = root / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(content.encode())
        at.chmod(int(case.get("modes", {}).get(path, "0644"), 8))
    for path, target in case.get("links", {}).items():
        os.symlink(target, root / path)


@pytest.mark.parametrize("case", VECTORS, ids=[c["name"] for c in VECTORS])
def test_vector(tmp_path, case):
    lay(tmp_path, case)
    if "error" in case:
        with pytest.raises(SweepdError, match=case["error"]):
            pack(tmp_path)
        return
    with pack(tmp_path) as packed:
        assert [e.path for e in packed.entries] == case["expect"]
        assert packed.digest == case["digest"]


def test_archive_is_canonical(tmp_path):
    case = next(c for c in VECTORS if "links" in c)
    lay(tmp_path, {**case, "modes": {"sub/x": "0700"}})
    with pack(tmp_path) as packed, tarfile.open(fileobj=packed.archive, mode="r:gz") as tar:
        members = tar.getmembers()
    assert [m.name for m in members] == case["expect"]
    for m in members:
        assert (m.mtime, m.uid, m.gid, m.uname, m.gname) == (0, 0, 0, "", "")
        assert m.isfile() or m.issym()
    by_name = {m.name: m for m in members}
    assert by_name["sub/x"].mode == 0o755
    assert by_name["real/data.txt"].mode == 0o644
    assert by_name["sub/up"].linkname == "../real/data.txt"


def test_same_directory_same_bytes(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        lay(tmp_path / name, VECTORS[2])
    os.utime(tmp_path / "two" / "z", (1, 1))
    with pack(tmp_path / "one") as one, pack(tmp_path / "two") as two:
        assert one.archive.read() == two.archive.read()


def test_too_large_names_the_largest(tmp_path):
    for i in range(7):
        (tmp_path / f"part{i}").write_bytes(bytes(1000 * (i + 1)))
    with pytest.raises(SweepdError) as e:
        pack(tmp_path, limit=20_000)
    text = str(e.value)
    assert ".sweepdignore" in text
    assert [f"part{i}" in text for i in range(7)] == [False, False, True, True, True, True, True]
    assert text.index("part6") < text.index("part2")


def test_no_directory():
    with pytest.raises(SweepdError, match="no directory"):
        pack("/nowhere/at/all")


def test_name_that_is_not_utf8(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff", "wb"):
        pass
    with pytest.raises(SweepdError, match="UTF-8"):
        pack(tmp_path)
    (tmp_path / ".sweepdignore").write_bytes(b"\xff\n")
    assert [e.path for e in entries(tmp_path)] == [".sweepdignore"]


NAMES = ["a", "b", "ab", "a.b", "foo", "x y", "é", "A", "[a]", "a]", "-"]
PIECES = ["*", "?", "**", "a", "b", "ab", "foo", ".", "\\a", "\\*", "é", " ", "x y", "-"]
PIECES += ["[ab]", "[!a]", "[^b-z]", "[[:lower:]]", "[]a]", "[a-]", "[b-a]", "["]


def _pattern(r):
    parts = ["".join(r.choice(PIECES) for _ in range(r.randint(1, 3))) for _ in range(r.choice([1, 1, 1, 2, 2, 3]))]
    line = "/".join(parts)
    return r.choice(["", "", "!"]) + r.choice(["", "", "", "/"]) + line + r.choice(["", "", "", "/", " ", "\\ ", "\r"])


def _tree(r, depth=0):
    tree = {}
    for name in r.sample(NAMES, r.randint(1, 4)):
        tree[name] = _tree(r, depth + 1) if depth < 3 and r.random() < 0.5 else None
    return tree


def _write(r, root, tree):
    root.mkdir(exist_ok=True)
    if r.random() < 0.6:
        lines = "\n".join(_pattern(r) for _ in range(r.randint(1, 5))) + r.choice(["", "\n"])
        (root / ".gitignore").write_bytes(lines.encode())
    for name, below in tree.items():
        if below is None:
            (root / name).touch()
        else:
            _write(r, root / name, below)


def test_ignore_files_mean_what_git_says(tmp_path):
    r = random.Random(20261124)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    for i in range(150):
        root = tmp_path / str(i)
        _write(r, root, _tree(r))
    ask = ["git", "-C", str(tmp_path), "ls-files", "-z", "--others", "--exclude-per-directory=.gitignore"]
    want = sorted(subprocess.run(ask, check=True, capture_output=True).stdout.split(b"\0"))[1:]
    got = [e.path.encode() for e in entries(tmp_path)]
    assert got == want
