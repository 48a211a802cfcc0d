"""
Few labels: learn from all windows, label a handful
===================================================

An accelerometer and a gyroscope recorded people moving. Somebody labelled a handful of
windows of each activity; the rest have no label.
:class:`~sklearn_crossl.CroSSLTransformer` learns an embedding from all training windows
without labels, and a logistic regression on it learns the activities from the handful.
"""

# %%
# The recordings
# --------------
# With ``SKLEARN_CROSSL_DATA`` naming a folder where ``fetch_hapt`` finds HAPT, this is
# about HAPT and splits by subject; otherwise about BasicMotions, which the aeon package
# brings along.

import sys

from _recordings import MODALITIES, draw_labels, load_recordings, split

name, X, y, subjects, activities = load_recordings()
train, test = split(y, subjects)
print(f"{name}: {len(train)} training and {len(test)} test windows of {X.shape[1:]}")

# %%
# Learn without labels
# --------------------

from sklearn_crossl import CroSSLTransformer

embedder = CroSSLTransformer(
    MODALITIES, batch_size=min(128, len(train) // 4), random_state=0
)
embedder.fit(X[train])
Z = embedder.transform(X)
print(f"{X[0].size} values of a window became {Z.shape[1]}")

# %%
# A classifier on a handful of labels
# -----------------------------------
# The baselines are the same classifier on the raw values, and on the mean and spread of
# each channel. Each is given the same labels, drawn ten times.

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LABELS = [1, 2, 3, 5]


def accuracies(features, n_per_class):
    """Score the classifier on the test windows for ten draws of labels."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    scores = []
    for draw in range(10):
        labelled = train[draw_labels(y[train], n_per_class, draw)]
        classifier.fit(features[labelled], y[labelled])
        scores.append(classifier.score(features[test], y[test]))
    return scores


raw = X.reshape(len(X), -1)
statistics = np.hstack([X.mean(axis=2), X.std(axis=2)])
results = {
    "raw values": [accuracies(raw, n) for n in LABELS],
    "mean and spread": [accuracies(statistics, n) for n in LABELS],
    "CroSSL embedding": [accuracies(Z, n) for n in LABELS],
}
print(f"{'labels a class':>18}", *(f"{n:>6}" for n in LABELS))
for method, scores in results.items():
    print(f"{method:>18}", *(f"{np.mean(s):6.3f}" for s in scores))

# %%
# The figure
# ----------

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
for (method, scores), marker in zip(results.items(), "s^o", strict=True):
    axes.errorbar(
        LABELS,
        np.mean(scores, axis=1),
        yerr=np.std(scores, axis=1),
        marker=marker,
        capsize=3,
        label=method,
    )
axes.axhline(1 / len(activities), color="grey", linestyle=":", label="chance")
axes.set(
    title=f"{name}: what a handful of labels is worth",
    xlabel="labelled windows of each activity",
    ylabel="test accuracy (mean and std of 10 draws)",
    xticks=LABELS,
    ylim=(0, 1),
)
axes.legend(loc="lower right")
if "sphinx_gallery" not in sys.modules:
    figure.savefig("quickstart.png", dpi=120)
    print("The figure is in quickstart.png")
