"""Load the recordings of the examples: public ones where they are, else others.

Public recordings are looked for in the folder that the environment variable
``SKLEARN_CROSSL_DATA`` names, and never downloaded here. BasicMotions comes with the
installed aeon package, and recordings of many sensors can be simulated, so that the
examples run without a network.
"""

import numpy as np
from skorch.helper import SliceDict

from sklearn_crossl.datasets import (
    fetch_daily_sports,
    fetch_hapt,
    make_multimodal_series,
)

MODALITIES = {"accelerometer": slice(0, 3), "gyroscope": slice(3, 6)}


def load_recordings():
    """Return a name, windows, activities, subjects (or None), the activities' names."""
    try:
        hapt = fetch_hapt(download_if_missing=False)
    except OSError:
        return _load_basic_motions()
    X = np.concatenate([hapt.data["acc"], hapt.data["gyro"]], axis=1)
    return "HAPT", X, hapt.target, hapt.groups, hapt.target_names


def _load_basic_motions():
    """Smartwatch on the wrist, windows of 10 s at 10 Hz, from the UEA archive."""
    from aeon.datasets import load_basic_motions

    X, labels = load_basic_motions()
    names, y = np.unique(labels, return_inverse=True)
    return "BasicMotions", X.astype(np.float32), y, None, names


def load_body_sensors():
    """Return a name, windows by sensor, activities, subjects, the activities' names."""
    try:
        body = fetch_daily_sports(download_if_missing=False)
    except OSError:
        body = make_multimodal_series(
            10,
            5,
            minutes=4,
            modalities=["wrist_acc", "ankle_acc", "pulse", "heart_rate"],
            rates={"wrist_acc": 20, "ankle_acc": 20, "pulse": 20},
            random_state=0,
        )
        return "Simulated", body.data, body.target, body.groups, body.target_names
    # Five sensors of fifteen, and an eighth of the windows, are enough for a figure.
    places = [name for name in body.data if name.endswith("_acc")]
    X = SliceDict(**{name: body.data[name][::8] for name in places})
    return "DSADS", X, body.target[::8], body.groups[::8], body.target_names


def split(y, subjects):
    """Return training and test rows: by subject where there are subjects."""
    from sklearn.model_selection import GroupShuffleSplit, StratifiedShuffleSplit

    splitter = StratifiedShuffleSplit if subjects is None else GroupShuffleSplit
    return next(splitter(1, test_size=0.5, random_state=0).split(y, y, subjects))


def draw_labels(y, n_per_class, random_state):
    """Return the rows of a few labelled windows of each class."""
    rng = np.random.default_rng(random_state)
    rows = [rng.choice(np.flatnonzero(y == c), n_per_class, False) for c in np.unique(y)]
    return np.concatenate(rows)
