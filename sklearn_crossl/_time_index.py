"""Put recordings that have a time index, as in pandas, on regular grids."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from ._rows import library_of

_MOST_POINTS = 10_000_000  # in a grid, unless it has many samples
_MOST_A_SAMPLE = 100  # grid points per sample in a larger grid
_FAR = 1.5  # factor between observed and given rate that leads to a warning
_ENOUGH = 10  # steps that are needed to estimate a rate
_AGREED = 0.5  # resultant length, from 0 to 1, above which samples share a phase


def has_index(values: Any) -> bool:
    """Return whether values are a pandas Series or DataFrame."""
    return library_of(values) == "pandas"


def on_grids(
    recording: Mapping[str, Any], rates: Mapping[str, Fraction]
) -> tuple[dict[str, np.ndarray], float]:
    """Put each modality's samples on a regular grid from a common start.

    Nothing is resampled: each sample moves to the nearest point of its grid. If several
    samples share a point, the nearest one is kept. Points without a sample are NaN. The
    grids start when all modalities have begun.

    Parameters
    ----------
    recording : mapping of str to DataFrame or Series
        Each has a time index; rows that are NaN throughout are no samples.
    rates : mapping of str to Fraction
        Samples per second.

    Returns
    -------
    dict of str to ndarray of shape (n_channels, n_samples)
        The modalities.
    float
        The start, in seconds by the clock of the index.

    Raises
    ------
    TypeError, ValueError
        If an index holds no times, or is not in order, or a modality has no sample, or
        they have different clocks.
    """
    samples = {name: _samples(name, recording[name]) for name in rates}
    _check_clocks({name: recording[name].index for name in rates})
    start = max(times[0] for times, _ in samples.values())
    grids = {}
    for name, (times, values) in samples.items():
        try:
            grids[name] = place_on_grid(times, values, start, rates[name])
        except ValueError as error:
            raise ValueError(f"Modality {name!r}: {error}") from error
        if not grids[name].shape[1]:
            raise ValueError(f"Modality {name!r} has no sample once all have begun.")
        _check_rate(name, times, rates[name])
    return grids, start


def place_on_grid(
    times: np.ndarray, values: np.ndarray, start: float, rate: float | Fraction
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

    Returns
    -------
    ndarray of shape (n_channels, n_samples)
        Up to the last sample; NaN at points without one.

    Raises
    ------
    ValueError
        If nearly all points would have no sample, for example because of a wrong time.
    """
    ticks = (times - start) * float(rate)
    ticks -= _phase(ticks)
    nearest = np.rint(ticks).astype(int)
    # Of the samples of one point, the nearest comes first.
    order = np.lexsort((np.abs(ticks - nearest), nearest))
    points, first = np.unique(nearest[order], return_index=True)
    kept = order[first][points >= 0]
    n_samples = nearest[kept[-1]] + 1 if len(kept) else 0
    if n_samples > max(_MOST_POINTS, _MOST_A_SAMPLE * len(kept)):
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
    return float(np.angle(mean)) / (2 * np.pi) if abs(mean) > _AGREED else 0.0


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
    times = _seconds("labels", index)
    if not len(times):
        raise ValueError("labels has no entry; give it one at least.")
    _check_clocks({"the signals": signals, "labels": index})
    grid = start + np.arange(n_samples) / float(rate)
    # Half a microsecond: the rounding of times that are meant to be the same.
    places = np.searchsorted(times, grid + 5e-7, side="right") - 1
    return np.maximum(places, 0)


def clock(index: Any) -> str | None:
    """Describe the kind of times that an index holds; None if it holds none."""
    if index.dtype.kind == "M":
        has_zone = getattr(index, "tz", None) is not None
        return f"datetimes {'with' if has_zone else 'without'} a time zone"
    return {"m": "timedeltas", "f": "seconds"}.get(index.dtype.kind)


