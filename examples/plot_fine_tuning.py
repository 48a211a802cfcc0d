"""
Fine-tuning: a classifier from many windows and few labels
==========================================================

:class:`~sklearn_crossl.CroSSLClassifier` learns from all windows without their labels and
then from the labelled ones; a window without a label has the label -1, as in
:mod:`sklearn.semi_supervised`. Its probabilities are calibrated, and a sensor that is
missing at prediction does little harm, since the head has learnt without each of them.
"""

# %%
# The recordings
# --------------
# HAPT where ``SKLEARN_CROSSL_DATA`` has it, tested on people whom the model has never
# seen; else BasicMotions from the aeon package.

import sys

import numpy as np
from _recordings import MODALITIES, draw_labels, load_recordings, split

name, X, y, subjects, activities = load_recordings()
train, test = split(y, subjects)
labelled = train[draw_labels(y[train], 5, random_state=0)]
y_known = np.full(len(y), -1)
y_known[labelled] = y[labelled]
print(f"{name}: {len(train)} training windows, {len(labelled)} of them with a label")

# %%
# Pretrain and fine-tune
# ----------------------
# One call does both. ``pretrained=`` takes a fitted transformer in place of the first
# part, which is handy when the labels change and the recordings do not.

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer

embedder = CroSSLTransformer(MODALITIES, batch_size=64, max_epochs=8, random_state=0)
classifier = CroSSLClassifier(embedder, random_state=0).fit(X[train], y_known[train])
print(f"accuracy on new recordings: {classifier.score(X[test], y[test]):.3f}")

without_gyroscope = X[test].copy()
without_gyroscope[:, MODALITIES["gyroscope"]] = np.nan
score = classifier.score(without_gyroscope, y[test])
print(f"the same, without the gyroscope: {score:.3f}")

# %%
# How sure may it be?
# -------------------
# Of the windows that the classifier is 80 % sure of, about 80 % should be right. The
# temperature that sees to that was learnt by cross-validation of the labelled windows.

import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay

p = classifier.predict_proba(X[test])
right = classifier.classes_[p.argmax(axis=1)] == y[test]
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
CalibrationDisplay.from_predictions(
    right, p.max(axis=1), n_bins=8, strategy="quantile", ax=axes, name="CroSSLClassifier"
)
axes.set(
    title=f"{name}: {len(labelled)} labels, temperature {classifier.temperature_:.2f}",
    xlabel="mean probability of the class that was named",
    ylabel="share of windows named rightly",
)
if "sphinx_gallery" not in sys.modules:
    figure.savefig("fine_tuning.png", dpi=100)
    print("The figure is in fine_tuning.png")
