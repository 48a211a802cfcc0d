"""HAPT's basic activities, for the benchmarks that need one set of recordings."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

MODALITIES = {"acc": slice(0, 3), "gyro": slice(3, 6)}


class Data(NamedTuple):
    """Training and test windows with their labels."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def load_hapt(folder: Path) -> Data:
    """Load the basic activities, split as the publisher did."""
    with np.load(folder / "hapt.npz") as data:
        basic = data["y"] < 6
        X = np.concatenate([data["x_acc"], data["x_gyro"]], axis=1)[basic]
        y, test = data["y"][basic], data["official_test"][basic]
    return Data(X[~test], y[~test], X[test], y[test])
