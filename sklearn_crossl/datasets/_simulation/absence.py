"""Removal of whole modalities from simulated data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def draw_missing(
    rng: np.random.Generator, n_rows: int, n_modalities: int, share: float
) -> np.ndarray:
    """Draw the (row, modality) pairs that are missing, bool (n_rows, n_modalities).

    Every row keeps a modality, and every modality a row, so that its shape is known.
    """
    kept = np.zeros((n_rows, n_modalities), dtype=bool)
    kept[np.arange(n_rows), rng.integers(n_modalities, size=n_rows)] = True
    nowhere = np.flatnonzero(~kept.any(axis=0))
    kept[rng.integers(n_rows, size=len(nowhere)), nowhere] = True
    removable = rng.permutation(np.flatnonzero(~kept))
    n_missing = round(share * kept.size)
    if n_missing > len(removable):
        raise ValueError(
            f"missing={share!r} of {n_rows} rows by {n_modalities} modalities; at most "
            f"{len(removable) / kept.size:.2f} leaves each row a modality, and each "
            "modality a row."
        )
    missing = np.zeros(kept.size, dtype=bool)
    missing[removable[:n_missing]] = True
    return missing.reshape(kept.shape)


def leave_out(data: Any, names: Sequence[str], missing: np.ndarray) -> None:
    """Remove modalities in place: windows become NaN, recordings lose the key."""
    for row, column in np.argwhere(missing):
        if isinstance(data, list):
            del data[row][names[column]]
        else:
            data[names[column]][row] = np.nan
