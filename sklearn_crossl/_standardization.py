"""Standardisation per channel, learnt in fit from the windows that have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from .modalities import Windows

_BLOCK = 1024  # windows converted to float64 at a time


@dataclass(frozen=True)
class Moments:
    """Running moments of one modality's channels.

    Attributes
    ----------
    count : int
        Values seen of each channel.
    mean, squares : float64 ndarray of shape (n_channels,)
        Mean, and sum of squared deviations from it.
    """

    count: int
    mean: np.ndarray
    squares: np.ndarray

    @classmethod
    def empty(cls, n_channels: int) -> Moments:
        """Moments of no values."""
        return cls(0, np.zeros(n_channels), np.zeros(n_channels))

    def merge(self, other: Moments) -> Moments:
        """Moments of both sets of values.

        Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing
        sample variances", 1979, equation 2.1.
        """
        count = self.count + other.count
        if count == 0:
            return self
        delta = other.mean - self.mean
        mean = self.mean + delta * (other.count / count)
        between = delta**2 * (self.count * other.count / count)
        return Moments(count, mean, self.squares + other.squares + between)

    @property
    def scale(self) -> np.ndarray:
        """Standard deviation; one for a channel that is constant up to rounding."""
        deviation = np.sqrt(self.squares / max(self.count, 1))
        constant = deviation <= 10 * np.finfo(np.float32).eps * np.abs(self.mean)
        return np.where(constant, 1.0, deviation)


def channel_moments(
    windows: Windows, start: Mapping[str, Moments] | None = None
) -> dict[str, Moments]:
    """Compute the moments of each modality's channels in one pass.

    Parameters
    ----------
    windows : Windows
        Missing modalities are left out.
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
    for index, (name, data) in enumerate(windows.data.items()):
        moments = Moments.empty(data.shape[1]) if start is None else start[name]
        for rows in _blocks(len(windows)):
            block = data[rows][windows.observed[rows, index]].astype(np.float64)
            if len(block):
                with np.errstate(over="ignore", invalid="ignore"):  # told of below
                    moments = moments.merge(_block_moments(block))
        if not np.isfinite(moments.squares).all():
            raise ValueError(
                f"Modality {name!r} has values too large to standardise; rescale it, for "
                "example to its physical unit."
            )
        result[name] = moments
    return result


def standardize(
    windows: Windows, mean: Mapping[str, np.ndarray], scale: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Centre and scale each channel.

    Parameters
    ----------
    windows : Windows
        The windows.
    mean, scale : mapping of str to ndarray of shape (n_channels,)
        For each modality.

    Returns
    -------
    dict of str to float32 ndarray of shape (n_windows, n_channels, n_timepoints)
        NaN where missing.
    """
    result = {}
    for name, data in windows.data.items():
        out = np.empty(data.shape, dtype=np.float32)
        for rows in _blocks(len(data)):
            # Subtract in float64: a large offset would eat a float32's digits.
            centred = data[rows].astype(np.float64) - mean[name][:, None]
            out[rows] = centred / scale[name][:, None]
        result[name] = out
    return result


def _block_moments(block: np.ndarray) -> Moments:
    mean = block.mean(axis=(0, 2))
    squares = np.square(block - mean[:, None]).sum(axis=(0, 2))
    return Moments(block.shape[0] * block.shape[2], mean, squares)


def _blocks(n_windows: int) -> Iterator[slice]:
    for start in range(0, n_windows, _BLOCK):
        yield slice(start, start + _BLOCK)
