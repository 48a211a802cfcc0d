"""
Sensors that fail: what a model is worth without them
=====================================================

Somebody forgets the watch, a battery is empty, a strap slips. How much does a model that
was trained with all sensors lose?
:class:`~sklearn_crossl.inspection.MissingModalityDisplay` tells it for every combination
of sensors, and for sensors that fail here and there.
"""

# %%
# The recordings
# --------------
# Accelerometers on five parts of the body ("Daily and Sports Activities") where
# ``SKLEARN_CROSSL_DATA`` has them; else four sensors are simulated. Each sensor is an
# array of its own, and the test is on people whom the model has never seen.

import sys

from _recordings import load_body_sensors, split

name, X, y, subjects, activities = load_body_sensors()
train, test = split(y, subjects)
print(f"{name}: {len(train)} training and {len(test)} test windows")
print(f"{len(activities)} activities, sensors {', '.join(X)}")

# %%
# Train with all sensors
# ----------------------
# In training, CroSSL hides sensors of its own accord: each step shows the aggregator some
# of them and asks for the same embedding.

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.inspection import MissingModalityDisplay, TrainingCurveDisplay

embedder = CroSSLTransformer(max_epochs=15, batch_size=64, random_state=0)
pipeline = make_pipeline(embedder, StandardScaler(), LogisticRegression(max_iter=1000))
pipeline.fit(X[train], y[train])
print(f"accuracy with all sensors: {pipeline.score(X[test], y[test]):.3f}")

# %%
# The loss falls, and the embedding does not collapse: its effective rank stays far above
# one. Terms count with their coefficients, 25, 25 and 0.5.

training = TrainingCurveDisplay.from_estimator(pipeline)
training.figure_.suptitle(f"{name}: training without labels")
if "sphinx_gallery" not in sys.modules:
    training.figure_.savefig("missing_sensors_training.png", dpi=100)

# %%
# Take sensors away
# -----------------
# Nothing is trained again. In the upper panel, whole sensors are missing; in the lower
# one, different sensors are missing from each window.

# sphinx_gallery_thumbnail_number = 2
display = MissingModalityDisplay.from_estimator(
    pipeline, X[test], y[test], scoring="f1_macro", n_repeats=3, random_state=0
)
display.figure_.suptitle(f"{name}: sensors missing at prediction, new people")
scores = display.rate_scores.mean(axis=1)
for rate, score in zip(display.rates, scores, strict=True):
    print(f"{rate:4.0%} missing: macro-F1 {score:.3f}")
if "sphinx_gallery" not in sys.modules:
    display.figure_.savefig("missing_sensors.png", dpi=100)
    print("The figures are in missing_sensors.png and missing_sensors_training.png")
