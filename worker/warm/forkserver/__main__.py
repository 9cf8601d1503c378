"""Run by a worker: `forkserver serve` speaks JSON lines over file descriptor 3, `forkserver call FILE`
makes one call of a Python function without a server. Standard library only; Python 3.8 or later.
"""

import json
import random
import sys

from sweepd_forkserver import process, server


def main():
    if sys.argv[1] == "serve":
        server.serve()
        return
    with open(sys.argv[2], encoding="utf-8") as f:
        told = json.load(f)
    random.seed(told["seed"])
    sys.exit(process.run(told, None))


if __name__ == "__main__":
    main()
