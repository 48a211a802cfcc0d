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
            CroSSLTransformer(MODALITIES, max_epochs=4, batch_size=32, random_state=0),
        ),
        ("scale", StandardScaler()),
        ("classify", LogisticRegression(max_iter=1000)),
    ]
)
ratios = [0.1, 0.3, 0.5, 0.7, 0.9]
search = GridSearchCV(
    pipeline,
    {"crossl__masking_ratio": ratios},
    scoring="f1_macro",
    cv=cv,
    n_jobs=2,
    return_train_score=True,
)
search.fit(X, y, groups=subjects)
print(f"best: {search.best_params_}, macro-F1 {search.best_score_:.3f}")

# %%
# The curve
# ---------
# scikit-learn's own display shows what the search has scored. A pair, such as the default
# ``(0.1, 0.9)``, draws each view's ratio anew and needs no search.

import matplotlib.pyplot as plt
from sklearn.model_selection import ValidationCurveDisplay

results = search.cv_results_
scores = {
    part: np.stack([results[f"split{i}_{part}_score"] for i in range(3)], axis=1)
    for part in ("train", "test")
}
figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
ValidationCurveDisplay(
    param_name="masking ratio (fraction hidden)",
    param_range=ratios,
    train_scores=scores["train"],
    test_scores=scores["test"],
    score_name="macro-F1 (mean ± std of 3 folds)",
).plot(ax=axes, std_display_style="errorbar")
axes.set(title=f"{name}: how much to mask", xticks=ratios)
axes.legend(["training folds", "test folds"])
if "sphinx_gallery" not in sys.modules:
    figure.savefig("masking_ratio.png", dpi=100)
    print("The figure is in masking_ratio.png")
