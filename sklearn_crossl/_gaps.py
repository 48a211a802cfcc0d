"""Filling of missing values before they reach a network."""

from __future__ import annotations

import numpy as np


def fill_gaps(x: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Fill the gaps of standardised windows, channel by channel.

    Gaps are interpolated linearly; before a channel's first value and after its last one,
    that value is repeated. A channel without values is zero, its mean. So are timepoints
    after the last value of all channels: the window ends there, and the network must see
    the same as at the end of a shorter window.

    Parameters
    ----------
    x : ndarray of shape (n, n_channels, ..., n_timepoints)
        The windows.
    present : bool ndarray of the same shape
        Which values there are.

    Returns
    -------
    ndarray
        Of the same shape and type.
    """
    times = np.arange(x.shape[-1], dtype=x.dtype)
    last = len(times) - 1
    before = np.maximum.accumulate(np.where(present, times, -1), axis=-1)
    after = np.where(present, times, last + 1)[..., ::-1]
    after = np.minimum.accumulate(after, axis=-1)[..., ::-1]
    before, after = (
        np.where(before < 0, after, before),
        np.where(after > last, before, after),
    )
    left, right = (
        np.take_along_axis(x, np.clip(at, 0, last).astype(int), axis=-1)
        for at in (before, after)
    )
    share = (times - before) / np.maximum(after - before, 1)
    filled = np.where(present, x, left + (right - left) * share)
    has_any = present.any(axis=-1, keepdims=True)
    return np.where(has_any & ~_after_end(present), filled, 0).astype(x.dtype)


def _after_end(present: np.ndarray) -> np.ndarray:
    """Return which timepoints come after the last value of all channels."""
    channels = tuple(range(1, present.ndim - 1))
    anywhere = np.logical_or.reduce(present, axis=channels, keepdims=True)
    return ~np.logical_or.accumulate(anywhere[..., ::-1], axis=-1)[..., ::-1]
