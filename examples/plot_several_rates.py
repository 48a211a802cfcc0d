"""
Sensors at different rates: nothing resampled
=============================================

Muscles are recorded at 500 Hz, the knee's angle at 50 Hz. Each goes in as it is, as an
array of its own length, and cross-validation splits them together. The folds are by
subject, and the search tries how much to mask.
"""

# %%
# The recordings
# --------------
# "EMG dataset in Lower Limb" where ``SKLEARN_CROSSL_DATA`` has it. Else continuous
# recordings of two sensors are made up, of 12 people, and cut into windows that are
# aligned in time.

import sys

import numpy as np
from _recordings import FOLDER
from skorch.helper import SliceDict

from sklearn_crossl.segmentation import sliding_windows

RATES = {"muscles": 500, "knee": 50}


def load_lower_limb(path):
    """Windows of 2 s of four muscles and the knee, of 22 subjects."""
    with np.load(path) as data:
        X = SliceDict(
            muscles=data["x_emg"].astype(np.float32),
            knee=data["x_knee"].astype(np.float32),
        )
        return "Lower limb", X, data["y"], data["subject"]


def make_recordings(rng):
    """Squats, steps and standing: the muscles fire as the knee moves."""
    recordings, labels = [], []
    for _ in range(12):
        own_rate = rng.uniform(0.8, 1.2)
        movement = rng.permutation(np.repeat([0, 1, 2], 4))  # each for 5 s
        hertz = np.array([0.0, 0.7, 1.6])[np.repeat(movement, 2500)] * own_rate
        phase = 2 * np.pi * np.cumsum(hertz) / RATES["muscles"]
        effort = np.clip(np.sin(phase + np.arange(4)[:, None]), 0.1, None)
        angle = np.sin(phase[::10])
        recordings.append(
            {
                "muscles": effort * rng.normal(size=effort.shape),
                "knee": angle + rng.normal(scale=0.3, size=angle.shape),
            }
        )
        labels.append(np.repeat(movement, 2500))
    X, y, subject = sliding_windows(
        recordings, RATES, window_seconds=2, step_seconds=1, labels=labels, purity=0.9
    )
    return "Made up", X, y, subject


path = FOLDER / "emg_lower_limb.npz"
rng = np.random.default_rng(0)
name, X, y, subject = load_lower_limb(path) if path.exists() else make_recordings(rng)
for modality, windows in X.items():
    print(f"{name}: {modality} {windows.shape} at {RATES[modality]} Hz")

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
    cv=GroupKFold(3),
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

train, test = list(GroupKFold(3).split(X, y, subject))[-1]
model = search.best_estimator_.fit(X[train], y[train])
scores = {}
for title, kept in {
    "both": ["muscles", "knee"],
    "muscles only": ["muscles"],
    "knee only": ["knee"],
}.items():
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