def by_clock(seconds: np.ndarray, index: Any) -> np.ndarray:
    """Turn seconds into the kind of times of an index: datetimes (UTC) or timedeltas.

    Times are rounded to microseconds, the precision of seconds since 1970 in float64.
    """
    if index.dtype.kind not in "mM":
        return seconds
    microseconds = np.rint(seconds * 1e6).astype(np.int64)
    return microseconds.astype(f"{index.dtype.kind}8[us]")


def _check_clocks(indexes: Mapping[str, Any]) -> None:
    """Raise ValueError unless all indexes are of one kind."""
    clocks = {name: clock(index) or "seconds" for name, index in indexes.items()}
    if len(set(clocks.values())) > 1:
        raise ValueError(
            f"The index of a recording and of its labels must be of one kind, but "
            f"{' and '.join(f'that of {name} holds {c}' for name, c in clocks.items())}. "
            "tz_localize gives datetimes a zone."
        )


def _samples(name: str, values: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return times (n,) in seconds and values (n, n_channels)."""
    if not has_index(values):
        raise TypeError(
            f"Modality {name!r} is a {type(values).__name__}, but others of its "
            "recording have a time index; give all of them one, or none."
        )
    times = _seconds(f"Modality {name!r}", values.index)
    table = _numbers(name, values)
    table = table if table.ndim == 2 else table[:, None]  # (n, n_channels)
    there = ~np.isnan(table).all(axis=1)
    if not there.any():
        raise ValueError(f"Modality {name!r} has no sample at all.")
    return times[there], table[there]


def _numbers(name: str, values: Any) -> np.ndarray:
    """Read the values of a Series or DataFrame, which are all numbers."""
    table = values.to_frame() if values.ndim == 1 else values
    odd = [str(c) for c, dtype in table.dtypes.items() if dtype.kind in "mM"]
    if odd:
        raise TypeError(
            f"Modality {name!r} has times in its column(s) {odd}; leave them out, as the "
            "index tells when each sample was taken."
        )
    try:
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Modality {name!r} has values that are no numbers: {error}."
        ) from error


def _check_rate(name: str, times: np.ndarray, rate: Fraction) -> None:
    """Warn where samples mostly come much faster or slower than a rate says."""
    steps = np.diff(times)
    steps = steps[steps > 0]
    if len(steps) >= _ENOUGH and not 1 / _FAR < np.median(steps) * float(rate) < _FAR:
        warnings.warn(
            f"Modality {name!r} has {1 / np.median(steps):.3g} samples a second by its "
            f"index, but rates says {float(rate):g}; are the rate, and the unit of the "
            "index, right? Points without a sample are NaN, and of several samples at a "
            "point one is kept.",
            UserWarning,
            stacklevel=5,
        )


def _seconds(owner: str, index: Any) -> np.ndarray:
    """Read a time index as seconds."""
    if getattr(index, "tz", None) is not None:
        index = index.tz_convert(None)
    values = index.to_numpy()
    if values.dtype.kind in "mM":
        unit = "timedelta64[ns]" if values.dtype.kind == "m" else "datetime64[ns]"
        seconds = values.astype(unit).astype(np.int64) / 1e9
        unknown = np.isnat(values)
    elif values.dtype.kind in "iuf" and not _is_default(index):
        seconds = values.astype(np.float64)
        unknown = ~np.isfinite(seconds)
    else:
        raise TypeError(
            f"{owner} has a {type(index).__name__} of {values.dtype}; expected times: a "
            "DatetimeIndex, a TimedeltaIndex, or seconds as numbers."
        )
    if unknown.any():
        raise ValueError(
            f"{owner} has times that are missing or infinite; leave these rows out."
        )
    if not (np.diff(seconds) >= 0).all():
        raise ValueError(f"{owner} has times that are not in order; sort them first.")
    return seconds


def _is_default(index: Any) -> bool:
    """Return whether an index is the default one of pandas."""
    is_range = type(index).__name__ == "RangeIndex"
    return is_range and (index.start, index.step, index.name) == (0, 1, None)
