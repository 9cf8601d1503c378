"""Prints the 200 configurations of the job, the same every time: JSON lines."""
import json
import math
import random

FAMILIES = ("knn", "logreg", "mlp", "extra_trees", "random_forest", "svm")


def configs(n=200, seed=1):
    """n configurations, no two alike, families in equal shares, in a fixed shuffled order."""
    r = random.Random(seed)
    families = [FAMILIES[i % len(FAMILIES)] for i in range(n)]
    r.shuffle(families)
    out = []
    for family in families:
        p = sample(family, r)
        while p in out:
            p = sample(family, r)
        out.append(p)
    return out


def log(r, low, high):
    return float("%.6g" % math.exp(r.uniform(math.log(low), math.log(high))))


def sample(family, r):
    p = {"family": family}
    if family == "knn":
        p.update(k=r.randint(1, 30), weights=r.choice(["uniform", "distance"]), p=r.choice([1, 2]))
    elif family == "logreg":
        p.update(C=log(r, 1e-3, 1e2))
    elif family == "mlp":
        p.update(width=r.choice([32, 64, 96, 128]), lr=log(r, 3e-4, 3e-2), batch_size=r.choice([32, 64, 128]), epochs=r.choice([10, 20, 30]))
    elif family == "svm":
        p.update(C=log(r, 1e-1, 1e3), gamma=log(r, 1e-4, 1e-1))
    else:
        p.update(trees=r.choice([50, 100, 200, 300]), max_features=round(r.uniform(0.05, 0.6), 4), min_leaf=r.randint(1, 8))
    return p


if __name__ == "__main__":
    for i, p in enumerate(configs()):
        print(json.dumps({"params": p, "id": str(i)}))
