"""aeon's LITE network, trained by labels alone: a peer that needs TensorFlow.

Of aeon's networks it is the smallest by far, and the only one made for several channels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable

import numpy as np

from .recordings import Windows, channel_moments, standardize, stretch

BATCH_SIZE = 64  # aeon's own
MOST_EPOCHS, STEPS = 300, 3000  # aeon trains for 1,500 epochs, on GPUs


class AeonNetwork:
    """LITEMV on all channels, resampled to one length; missing values are at the mean."""

    heads = ("network",)

    def fit(self, X: Windows, seed: int, subject: np.ndarray | None = None) -> None:
        """Learn the channels' moments."""
        self.seed = seed
        self.moments = channel_moments(X)

    def train(self, X: Windows, y: np.ndarray) -> Callable[[Windows], np.ndarray]:
        """Train on labelled windows; returns what maps windows to classes."""
        from aeon.classification.deep_learning import IndividualLITEClassifier

        n_batches = -(-len(y) // BATCH_SIZE)
        with tempfile.TemporaryDirectory() as folder:  # for its best epoch
            network = IndividualLITEClassifier(
                use_litemv=True,
                batch_size=BATCH_SIZE,
                n_epochs=min(MOST_EPOCHS, -(-STEPS // n_batches)),
                file_path=f"{folder}/",
                random_state=self.seed,
            ).fit(self.stacked(X), y)
        return lambda X: network.predict(self.stacked(X))

    def stacked(self, X: Windows) -> np.ndarray:
        """Standardise, and stretch all modalities to the longest, (n, channels, time)."""
        n_timepoints = max(x.shape[2] for x in X.values())
        complete = standardize(X, self.moments).values()
        columns = [stretch(x, n_timepoints) for x in complete]
        return np.concatenate(columns, axis=1).astype(np.float32)
