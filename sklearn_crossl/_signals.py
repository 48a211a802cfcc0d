"""Reading a recording as signals that begin together."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ._cutting import LABELS, Streams
from ._missing_values import unmasked_array
from ._moment_labels import MomentLabels, check_labels_have_times
from ._rows import library_of
from ._time_index import by_clock, has_index, labels_on_grid, on_grids

_ODD = 10  # warn about this many times more channels than samples
_SHARE = 0.05  # of a recording that may be missing at a sensor's end without a warning


class Signals(NamedTuple):
    """A recording's streams, and when they begin."""

    streams: Streams
    start: float  # in seconds, by the clock of the index
    index: Any  # a modality's, if they have one

    def times(self, seconds: np.ndarray) -> np.ndarray:
        """Turn seconds after the start into times of the recording's index."""
        seconds = self.start + seconds
        return seconds if self.index is None else by_clock(seconds, self.index)


def read_signals(
    part: Any,
    labels: MomentLabels | None,
    rates: Mapping[str, Fraction],
    label_rate: Fraction,
    often: int,
) -> Signals:
    """Read a recording as signals (n_channels, n_samples), the labels among them.

    Parameters
    ----------
    part : mapping or DataFrame
        The recording.
    labels : MomentLabels or None
        Of its moments.
    rates : mapping of str to Fraction
        Samples per second of the modalities that it has.
    label_rate : Fraction
        Labels per second.
    often : int
        How often each label is repeated.

    Returns
    -------
    Signals
        The streams by modality, and their start.

    Raises
    ------
    TypeError, ValueError
        If signals are not numeric, or the times of an index are not valid.
    """
    timed = any(has_index(part[name]) for name in rates)
    signals, start = on_grids(part, rates) if timed else (part, 0.0)
    streams: Streams = {
        name: (_signal(name, signals[name]), rate) for name, rate in rates.items()
    }
    first = next(iter(rates))
    index = part[first].index if timed else None
    if labels is None:
        return Signals(streams, start, index)
    codes = np.repeat(labels.codes, often)
    label_rate *= often
    check_labels_have_times(labels.index, timed, first)
    if timed:
        seconds = min(s.shape[1] / rate for s, rate in streams.values())
        n_samples = int(seconds * label_rate)
        places = labels_on_grid(labels.index, index, label_rate, start, n_samples)
        codes = labels.codes[places]
    streams[LABELS] = (codes[None], label_rate)
    return Signals(streams, start, index)


def check_durations(streams: Streams, window: Fraction) -> None:
    """Warn if streams that begin together end at clearly different times."""
    seconds = {
        "labels" if name is LABELS else repr(name): float(signal.shape[1] / rate)
        for name, (signal, rate) in streams.items()
    }
    longest, shortest = max(seconds.values()), min(seconds.values())
    if longest - shortest > max(float(window), _SHARE * longest):
        lasting = ", ".join(f"{name} for {s:g} s" for name, s in seconds.items())
        warnings.warn(
            f"At the given rates the signals differ in duration: {lasting}. Data after "
            "the end of the shortest one are left out. Check `rates` and, for labels, "
            "`label_rate`.",
            UserWarning,
            stacklevel=3,
        )


def _signal(name: str, values: Any) -> np.ndarray:
    signal = np.atleast_2d(unmasked_array(values))
    if library_of(values) == "polars" and np.ndim(values) == 2:
        signal = signal.T  # a frame has a column for each channel
    if signal.dtype.kind not in "fiubO":
        raise TypeError(f"Modality {name!r} holds {signal.dtype}; expected numbers.")
    if signal.ndim != 2:
        raise ValueError(
            f"Modality {name!r} has shape {signal.shape}; expected (n_channels, "
            "n_samples) or (n_samples,)."
        )
    if signal.shape[0] > _ODD * signal.shape[1] > 0:
        warnings.warn(
            f"Modality {name!r} has shape {signal.shape}, many more "
            "channels than samples; expected (n_channels, n_samples). If time comes "
            "first, transpose it.",
            UserWarning,
            stacklevel=4,
        )
    return signal
