"""Samples of recordings that have a time index, as in pandas, and their times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ._rows import library_of


def has_index(values: Any) -> bool:
    """Return whether values are a pandas Series or DataFrame."""
    return library_of(values) == "pandas"


def time_kind(index: Any) -> str | None:
    """Describe the kind of times that an index holds; None if it holds none."""
    if index.dtype.kind == "M":
        has_zone = getattr(index, "tz", None) is not None
        return f"datetimes {'with' if has_zone else 'without'} a time zone"
    return {"m": "timedeltas", "f": "seconds"}.get(index.dtype.kind)


def to_index_times(seconds: np.ndarray, index: Any) -> np.ndarray:
    """Turn seconds into the kind of times of an index: datetimes (UTC) or timedeltas.

    Times are rounded to microseconds, the precision of seconds since 1970 in float64.
    """
    if index.dtype.kind not in "mM":
        return seconds
    microseconds = np.rint(seconds * 1e6).astype(np.int64)
    return microseconds.astype(f"{index.dtype.kind}8[us]")


def check_same_time_kind(indexes: Mapping[str, Any]) -> None:
    """Raise ValueError unless all indexes are of one kind."""
    kinds = {name: time_kind(index) or "seconds" for name, index in indexes.items()}
    if len(set(kinds.values())) > 1:
        raise ValueError(
            f"The index of a recording and of its labels must be of one kind, but "
            f"{' and '.join(f'that of {name} holds {c}' for name, c in kinds.items())}. "
            "tz_localize gives datetimes a zone."
        )


class TimedSamples(NamedTuple):
    """The rows of a modality that have a value; when its first and last rows are."""

    times: np.ndarray  # (n,), seconds
    values: np.ndarray  # (n, n_channels)
    first: float
    last: float


def read_samples(name: str, values: Any) -> TimedSamples:
    """Read a modality of a recording, a DataFrame or Series with a time index."""
    if not has_index(values):
        raise TypeError(
            f"Modality {name!r} is a {type(values).__name__}, but others of its "
            "recording have a time index; give all of them one, or none."
        )
    times = index_seconds(f"Modality {name!r}", values.index)
    table = _numbers(name, values)
    table = table if table.ndim == 2 else table[:, None]  # (n, n_channels)
    if not len(times):
        raise ValueError(f"Modality {name!r} has no sample at all.")
    there = ~np.isnan(table).all(axis=1)
    return TimedSamples(times[there], table[there], float(times[0]), float(times[-1]))


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


def index_seconds(owner: str, index: Any) -> np.ndarray:
    """Read a time index as seconds."""
    if getattr(index, "tz", None) is not None:
        index = index.tz_convert(None)
    values = index.to_numpy()
    if values.dtype.kind in "mM":
        # Nanoseconds end in 2262, so only what has them is read in them.
        unit, a_second = "us", 1e6
        if np.datetime_data(values.dtype)[0] == "ns":
            unit, a_second = "ns", 1e9
        whole = values.astype(f"{values.dtype.kind}8[{unit}]").astype(np.int64)
        seconds = whole / a_second
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
