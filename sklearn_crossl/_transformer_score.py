"""The score of a fitted transformer: the cluster agreement of views of its windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._cluster_agreement import cluster_agreement
from ._encoded import EncodedWindows
from ._rows import evenly_spaced
from ._windows import Windows

_MOST_WINDOWS = 1000
_SEEDS = (0, 1)  # of the augmented copies


def agreement_of_views(transformer: Any, windows: Windows) -> float:
    """Compute the cluster agreement of a transformer's embedding of windows.

    There are two kinds of views, with equal weight: each sensor alone, for windows that
    have others, and all sensors of two augmented copies of the windows.
    """
    rows = np.flatnonzero(windows.observed.any(axis=1))
    if not len(rows):
        raise ValueError("No window of X has any modality to be scored by.")
    rows = evenly_spaced(rows, _MOST_WINDOWS)
    everything = np.ones(len(windows.data), dtype=bool)
    encoded = EncodedWindows.of_rows(transformer, windows, rows)
    Z = encoded.fuse(everything)
    sensors = []
    observed = windows.observed[rows]
    for index, has in enumerate(observed.T):
        compared = has & (observed.sum(axis=1) > 1)
        if compared.any():
            alone = encoded.fuse(np.arange(len(everything)) == index)
            sensors.append(np.where(compared[:, None], alone, np.nan))
    again = [
        EncodedWindows.of_rows(transformer, windows, rows, seed).fuse(everything)
        for seed in _SEEDS
    ]
    kinds = [np.stack(views) for views in (sensors, again) if views]
    return float(np.mean([cluster_agreement(Z, views) for views in kinds]))
