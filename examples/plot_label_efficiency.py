"""
What labels are worth
=====================

Recording is cheap, labelling is not. How many labels does a method need? The windows are
all there, and the labels of more and more of them are shown. CroSSL learns from the
unlabelled ones too; the same classifier on the raw values cannot. Self-training learns
from them a second time, in each subject's windows.
"""

# %%
# The recordings
# --------------
# A part of HAPT, tested on subjects who were not trained on, where
# ``SKLEARN_CROSSL_DATA`` has it; else BasicMotions from the aeon package.

import sys

import numpy as np
from _recordings import MODALITIES, load_recordings, split

name, X, y, subjects, activities = load_recordings()
if subjects is not None:
    few = np.isin(subjects, np.unique(subjects)[:6])
    X, y, subjects = X[few], y[few], subjects[few]
print(f"{name}: {len(X)} windows, activities {', '.join(activities)}")

# %%
# The methods
# -----------
# Each is a pipeline. Transformers of a pipeline that need no labels are fitted once for
# each split, on all training windows, and the classifier for each draw of labels:
# :func:`~sklearn_crossl.inspection.label_efficiency_curve` has the numbers alone.

from sklearn import config_context
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.inspection import EmbeddingDisplay, LabelEfficiencyDisplay
from sklearn_crossl.semi_supervised import GroupSelfTrainingClassifier


def flatten(X):
    """Put all values of a window side by side."""
    return X.reshape(len(X), -1)


embedder = CroSSLTransformer(
    MODALITIES, max_epochs=5, batch_size=min(128, len(X) // 8), random_state=0
)
linear = LogisticRegression(max_iter=1000)
self_training = GroupSelfTrainingClassifier(linear)
methods = {
    "CroSSL": make_pipeline(embedder, StandardScaler(), linear),
    "CroSSL, self-training": make_pipeline(embedder, StandardScaler(), self_training),
    "raw values": make_pipeline(FunctionTransformer(flatten), StandardScaler(), linear),
}

# %%
# The curve
# ---------
# An int is a number of labels of each activity, a float a share of all labels. With
# metadata routing, the subjects are passed to each estimator that requests them.

with config_context(enable_metadata_routing=True):
    self_training.set_fit_request(groups=True)
    display = LabelEfficiencyDisplay.from_estimator(
        methods,
        X,
        y,
        groups=subjects,
        fractions=[1, 2, 5, 10, 1.0],
        n_splits=2,
        n_draws=3,
        scoring="f1_macro",
        random_state=0,
    )
display.ax_.set_title(f"{name}: what labels are worth")
print(f"{'labels':>22}", *(f"{n:6.0f}" for n in display.n_labels))
for method, scores in zip(display.names, display.scores, strict=True):
    print(f"{method:>22}", *(f"{s:6.3f}" for s in scores.mean(axis=(1, 2))))
if "sphinx_gallery" not in sys.modules:
    display.figure_.savefig("label_efficiency.png", dpi=100)

# %%
# The reason
# ----------
# Without a label, the embedding brings windows of an activity together: here test
# windows, coloured by activity afterwards.

train, test = split(y, subjects)
activity = np.array([name.replace("_", " ") for name in activities])[y]
embedder.fit(X[train])
embedding = EmbeddingDisplay.from_estimator(
    embedder, X[test], y=activity[test], y_name="activity"
)
embedding.figure_.suptitle(f"{name}: learnt without labels, test windows")
if "sphinx_gallery" not in sys.modules:
    embedding.figure_.savefig("label_efficiency_embedding.png", dpi=100)
    print("The figures: label_efficiency.png and label_efficiency_embedding.png")
