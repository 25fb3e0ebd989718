"""Makes the numbers that Analysis.Tests compares with: scikit-learn 1.2.1 (MDS, isotonic regression) and SciPy (softmax, divergences).

Run from this folder with a Python that has numpy, scipy and scikit-learn (Debian: python3-sklearn):

    python3 reference.py
"""

import csv

import numpy as np
from scipy.special import log_softmax, rel_entr, softmax
from scipy.spatial.distance import pdist, squareform
from sklearn.isotonic import isotonic_regression
from sklearn.manifold import smacof


def write(name, header, rows):
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([repr(float(cell)) if isinstance(cell, (float, np.floating)) else cell for cell in row])


def classical(distances):
    n = len(distances)
    center = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-0.5 * center @ distances**2 @ center)
    return vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0))


def stress1(given, plane):
    order = np.argsort(given, kind="stable")
    fitted = np.empty_like(plane)
    fitted[order] = isotonic_regression(plane[order])
    return np.sqrt(((fitted - plane) ** 2).sum() / (plane**2).sum())


random = np.random.RandomState(7)
points = random.normal(size=(17, 6)) * np.array([5, 3, 2, 1, 1, 0.5])
distances = squareform(pdist(points))
write("mds-distances.csv", [f"p{i}" for i in range(17)], distances)

start = classical(distances)
# A negative eps keeps scikit-learn's own stopping rule, which compares unlike quantities, from ending the iteration early.
metric, raw = smacof(distances, metric=True, n_components=2, init=start, n_init=1, max_iter=20000, eps=-1.0)
write("mds-metric-distances.csv", [f"p{i}" for i in range(17)], squareform(pdist(metric)))
plane, _ = smacof(distances, metric=False, n_components=2, init=start, n_init=1, max_iter=20000, eps=-1.0)
plane_distances = pdist(plane)
in_plane = pdist(metric)
write(
    "mds-stress.csv",
    ["metric_raw", "metric_stress1", "nonmetric_stress1", "classical_raw"],
    [
        [
            ((squareform(distances) - in_plane) ** 2).sum(),
            np.sqrt(((squareform(distances) - in_plane) ** 2).sum() / (in_plane**2).sum()),
            stress1(squareform(distances), plane_distances),
            ((squareform(distances) - pdist(start)) ** 2).sum(),
        ]
    ],
)

values = random.normal(size=40)
write("isotonic.csv", ["value", "fitted"], zip(values, isotonic_regression(values)))

p_logits = (random.normal(size=(20, 10)) * 4).astype(np.float32)
q_logits = (random.normal(size=(20, 10)) * 4).astype(np.float32)
p, q = softmax(p_logits.astype(float), axis=1), softmax(q_logits.astype(float), axis=1)
m = (p + q) / 2
write(
    "outputs.csv",
    ["example", "class", "p_logit", "q_logit", "p_log_probability"],
    [
        [e, c, p_logits[e, c], q_logits[e, c], log_softmax(p_logits.astype(float), axis=1)[e, c]]
        for e in range(20)
        for c in range(10)
    ],
)
write(
    "divergence.csv",
    ["kl_pq", "kl_qp", "jsd", "disagreement"],
    [
        [
            rel_entr(p, q).sum(axis=1).mean(),
            rel_entr(q, p).sum(axis=1).mean(),
            ((rel_entr(p, m) + rel_entr(q, m)).sum(axis=1) / 2).mean(),
            (p_logits.argmax(axis=1) != q_logits.argmax(axis=1)).mean(),
        ]
    ],
)

equal = []
for n in range(3, 9):
    _, raw = smacof(1.0 - np.eye(n), n_components=2, n_init=32, max_iter=2000, eps=-1.0, random_state=0)
    equal.append([n, raw])
write("mds-equal-distances.csv", ["points", "raw_stress"], equal)
