"""
Which sensor matters, and which windows go together
===================================================

A trained model tells what each sensor adds to its score, by Shapley values computed in
latent space, and finds the windows of one sensor that go with a window of another.
"""

# %%
# The recordings
# --------------
# Accelerometers on five parts of the body ("Daily and Sports Activities") where
# ``SKLEARN_CROSSL_DATA`` has them; else four sensors are simulated.

import sys

from _recordings import load_body_sensors, split

name, X, y, subjects, _ = load_body_sensors()
train, test = split(y, subjects)
print(f"{name}: {len(train)} training and {len(test)} test windows of {', '.join(X)}")

# %%
# What each sensor adds
# ---------------------
# Each window is encoded once; all 2**M subsets of the sensors then cost a fusion each.
# Bars add up to the score with all sensors minus that with none. If other sensors hold
# the same information, shuffling a sensor does less harm than its Shapley value says.

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl.inspection import ModalityImportanceDisplay, recall_at_k, retrieve

embedder = CroSSLTransformer(max_epochs=10, batch_size=64, random_state=0)
embedder.fit(X[train])
classifier = CroSSLClassifier(pretrained=embedder, freeze="all", random_state=0)
classifier.fit(X[train], y[train])

display = ModalityImportanceDisplay.from_estimator(
    classifier, X[test], y[test], scoring="f1_macro", random_state=0
)
display.figure_.suptitle(f"{name}: what each sensor adds, new people")
for sensor, value in zip(display.modalities, display.shapley, strict=True):
    print(f"{sensor}: {value:.3f}")
if "sphinx_gallery" not in sys.modules:
    display.figure_.savefig("sensor_importance.png", dpi=100)

# %%
# Given this window of one sensor, which windows of another go with it?
# ---------------------------------------------------------------------
# For both, the embedding expected of the whole window is computed from the one sensor. By
# chance the right one would be among the first k in k of n cases.

query, target, *_ = X
found = retrieve(embedder, X[test], query, target, n_neighbors=20)
n = len(found.candidates)
for k in (1, 5, 20):
    recall = recall_at_k(found.indices, found.queries, k)
    print(f"{query} -> {target}: recall@{k} {recall:.3f}, by chance {k / n:.3f}")
