"""Standardisation per channel, learnt in fit from the windows that have it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._sources import InMemory, Source, Unequal
from ._windows import Windows, blocks

_CLIP = 1e4  # standard deviations to clip at, since squares might overflow


@dataclass(frozen=True)
class Moments:
    """Running moments of one modality's channels.

    Attributes
    ----------
    count : int ndarray of shape (n_channels,)
        Values seen of each channel.
    mean, squares : float64 ndarray of shape (n_channels,)
        Mean, and sum of squared deviations from it.
    eps : float, default=0.0
        Machine epsilon of the coarsest dtype that values were read as.
    """

    count: np.ndarray
    mean: np.ndarray
    squares: np.ndarray
    eps: float = 0.0

    @classmethod
    def empty(cls, n_channels: int) -> Moments:
        """Moments of no values."""
        return cls(np.zeros(n_channels, int), np.zeros(n_channels), np.zeros(n_channels))

    @classmethod
    def of(cls, x: np.ndarray) -> Moments:
        """Moments of the values (n, n_channels, ...) that are not NaN."""
        rest = int(np.prod(x.shape[2:]))
        values = x.astype(np.float64).reshape(*x.shape[:2], rest)  # (n, channels, rest)
        present: Any = ~np.isnan(values)
        count = present.sum(axis=(0, 2))
        if present.all():  # several times faster than sums with a mask
            present = True
        mean = values.sum(axis=(0, 2), where=present) / np.maximum(count, 1)
        values -= mean[:, None]
        # Correct the mean's rounding error, which would look like a deviation.
        lost = values.sum(axis=(0, 2), where=present) / np.maximum(count, 1)
        values -= lost[:, None]
        squares = np.square(values).sum(axis=(0, 2), where=present)
        return cls(count, mean + lost, squares, float(np.finfo(x.dtype).eps))

    def merge(self, other: Moments) -> Moments:
        """Moments of both sets of values.

        Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing
        sample variances", 1979, equation 2.1.
        """
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        delta = other.mean - self.mean
        squares = self.squares + other.squares + delta**2 * self.count * share
        eps = max(self.eps, other.eps)
        return Moments(count, self.mean + delta * share, squares, eps)

    @property
    def scale(self) -> np.ndarray:
        """Standard deviation; for a constant channel one, or its rounding error."""
        deviation = np.sqrt(self.squares / np.maximum(self.count, 1))
        rounding = 10 * self.eps * np.abs(self.mean)
        return np.where(deviation > rounding, deviation, np.maximum(1.0, rounding))


def channel_moments(
    windows: Windows, start: Mapping[str, Moments] | None = None
) -> dict[str, Moments]:
    """Compute the moments of each modality's channels in one pass.

    Parameters
    ----------
    windows : Windows
        Missing modalities and gaps are left out.
    start : mapping of str to Moments, optional
        Moments of earlier windows, to go on from.

    Returns
    -------
    dict of str to Moments
        For each modality.

    Raises
    ------
    ValueError
        If values are so large that their squares overflow.
    """
    result = {}
    sources = zip(windows.data.items(), windows.observed.T, strict=True)
    for (name, source), has in sources:
        moments = Moments.empty(source.shape[0]) if start is None else start[name]
        for rows in blocks([source], len(windows)):
            block = source.take(rows)[has[rows]]
            with np.errstate(over="ignore", invalid="ignore"):  # told of below
                moments = moments.merge(Moments.of(block))
        if not np.isfinite(moments.squares).all():
            raise ValueError(
                f"Modality {name!r} has values too large to standardise; rescale it, for "
                "example to its physical unit."
            )
        result[name] = moments
    return result


def check_each_channel_observed(moments: Mapping[str, Moments]) -> None:
    """Raise ValueError if some channel is missing from every window."""
    for name, of_channels in moments.items():
        unseen = np.flatnonzero(of_channels.count == 0)
        if len(unseen):
            raise ValueError(
                f"Modality {name!r} has no value in its channel(s) {unseen.tolist()} "
                "(NaN in every window that has the modality), so nothing can be learnt "
                "of them; leave them out."
            )


def standardize(
    source: Source, rows: np.ndarray, mean: np.ndarray, scale: np.ndarray
) -> Source:
    """Centre and scale each channel of windows that fit into memory.

    Parameters
    ----------
    source : Source
        The windows of one modality.
    rows : ndarray of int
        Which windows.
    mean, scale : ndarray of shape (n_channels,)
        Of each channel.

    Returns
    -------
    Source
        In memory, as float32; NaN where missing. Values are clipped at 10,000 standard
        deviations from the mean.
    """
    if isinstance(source, Unequal):
        windows = [_standard(source.windows[row], mean, scale) for row in rows]
        return Unequal(windows, source.shape[0])
    out = np.empty((len(rows), *source.shape), dtype=np.float32)
    for part in blocks([source], len(rows)):
        out[part] = _standard(source.take(rows[part]), mean, scale)
    return InMemory(out)


def _standard(x: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Standardise (..., n_channels, time) or (n, n_channels, height, width)."""
    shape = (-1, 1, 1) if x.ndim == 4 else (-1, 1)
    # Subtract in float64: with a large offset, float32 would lose precision.
    centred = np.subtract(x, mean.reshape(shape), dtype=np.float64)
    np.divide(centred, scale.reshape(shape), out=centred)
    return np.clip(centred, -_CLIP, _CLIP, out=centred).astype(np.float32)
