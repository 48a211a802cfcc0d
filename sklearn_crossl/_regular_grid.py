"""Put samples that have times on regular grids."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from ._time_index import TimedSamples, check_same_time_kind, index_seconds, read_samples
from ._warnings import warn

_MOST_POINTS = 10_000_000  # in a grid, unless it has many samples
_MOST_A_SAMPLE = 100  # grid points per sample in a larger grid
_RATE_TOLERANCE = 1.5  # factor between observed and given rate that leads to a warning
_START_TOLERANCE = 2  # steps
_MIN_STEPS = 10  # steps that are needed to estimate a rate
_ROUNDING = 1e-4  # of a step
_MIN_COHERENCE = 0.5  # resultant length, from 0 to 1, above which samples share a phase


def on_grids(
    recording: Mapping[str, Any], rates: Mapping[str, Fraction]
) -> tuple[dict[str, np.ndarray], dict[str, tuple[float, float]]]:
    """Put each modality's samples on a regular grid from a common start.

    Nothing is resampled: each sample moves to the nearest point of its grid. If several
    samples share a point, the nearest one is kept. Points without a sample are NaN. The
    grids start when all modalities have begun. A modality whose rows are NaN has begun,
    and goes on, but is missing.

    Parameters
    ----------
    recording : mapping of str to DataFrame or Series
        Each has a time index.
    rates : mapping of str to Fraction
        Samples per second.

    Returns
    -------
    dict of str to ndarray of shape (n_channels, n_samples)
        The modalities.
    dict of str to (float, float)
        When each modality begins and ends, in seconds by the clock of the index. The
        grids start when the last one begins.

    Raises
    ------
    TypeError, ValueError
        If an index holds no times, or is not in order, or a modality has no row, or they
        have different kinds of times.
    """
    samples = {name: read_samples(name, recording[name]) for name in rates}
    check_same_time_kind({name: recording[name].index for name in rates})
    spans = {name: (_begin(s, rates[name]), s.last) for name, s in samples.items()}
    start = max(begin for begin, _ in spans.values())
    grids = {}
    for name, (times, values, _, last) in samples.items():
        try:
            grids[name] = place_on_grid(times, values, start, rates[name], last)
        except ValueError as error:
            raise ValueError(f"Modality {name!r}: {error}") from error
        if not grids[name].shape[1]:
            raise ValueError(f"Modality {name!r} has no sample once all have begun.")
        _check_rate(name, times, rates[name])
    return grids, spans


def place_on_grid(
    times: np.ndarray,
    values: np.ndarray,
    start: float,
    rate: float | Fraction,
    last: float = -np.inf,
) -> np.ndarray:
    """Put samples on a regular grid, each on the point that is nearest in time.

    The grid is shifted by up to half a step, so that samples are close to its points. If
    they were midway between points, a little jitter would put two samples on one point
    and none on the next.

    Parameters
    ----------
    times : ndarray of shape (n,)
        Seconds, in any order.
    values : ndarray of floats of shape (n, n_channels)
        The samples.
    start : float
        The time of the first point, before the grid is shifted. Samples that are nearest
        to an earlier point are left out.
    rate : float or Fraction
        Points per second.
    last : float, default=-inf
        The time that the grid reaches at least.

    Returns
    -------
    ndarray of shape (n_channels, n_samples)
        Up to the last sample, or ``last``; NaN at points without a sample.

    Raises
    ------
    ValueError
        If nearly all points would have no sample, for example because of a wrong time.
    """
    ticks = (times - start) * float(rate)
    phase = _phase(ticks)
    ticks -= phase
    nearest = np.rint(ticks).astype(int)
    # Of the samples of one point, the nearest comes first.
    order = np.lexsort((np.abs(ticks - nearest), nearest))
    points, first = np.unique(nearest[order], return_index=True)
    kept = order[first][points >= 0]
    n_samples = nearest[kept[-1]] + 1 if len(kept) else 0
    if last >= start:
        until = np.floor((last - start) * float(rate) - phase + _ROUNDING)
        n_samples = max(n_samples, int(until) + 1)
    if n_samples > max(_MOST_POINTS, _MOST_A_SAMPLE * len(kept)) and len(times) > 1:
        pauses = np.diff(np.sort(times))
        after = pauses.argmax()
        raise ValueError(
            f"{len(kept)} samples are spread over {n_samples / float(rate):g} s, with a "
            f"pause of {pauses[after]:g} s after the first {after + 1}. Give what is "
            "before and after such a pause as recordings of their own, and leave out "
            "wrong times."
        )
    grid = np.full((values.shape[1], n_samples), np.nan, values.dtype)
    grid[:, nearest[kept]] = values[kept].T
    return grid


def _phase(ticks: np.ndarray) -> float:
    """Estimate the samples' common offset in steps, -0.5 to 0.5; 0 if there is none."""
    mean = np.exp(2j * np.pi * ticks).sum() / max(1, len(ticks))
    return float(np.angle(mean)) / (2 * np.pi) if abs(mean) > _MIN_COHERENCE else 0.0


def labels_on_grid(
    index: Any, signals: Any, rate: Fraction, start: float, n_samples: int
) -> np.ndarray:
    """Find the label in force at each point of a grid.

    Parameters
    ----------
    index : pandas.Index
        When each label begins. It holds until the next; the first one also before.
    signals : pandas.Index
        The index of one of the signals; ``start`` is a time of its clock.
    rate : Fraction
        Points per second.
    start : float
        The time of the first point, in seconds.
    n_samples : int
        Points of the grid.

    Returns
    -------
    int ndarray of shape (n_samples,)
        The position of each point's label in the index.

    Raises
    ------
    TypeError, ValueError
        If the index holds no times, or is not in order, or has another clock.
    """
    times = index_seconds("labels", index)
    if not len(times):
        raise ValueError("labels has no entry; give it one at least.")
    check_same_time_kind({"the signals": signals, "labels": index})
    grid = start + np.arange(n_samples) / float(rate)
    # Half a microsecond: the rounding of times that are meant to be the same.
    places = np.searchsorted(times, grid + 5e-7, side="right") - 1
    return np.maximum(places, 0)


def _check_rate(name: str, times: np.ndarray, rate: Fraction) -> None:
    """Warn where samples mostly come much faster or slower than a rate says."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    if (
        len(steps) >= _MIN_STEPS
        and not 1 / _RATE_TOLERANCE < np.median(steps) * float(rate) < _RATE_TOLERANCE
    ):
        warn(
            f"Modality {name!r} has {1 / np.median(steps):.3g} samples a second by its "
            f"index, but rates says {float(rate):g}; are the rate, and the unit of the "
            "index, right? Points without a sample are NaN, and of several samples at a "
            "point one is kept.",
        )


def _begin(samples: TimedSamples, rate: Fraction) -> float:
    """Return when a modality begins: at its first row, or soon after with a value."""
    # In a table of several rates the first value of a slow one may come a little later.
    soon = samples.first + _START_TOLERANCE / float(rate)
    first = samples.times[0] if len(samples.times) else np.inf
    return float(first) if first < soon else samples.first
