"""
Simulated people: recordings with a parameter for every difficulty
==================================================================

:func:`~sklearn_crossl.datasets.make_multimodal_series` simulates people with sensors on
them. What they do moves their limbs and costs effort, and all sensors, each at its own
rate, derive from that motion and that effort.
"""

# %%
# One person's recording
# ----------------------
# Sitting and cycling look much the same to the wrist; the ankle and the heart tell them
# apart, the heart with a lag.

import sys
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np

from sklearn_crossl.datasets import make_multimodal_series

SHOWN = ["wrist_acc", "ankle_acc", "pulse", "heart_rate", "eda"]
COLORS = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#F0E442", "#999999"]

made = make_multimodal_series(
    1, 6, minutes=6, modalities=SHOWN, dropout=0.02, as_windows=False, random_state=3
)
recording, labels = made.data[0], made.target[0]

figure, axes = plt.subplots(len(SHOWN), figsize=(7, 7), sharex=True, layout="constrained")
changes = np.flatnonzero(np.diff(labels)) + 1
bounds = np.concatenate([[0, *changes], [len(labels)]]) / made.label_rate
for ax, name in zip(axes, SHOWN, strict=True):
    seconds = np.arange(recording[name].shape[1]) / made.rates[name]
    for start, end in pairwise(bounds):
        activity = labels[int(start * made.label_rate)]
        ax.axvspan(start, end, color=COLORS[activity], alpha=0.35, linewidth=0)
    ax.plot(seconds, recording[name].T, linewidth=0.5, color="0.15")
    ax.set_ylabel(f"{name}\n({made.units[name]})")
    ax.margins(x=0)
axes[-1].set_xlabel("seconds")
handles = [plt.Rectangle((0, 0), 1, 1, color=c, alpha=0.35) for c in COLORS]
figure.legend(handles, made.target_names, loc="outside upper center", ncols=3)
if "sphinx_gallery" not in sys.modules:
    figure.savefig("generated_series.png", dpi=100)

# %%
# What a parameter does
# ---------------------
# The more people differ, the less a model that was fitted on some of them is worth for
# others. Here a linear model gets the mean and spread of each channel. Folds are by
# subject, or at random, where the model has seen each person.

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

VARIATIONS = [0.0, 0.5, 1.0, 2.0]


def statistics(X):
    """Mean and standard deviation of each channel."""
    return np.hstack([np.hstack([x.mean(axis=2), x.std(axis=2)]) for x in X.values()])


scores = {"new people": [], "people it has seen": []}
for variation in VARIATIONS:
    made = make_multimodal_series(
        8, 6, minutes=5, modalities=SHOWN, subject_variation=variation, random_state=0
    )
    features, y = statistics(made.data), made.target
    by_subject = GroupKFold(4).split(features, y, made.groups)
    at_random = KFold(4, shuffle=True, random_state=0).split(features)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    for values, folds in zip(scores.values(), (by_subject, at_random), strict=True):
        f1 = cross_val_score(model, features, y, cv=folds, scoring="f1_macro")
        values.append(f1.mean())
    print(variation, *(f"{title}: {values[-1]:.3f}" for title, values in scores.items()))

figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
for (title, values), color, marker in zip(
    scores.items(), ["#0072B2", "#D55E00"], "os", strict=True
):
    ax.plot(VARIATIONS, values, color=color, marker=marker, label=title)
ax.set(
    title="Statistics and a linear model, with all labels",
    xlabel="subject_variation (1 is about life)",
    ylabel="macro-F1",
    ylim=(0, 1),
)
ax.legend(loc="lower left")
if "sphinx_gallery" not in sys.modules:
    figure.savefig("generated_series_knob.png", dpi=100)
    print("The figures are in generated_series.png and generated_series_knob.png")
