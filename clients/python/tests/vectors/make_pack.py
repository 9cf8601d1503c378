"""Writes pack.json beside it: what a pack holds and what its digest is.

The expectations are given by hand; the digest is computed here from the rules as they are
written in ``sweepd._pack``, without its code. Run it after adding a case.
"""

import hashlib
import json
import pathlib

CASES = [
    {"name": "an empty directory", "files": {}, "expect": []},
    {"name": "one file", "files": {"train.py": "print(1)\n"}, "expect": ["train.py"]},
    {
        "name": "sorted by the bytes of the whole path",
        "files": {"a/b": "1", "a-b": "2", "a.b": "3", "B": "4", "é": "5", "a/b.c/d": "6", "z": "7", "ab": "8"},
        "expect": ["B", "a-b", "a.b", "a/b", "a/b.c/d", "ab", "z", "é"],
    },
    {
        "name": "modes are two",
        "files": {"run.sh": "#!/bin/sh\n", "data.txt": "x", "group.sh": "y", "secret": "z"},
        "modes": {"run.sh": "0700", "data.txt": "0664", "group.sh": "0654", "secret": "0600"},
        "expect": ["data.txt", "group.sh", "run.sh", "secret"],
        "packed": {"run.sh": "0755"},
    },
    {
        "name": "never taken along",
        "files": {
            ".git/config": "", ".sweepd/sweepd.db": "", "pkg/__pycache__/a.pyc": "", ".venv/bin/python": "",
            "web/node_modules/x/index.js": "", "pkg/a.py": "a", ".gitignore": "!__pycache__/\n!.venv/\n",
        },
        "expect": [".gitignore", "pkg/a.py"],
    },
    {
        "name": "names without a slash hold at every depth, with one only from their directory",
        "gitignore": "*.log\n/out\ndoc/*.txt\nbuild/\n",
        "files": {
            "a.log": "", "x/b.log": "", "out": "", "x/out": "", "doc/a.txt": "", "x/doc/a.txt": "", "doc/s/a.txt": "",
            "build/o": "", "x/build/o": "", "y/build": "a file of that name",
        },
        "expect": [".gitignore", "doc/s/a.txt", "x/doc/a.txt", "x/out", "y/build"],
    },
    {
        "name": "the last pattern decides, and a directory left out cannot be entered again",
        "gitignore": "*.bin\n!keep.bin\ndata/\n!data/small.csv\nraw/*\n!raw/small.csv\n",
        "files": {"a.bin": "", "keep.bin": "", "sub/keep.bin": "", "data/small.csv": "", "raw/small.csv": "", "raw/large.csv": ""},
        "expect": [".gitignore", "keep.bin", "raw/small.csv", "sub/keep.bin"],
    },
    {
        "name": "deeper files decide over the root, below their own directory alone",
        "gitignore": "*.csv\n",
        "files": {"data/.gitignore": "!*.csv\n/tmp\n", "data/a.csv": "", "data/tmp": "", "data/d/tmp": "", "a.csv": "", "tmp": ""},
        "expect": [".gitignore", "data/.gitignore", "data/a.csv", "data/d/tmp", "tmp"],
    },
    {
        "name": ".sweepdignore comes after .gitignore",
        "gitignore": "models/\n*.pt\n",
        "sweepdignore": "!models/\n!init.pt\nnotebooks/\n",
        "files": {"models/init.pt": "", "models/other.pt": "", "notebooks/a.ipynb": "", "train.py": ""},
        "expect": [".gitignore", ".sweepdignore", "models/init.pt", "train.py"],
    },
    {
        "name": "a nested .sweepdignore against the root's",
        "sweepdignore": "*.npy\n",
        "files": {"a/.sweepdignore": "!y.npy\n", "a/.gitignore": "y.npy\n", "a/y.npy": "", "b/y.npy": ""},
        "expect": [".sweepdignore", "a/.gitignore", "a/.sweepdignore", "a/y.npy"],
    },
    {
        "name": "two stars",
        "gitignore": "**/tmp/x\na/**/z\nlogs/**\n!logs/keep/\n!logs/keep/**\n",
        "files": {"tmp/x": "", "p/q/tmp/x": "", "a/z": "", "a/b/c/z": "", "b/z": "", "logs/l": "", "logs/keep/m": "", "tmp/y": ""},
        "expect": [".gitignore", "b/z", "logs/keep/m", "tmp/y"],
    },
    {
        "name": "wildcards, sets, escapes, comments and blanks",
        "gitignore": "# a comment\n\n?.tmp\nv[0-9].pt\n[!a-m]x\n\\#literal\n\\!bang\ntrailing   \nkept\\ \n*.[oa]\r\n[[:upper:]]1\n",
        "files": {
            "a.tmp": "", "ab.tmp": "", "v1.pt": "", "va.pt": "", "nx": "", "ax": "", "#literal": "", "!bang": "", "trailing": "",
            "kept ": "", "kept": "", "f.o": "", "f.c": "", "A1": "", "b1": "", "# a comment": "",
        },
        "expect": ["# a comment", ".gitignore", "ab.tmp", "ax", "b1", "f.c", "kept", "va.pt"],
    },
    {
        "name": "a star stops at a slash",
        "gitignore": "a/*.py\n*/deep.txt\n",
        "files": {"a/x.py": "", "a/b/x.py": "", "c/deep.txt": "", "c/d/deep.txt": "", "deep.txt": ""},
        "expect": [".gitignore", "a/b/x.py", "c/d/deep.txt", "deep.txt"],
    },
    {
        "name": "ignore files that are empty, and one without a line end",
        "gitignore": "",
        "sweepdignore": "secret",
        "files": {"secret": "", "a": ""},
        "expect": [".gitignore", ".sweepdignore", "a"],
    },
    {
        "name": "links inside are kept as links, links out of the directory are left out",
        "files": {"real/data.txt": "d", "sub/x": "x"},
        "links": {
            "data": "real", "sub/up": "../real/data.txt", "dangling": "nowhere", "round": "sub/../real",
            "out": "../outside", "absolute": "/etc/hostname", "sub/out": "../../outside",
        },
        "expect": ["dangling", "data", "real/data.txt", "round", "sub/up", "sub/x"],
    },
    {
        "name": "links are ignored by name, and a directory pattern does not mean a link",
        "gitignore": "skip\ndata/\n",
        "files": {"real/a": ""},
        "links": {"skip": "real", "data": "real"},
        "expect": [".gitignore", "data", "real/a"],
    },
    {
        "name": "long paths",
        "files": {"d" * 60 + "/" + "e" * 60 + "/" + "f" * 120: "deep", "g" * 200: "long"},
        "expect": ["d" * 60 + "/" + "e" * 60 + "/" + "f" * 120, "g" * 200],
    },
    {"name": "a line break in a name", "files": {"a\nb": ""}, "expect": [], "error": "line break"},
]  # fmt: skip

RULES = (
    "files: content by path. modes: octal, 0644 when absent. links: target by path. gitignore, sweepdignore: content of that file in the root. "
    "expect: paths of the pack in order. packed: modes in the pack, 0644 when absent (links 0777). "
    "digest: sha256 over 'mode size sha256 path\\n' of each entry; a link's content is its target. error: packing is refused and says so."
)


def digest(case):
    listing = ""
    for path in case["expect"]:
        content = case.get("links", {}).get(path)
        mode = "0777" if content is not None else case.get("packed", {}).get(path, "0644")
        if content is None:
            given = dict(case["files"])
            for key in ("gitignore", "sweepdignore"):
                if key in case:
                    given["." + key] = case[key]
            content = given[path]
        raw = content.encode()
        listing += f"{mode} {len(raw)} {hashlib.sha256(raw).hexdigest()} {path}\n"
    return hashlib.sha256(listing.encode()).hexdigest()


for case in CASES:
    if "error" not in case:
        case["digest"] = digest(case)
here = pathlib.Path(__file__).with_name("pack.json")
here.write_text(json.dumps({"rules": RULES, "cases": CASES}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
