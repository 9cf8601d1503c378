"""The same trials in a bare pool of two warm processes: {"wall": s, "seconds": s, "trials": CPU s}."""
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[name] = "1"

import json
import multiprocessing
import time

import job
from configs import configs


def nap(_):
    time.sleep(0.2)


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(nap, range(2), chunksize=1)
        start = time.monotonic()
        done = list(pool.imap_unordered(job.evaluate, configs()))
        wall = time.monotonic() - start
        print(json.dumps({"wall": wall, "seconds": sum(s for _, s, _ in done), "trials": sum(c for _, _, c in done)}))
