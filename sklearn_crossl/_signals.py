"""Reading a recording as signals that begin together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from ._containers import is_table
from ._cutting import LABELS, Streams
from ._missing_values import plain, unmasked_array
from ._regular_grid import labels_on_grid, on_grids
from ._rows import is_mapping, library_of
from ._sample_labels import SampleLabels, check_labels_have_times
from ._time_index import has_index, to_index_times
from ._warnings import warn

_ODD = 10  # warn about this many times more channels than samples
_SHARE = 0.05  # of a recording that may be missing at a sensor's end without a warning


class Signals(NamedTuple):
    """A recording's streams, and when they begin."""

    streams: Streams
    start: float  # in seconds, by the clock of the index
    index: Any  # a modality's, if they have one
    spans: Mapping[str, tuple[float, float]]  # by the same clock, if they have one

    def times(self, seconds: np.ndarray) -> np.ndarray:
        """Turn seconds after the start into times of the recording's index."""
        seconds = self.start + seconds
        return seconds if self.index is None else to_index_times(seconds, self.index)


def read_signals(
    part: Any,
    labels: SampleLabels | None,
    rates: Mapping[str, Fraction],
    label_rate: Fraction,
    label_repeats: int,
) -> Signals:
    """Read a recording as signals (n_channels, n_samples), the labels among them.

    Parameters
    ----------
    part : mapping or DataFrame
        The recording.
    labels : SampleLabels or None
        Of its moments.
    rates : mapping of str to Fraction
        Samples per second of the modalities that it has.
    label_rate : Fraction
        Labels per second.
    label_repeats : int
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
    signals = part
    spans: dict[str, tuple[float, float]] = {}
    if timed:
        signals, spans = on_grids(part, rates)
    start = max((begin for begin, _ in spans.values()), default=0.0)
    streams: Streams = {
        name: (_signal(name, signals[name]), rate) for name, rate in rates.items()
    }
    first = next(iter(rates))
    index = part[first].index if timed else None
    if labels is None:
        return Signals(streams, start, index, spans)
    label_rate *= label_repeats
    check_labels_have_times(labels.index, timed, first)
    if timed:
        # Labels hold until the next, so there are some for any window of the signals.
        seconds = min((s.shape[1] + 1) / rate for s, rate in streams.values())
        n_samples = math.ceil(seconds * label_rate) + 2
        places = labels_on_grid(labels.index, index, label_rate, start, n_samples)
        codes = labels.codes[places]
    else:
        codes = np.repeat(labels.codes, label_repeats)
    streams[LABELS] = (codes[None], label_rate)
    return Signals(streams, start, index, spans)


def check_durations(signals: Signals, window: Fraction) -> None:
    """Warn if much of a recording is left out, since some streams do not cover it."""
    spans = signals.spans or {
        "labels" if name is LABELS else name: (0.0, float(signal.shape[1] / rate))
        for name, (signal, rate) in signals.streams.items()
    }
    begins, ends = zip(*spans.values(), strict=True)
    whole = max(ends) - min(begins)
    if whole - (min(ends) - max(begins)) <= max(float(window), _SHARE * whole):
        return
    first = min(begins)
    lasting = ", ".join(
        f"{name!r} from {begin - first:g} to {end - first:g} s"
        for name, (begin, end) in spans.items()
    )
    advice = "Check `rates` and, for labels, `label_rate`."
    if signals.spans:
        advice = "Rows of NaN keep them, with the modality missing."
    warn(
        f"The signals do not cover the same time: {lasting}. Data before the last one "
        f"begins and after the first one ends are left out. {advice}",
    )


def _signal(name: str, values: Any) -> np.ndarray:
    signal = np.atleast_2d(unmasked_array(values))
    if signal.dtype == object:
        signal = _numbers(name, signal)
    if library_of(values) == "polars" and np.ndim(values) == 2:
        signal = signal.T  # a frame has a column for each channel
    if signal.dtype.kind not in "fiub":
        raise TypeError(f"Modality {name!r} holds {signal.dtype}; expected numbers.")
    if signal.ndim != 2:
        raise ValueError(
            f"Modality {name!r} has shape {signal.shape}; expected (n_channels, "
            "n_samples) or (n_samples,)."
        )
    if signal.shape[0] > _ODD * signal.shape[1] > 0:
        warn(
            f"Modality {name!r} has shape {signal.shape}, many more "
            "channels than samples; expected (n_channels, n_samples). If time comes "
            "first, transpose it.",
        )
    return signal


def _numbers(name: str, signal: np.ndarray) -> np.ndarray:
    """Turn objects into numbers, NaN where there is none."""
    odd: list[Any] = [x for x in signal.flat if isinstance(x, str)]
    try:
        if not odd:
            return plain(signal).astype(np.float64)
    except (TypeError, ValueError) as error:
        odd = [error]
    raise TypeError(f"Modality {name!r} holds objects, {odd[0]!r:.50}; expected numbers.")


def check_recordings(parts: Sequence[Any], rates: Mapping[str, float]) -> None:
    """Raise TypeError or ValueError unless recordings have the modalities of rates."""
    if not is_mapping(rates):
        raise TypeError(
            f"rates={rates!r}; expected samples per second by name of the modality, such "
            "as {'acc': 50}."
        )
    names = list(rates)
    if not names or not parts:
        raise ValueError("Give at least one recording, and the rate of each modality.")
    for index, part in enumerate(parts):
        if not is_mapping(part) and not (has_index(part) and is_table(part)):
            raise TypeError(
                f"Recording {index} is a {type(part).__name__}; expected a mapping of "
                "names to arrays, or a pandas DataFrame with a time index."
            )
        listed = [] if has_index(part) else list(part)  # a table may have other columns
        nothing = [name for name in listed if part[name] is None]
        if nothing:
            raise ValueError(
                f"Recording {index} has None for {nothing}; leave out what it lacks."
            )
        unknown = [name for name in listed if name not in names]
        if unknown or not any(name in part for name in names):
            raise ValueError(
                f"Recording {index} has the modalities {list(part)}, but rates are given "
                f"for {names}; give a rate for each that it has."
            )
    nowhere = [name for name in names if not any(name in part for part in parts)]
    if nowhere:
        raise ValueError(f"No recording has the modalities {nowhere} of rates.")
