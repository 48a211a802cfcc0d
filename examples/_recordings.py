"""Load the recordings of the examples: HAPT where it is, else what aeon ships.

The folder is named by the environment variable ``SKLEARN_CROSSL_DATA``. BasicMotions
comes with the installed aeon package, so that the examples run without a network.
"""

import os
from pathlib import Path

import numpy as np

MODALITIES = {"accelerometer": slice(0, 3), "gyroscope": slice(3, 6)}
FOLDER = Path(os.environ.get("SKLEARN_CROSSL_DATA", "data"))


def load_recordings():
    """Return a name, windows, activities, subjects (or None), the activities' names."""
    if (FOLDER / "hapt.npz").exists():
        return _load_hapt(FOLDER / "hapt.npz")
    return _load_basic_motions()


def _load_hapt(path):
    """Smartphone on the waist of 30 subjects, windows of 2.56 s at 50 Hz, UCI 341."""
    with np.load(path) as data:
        basic = data["y"] < 6  # the six basic activities, not the rare transitions
        X = np.concatenate([data["x_acc"], data["x_gyro"]], axis=1)
        names = data["classes"][:6]
        return "HAPT", X[basic], data["y"][basic], data["subject"][basic], names


def _load_basic_motions():
    """Smartwatch on the wrist, windows of 10 s at 10 Hz, from the UEA archive."""
    from aeon.datasets import load_basic_motions

    X, labels = load_basic_motions()
    names, y = np.unique(labels, return_inverse=True)
    return "BasicMotions", X.astype(np.float32), y, None, names


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
