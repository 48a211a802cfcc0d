"""Cutting windows from signals of several rates."""

from __future__ import annotations

import math
from fractions import Fraction
from numbers import Real
from typing import Any

import numpy as np

LABELS = object()  # key of the labels among the streams; never equal to a modality's name

#: Signals (n_channels, n_samples), and their samples per second.
Streams = dict[Any, tuple[np.ndarray, Fraction]]


def positive(name: str, value: Any) -> Fraction:
    """Read a rate or a length as an exact fraction.

    Raises ValueError, which names the parameter, unless it is a positive number.
    """
    is_real = isinstance(value, Real) and not isinstance(value, bool)
    is_number = is_real or (np.ndim(value) == 0 and np.asarray(value).dtype.kind in "iuf")
    if not is_number or not 1e-9 < value < 1e9:
        raise ValueError(f"{name}={value!r}; expected a positive number.")
    # 0.1 means a tenth, not the binary number nearest to it, also where it is a float32.
    exact = float(str(value)) if isinstance(value, np.floating) else float(value)
    if exact < 1:  # a slow rate is one over seconds
        return 1 / Fraction(1 / exact).limit_denominator(10**6)
    return Fraction(exact).limit_denominator(10**6)


def cut_together(
    streams: Streams, window: Fraction, step: Fraction
) -> tuple[dict[Any, np.ndarray], np.ndarray]:
    """Cut the windows that all streams cover and in which at least one has a value.

    Parameters
    ----------
    streams : mapping of object to (ndarray of shape (n_channels, n_samples), Fraction)
        Signals, labels among them, and their samples per second.
    window, step : Fraction
        Seconds.

    Returns
    -------
    dict of object to ndarray of shape (n_windows, n_channels, n_timepoints)
        The windows of each stream.
    ndarray of shape (n_windows,)
        The start of each window, in seconds.

    Raises
    ------
    ValueError
        If a window has no sample of a stream.
    """
    count = min(
        _n_windows(s.shape[1], rate, window, step) for s, rate in streams.values()
    )
    lengths = {name: round(window * rate) for name, (_, rate) in streams.items()}
    starts = {}
    has_any = np.zeros(count, dtype=bool)
    for name, (signal, rate) in streams.items():
        at = np.array([math.ceil(i * step * rate) for i in range(count)], dtype=int)
        starts[name] = at
        if name is not LABELS:
            has_any |= _has_values(signal, at, lengths[name])
    cut = {
        name: _cut(signal, starts[name][has_any], lengths[name])
        for name, (signal, _) in streams.items()
    }
    seconds = [float(i * step) for i in np.flatnonzero(has_any).tolist()]
    return cut, np.array(seconds, dtype=float)


def _has_values(signal: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """Say which windows have any value."""
    if signal.dtype.kind != "f":
        return np.ones(len(starts), dtype=bool)
    there = ~np.isnan(signal).all(axis=0)
    until = np.concatenate([[0], np.cumsum(there)])  # how many before each sample
    return until[starts + length] > until[starts]


def _cut(signal: np.ndarray, starts: np.ndarray, length: int) -> np.ndarray:
    """Cut (n_channels, n_samples) to (n_windows, n_channels, length)."""
    index = starts[:, None] + np.arange(length)  # (n_windows, length)
    return np.ascontiguousarray(signal[:, index].swapaxes(0, 1))


def _n_windows(n_samples: int, rate: Fraction, window: Fraction, step: Fraction) -> int:
    """Count the windows whose samples all exist: ceil(i * step * rate) <= last start."""
    length = round(window * rate)
    if length < 1:
        raise ValueError(
            f"A window of {float(window)} s has no sample at {float(rate)} Hz; "
            "lengthen it."
        )
    last_start = n_samples - length
    return 0 if last_start < 0 else math.floor(last_start / (step * rate)) + 1


def stack_windows(
    name: str, parts: list[np.ndarray | None], counts: list[int], n_timepoints: int
) -> np.ndarray:
    """Join the recordings' windows of a modality; NaN where a recording lacks it.

    Parameters
    ----------
    name : str
        Its name, for error messages.
    parts : list of ndarray of shape (n_windows, n_channels, n_timepoints) or None
        The windows of each recording; None if it lacks the modality.
    counts : list of int
        Windows of each recording.
    n_timepoints : int
        Of a window.

    Returns
    -------
    ndarray of shape (sum(counts), n_channels, n_timepoints)
        All windows.

    Raises
    ------
    ValueError
        If recordings differ in their channels.
    """
    some = next(part for part in parts if part is not None)
    shape = some.shape[1], n_timepoints
    for index, part in enumerate(parts):
        if part is not None and part.shape[1] != some.shape[1]:
            raise ValueError(
                f"Modality {name!r} has {part.shape[1]} channel(s) in recording {index}, "
                f"but {some.shape[1]} in one before; give every recording the same ones, "
                "as (n_channels, n_samples)."
            )
    dtype = np.result_type(some.dtype, np.float16)  # the narrowest that has NaN
    filled = [
        np.full((count, *shape), np.nan, dtype) if part is None else part
        for part, count in zip(parts, counts, strict=True)
    ]
    return np.concatenate(filled)
