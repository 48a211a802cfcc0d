"""
Sensors at different rates: nothing resampled
=============================================

Two sensors on the wrist take 50 samples a second, a camera 30. Each goes in as it is, as
an array of its own length, and cross-validation splits them together. The folds are by
subject, and the search tries how much to mask.
"""

# %%
# The recordings
# --------------
# UTD-MHAD where ``SKLEARN_CROSSL_DATA`` has it: 27 gestures, of which each trial, one
# to six seconds, is a window of its own length. Else people are simulated who wear a
# wristband, whose pulse sensor and accelerometer have rates of their own.

import sys

import numpy as np

from sklearn_crossl.datasets import fetch_utd_mhad, make_multimodal_series

try:
    name = "UTD-MHAD"
    body = fetch_utd_mhad(subjects=[1, 2, 3, 4], download_if_missing=False)
except OSError:
    name = "Simulated"
    body = make_multimodal_series(
        8,
        4,
        minutes=4,
        modalities=["wrist_acc", "pulse", "heart_rate"],
        rates={"wrist_acc": 25, "pulse": 32},
        subject_variation=0.5,
        random_state=0,
    )
X, y, subject = body.data, body.target, body.groups
for modality, windows in X.items():
    lengths = sorted({window.shape[-1] for window in windows})
    samples = " to ".join(str(length) for length in {lengths[0]: 0, lengths[-1]: 0})
    print(f"{modality}: {samples} samples at {body.rates[modality]:g} Hz")

# %%
# The search
# ----------

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_crossl import CroSSLTransformer

pipeline = Pipeline(
    [
        ("crossl", CroSSLTransformer(max_epochs=5, batch_size=64, random_state=0)),
        ("scale", StandardScaler()),
        ("classify", LogisticRegression(max_iter=1000)),
    ]
)
search = GridSearchCV(
    pipeline,
    {"crossl__masking_ratio": [0.3, (0.1, 0.9)]},
    scoring="f1_macro",
    cv=GroupKFold(2),
    n_jobs=2,
)
search.fit(X, y, groups=subject)
print(f"best: {search.best_params_}, macro-F1 {search.best_score_:.3f}")

# %%
# Without one of the sensors
# --------------------------
# A modality that is left out counts as missing. The last fold's subjects are new to the
# model.

import matplotlib.pyplot as plt
from sklearn.metrics import f1_score

train, test = list(GroupKFold(2).split(X, y, subject))[-1]
model = search.best_estimator_.fit(X[train], y[train])
scores = {}
for title, kept in {"all": list(X), **{f"{name} only": [name] for name in X}}.items():
    part = {modality: X[modality][test] for modality in kept}
    scores[title] = f1_score(y[test], model.predict(part), average="macro")
    print(f"{title}: {scores[title]:.3f}")

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
bars = axes.barh(list(scores), list(scores.values()), color="#0072B2")
axes.bar_label(bars, fmt="%.2f", padding=3)
axes.axvline(1 / len(np.unique(y)), color="0.4", linestyle="--", label="chance")
axes.set(
    title=f"{name}: sensors missing at prediction",
    xlabel="macro-F1 on new subjects",
    xlim=(0, 1.1),
)
axes.invert_yaxis()
axes.legend(loc="lower right")
if "sphinx_gallery" not in sys.modules:
    figure.savefig("several_rates.png", dpi=120)
    print("The figure is in several_rates.png")
