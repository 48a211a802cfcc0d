"""Load the recordings of the examples: public ones where they are, else what aeon ships.

The folder is named by the environment variable ``SKLEARN_CROSSL_DATA``. BasicMotions
comes with the installed aeon package, and recordings of many sensors can be made up, so
that the examples run without a network.
"""

import os
from pathlib import Path

import numpy as np
from skorch.helper import SliceDict

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


def load_body_sensors():
    """Return a name, windows by sensor, activities, subjects, the activities' names."""
    if (FOLDER / "dsads.npz").exists():
        return _load_dsads(FOLDER / "dsads.npz")
    return _make_body_sensors()


def _load_dsads(path):
    """Accelerometers on five parts of 8 subjects, windows of 5 s at 25 Hz, UCI 256."""
    places = ("torso", "rarm", "larm", "rleg", "lleg")
    with np.load(path) as data:
        X = {place: data[f"x_{place}_acc"][::8].astype(np.float32) for place in places}
        y, subjects = data["y"][::8], data["subject"][::8]
        return "DSADS", SliceDict(**X), y, subjects, data["classes"]


def _make_body_sensors():
    """Make up 10 people in four activities, none of which one sensor tells for sure."""
    names = ["lying", "standing", "walking", "cycling"]
    rng = np.random.default_rng(0)
    subjects, y = np.repeat(np.arange(10), 48), np.tile(np.arange(4), 120)
    n_windows = len(y)
    pace = rng.uniform(1.2, 2.2, size=10)[subjects] * rng.normal(1, 0.1, n_windows)
    phase = 2 * np.pi * (pace[:, None] * np.arange(100) / 25 + rng.random((n_windows, 1)))

    def accelerometer(strength, tilt):  # what each activity shows, of a noisy sensor
        strength = np.array(strength)[y] * rng.uniform(0.2, 1.5, n_windows)
        swing = strength[:, None, None] * np.sin(phase)[:, None] * [[1.0], [0.6], [0.3]]
        gravity = np.array(tilt)[y][:, None] + rng.normal(scale=0.7, size=(n_windows, 3))
        return swing + gravity[:, :, None] + rng.normal(size=(n_windows, 3, 100))

    beats = np.array([1.0, 1.2, 1.7, 2.0])[y] * rng.normal(1, 0.15, n_windows)  # hertz
    times = np.arange(200) / 50 + rng.random((n_windows, 1))
    pulse = np.sin(2 * np.pi * beats[:, None] * times)[:, None]
    X = {
        "torso": accelerometer([0.0, 0.2, 0.8, 0.4], [2.0, 0.0, 0.0, 0.8]),
        "wrist": accelerometer([0.2, 0.2, 1.5, 0.2], [0.6, 0.0, 0.0, 0.6]),
        "ankle": accelerometer([0.0, 0.0, 1.5, 1.5], [1.0, 0.0, 0.0, 0.0]),
        "pulse": pulse + rng.normal(size=pulse.shape),
    }
    X = SliceDict(**{name: x.astype(np.float32) for name, x in X.items()})
    return "Made up", X, y, subjects, names


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
