"""
How much to mask: a grid search
===============================

``masking_ratio`` says which fraction of a window's modalities each view hides. A grid
search over it is the usual one of scikit-learn: the pipeline learns without labels inside
each training fold, and a classifier on the embedding scores it on the other.
"""

# %%
# The recordings
# --------------
# A part of HAPT, folds by subject, where ``SKLEARN_CROSSL_DATA`` has it; else
# BasicMotions from the aeon package.

import sys

import numpy as np
from _recordings import MODALITIES, load_recordings
from sklearn.model_selection import GroupKFold, StratifiedKFold

name, X, y, subjects, _ = load_recordings()
if subjects is None:
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
else:
    few = np.isin(subjects, np.unique(subjects)[:4])
    X, y, subjects = X[few], y[few], subjects[few]
    cv = GroupKFold(3)
print(f"{name}: {len(X)} windows")

# %%
# The search
# ----------
# Each fold's test windows stay unseen, in pretraining too.

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_crossl import CroSSLTransformer

pipeline = Pipeline(
    [
        (
            "crossl",
            CroSSLTransformer(MODALITIES, max_epochs=5, batch_size=32, random_state=0),
        ),
        ("scale", StandardScaler()),
        ("classify", LogisticRegression(max_iter=1000)),
    ]
)
ratios = [0.1, 0.3, 0.5, (0.1, 0.9)]
search = GridSearchCV(
    pipeline,
    {"crossl__masking_ratio": ratios, "crossl__masking": ["spatial", "random"]},
    scoring="f1_macro",
    cv=cv,
    n_jobs=2,
)
search.fit(X, y, groups=subjects)
print(f"best: {search.best_params_}, macro-F1 {search.best_score_:.3f}")

# %%
# The curve
# ---------

import matplotlib.pyplot as plt

results = search.cv_results_
masking = np.asarray(results["param_crossl__masking"])
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
positions = np.arange(len(ratios))
for strategy, marker in (("spatial", "o"), ("random", "s")):
    rows = masking == strategy
    axes.errorbar(
        positions,
        results["mean_test_score"][rows],
        yerr=results["std_test_score"][rows],
        marker=marker,
        capsize=3,
        label=f"{strategy} masking",
    )
axes.set(
    title=f"{name}: macro-F1 over the masking ratio",
    xlabel="masking ratio (fraction hidden)",
    ylabel="macro-F1 (mean and std of 3 folds)",
    xticks=positions,
    xticklabels=[f"{r[0]} to {r[1]}" if isinstance(r, tuple) else str(r) for r in ratios],
)
axes.legend()
if "sphinx_gallery" not in sys.modules:
    figure.savefig("masking_ratio.png", dpi=120)
    print("The figure is in masking_ratio.png")
