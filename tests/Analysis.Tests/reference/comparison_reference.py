"""Makes the numbers that ComparisonTests compares with: scikit-learn (log loss, Cohen's kappa) and plain numpy (Brier score, calibration error, unbiased CKA).

Run from this folder after reference.py, whose outputs.csv it reads (Debian: python3-sklearn):

    python3 comparison_reference.py
"""

import csv

import numpy as np
from scipy.special import softmax
from sklearn.metrics import cohen_kappa_score, log_loss

BINS = 15


def write(name, header, rows):
    with open(name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([repr(float(cell)) if isinstance(cell, (float, np.floating)) else cell for cell in row])


def hsic(k, l):
    """The unbiased estimate of Song et al. 2012, equation 5, times m (m - 3)."""
    m = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    ones = np.ones(m)
    return np.trace(k @ l) + (ones @ k @ ones) * (ones @ l @ ones) / ((m - 1) * (m - 2)) - 2 / (m - 2) * (ones @ k @ l @ ones)


with open("outputs.csv") as file:
    rows = list(csv.DictReader(file))
p = softmax(np.array([float(row["p_logit"]) for row in rows]).reshape(20, 10), axis=1)
q = softmax(np.array([float(row["q_logit"]) for row in rows]).reshape(20, 10), axis=1)
random = np.random.RandomState(11)
labels = np.where(random.uniform(size=20) < 0.5, p.argmax(axis=1), random.randint(10, size=20))
right, confidence = p.argmax(axis=1) == labels, p.max(axis=1)
inside = np.minimum((confidence * BINS).astype(int), BINS - 1)
ece = sum(abs((right[inside == b] - confidence[inside == b]).sum()) for b in range(BINS)) / 20
write(
    "calibration.csv",
    ["log_loss", "brier", "calibration_error", "kappa"],
    [
        [
            log_loss(labels, p, labels=range(10)),
            ((p - np.eye(10)[labels]) ** 2).sum(axis=1).mean(),
            ece,
            cohen_kappa_score(right, q.argmax(axis=1) == labels),
        ]
    ],
)
write("labels.csv", ["label"], [[label] for label in labels])

x = random.normal(size=(12, 5))
y = np.hstack([x[:, :3] @ random.normal(size=(3, 4)), random.normal(size=(12, 3))])
write("features.csv", [f"x{i}" for i in range(5)] + [f"y{i}" for i in range(7)], np.hstack([x, y]))
k, l = x @ x.T, y @ y.T
write("alignment.csv", ["hsic", "cka"], [[hsic(k, l), hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l))]])
