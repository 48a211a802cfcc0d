"""Labels of each point in time of a recording, and of windows cut from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ._missing_values import is_missing, label_array
from ._time_index import has_index, time_kind

_MAX_CLASSES = 1000  # of a recording; beyond, labels are no classes


class SampleLabels(NamedTuple):
    """The labels of one recording.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        The different labels in sorted order; None, for no label, comes last.
    codes : int ndarray of shape (n_samples,)
        The position among ``values`` of each sample's label.
    index : pandas.Index or None
        The time of each sample, if it is known.
    """

    values: np.ndarray
    codes: np.ndarray
    index: Any


def read_labels(labels: Any, n_recordings: int, single: bool) -> list[Any]:
    """Read the labels of each recording.

    Parameters
    ----------
    labels : array-like, sequence of array-likes or None
        One array or Series for each recording, or that of a single recording.
    n_recordings : int
        How many recordings there are.
    single : bool
        Whether the user passed one recording instead of a list of recordings.

    Returns
    -------
    list of SampleLabels or None
        For each recording.

    Raises
    ------
    ValueError
        If they do not match the recordings in number, have another shape than
        (n_samples,), or are of types that do not sort.
    """
    if labels is None:
        return [None] * n_recordings
    listed = isinstance(labels, (list, tuple)) and any(np.ndim(x) for x in labels[:1])
    given = [labels] if single and not listed else list(labels)
    if len(given) != n_recordings:
        raise ValueError(
            f"labels has {len(given)} entries for {n_recordings} recording(s); pass a "
            "list with one array for each."
        )
    return [
        None if part is None else _read_labels(number, part)
        for number, part in enumerate(given)
    ]


def majority(codes: np.ndarray, n_values: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the most frequent label of each window, the first in a tie, and its share.

    Parameters
    ----------
    codes : int ndarray of shape (n_windows, n_timepoints)
        Codes of the labels.
    n_values : int
        Number of different labels.

    Returns
    -------
    int ndarray of shape (n_windows,)
        The code.
    float ndarray of shape (n_windows,)
        The share.
    """
    if not len(codes):
        return np.zeros(0, dtype=int), np.ones(0)
    shares = np.stack([(codes == c).mean(axis=1) for c in range(n_values)], axis=1)
    return shares.argmax(axis=1), shares.max(axis=1)


def join_labels(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Join the labels of recordings; strings and NaN are joined as objects.

    Raises ValueError if some are strings and others numbers.
    """
    labels = {label for part in parts for label in part.tolist()}
    if len({isinstance(label, str) for label in labels if not is_missing(label)}) > 1:
        raise ValueError(
            "Labels are strings in some recordings and not in others; give labels of one "
            "type, and NaN or None where there is none."
        )
    parts = [part for part in parts if len(part)] or parts[:1]
    kinds = {part.dtype.kind for part in parts}
    mixed = len(kinds) > 1 and not kinds <= set("biuf")
    return np.concatenate([part.astype(object) if mixed else part for part in parts])


def check_labels_have_times(index: Any, timed: bool, name: str) -> None:
    """Raise ValueError unless labels have times if and only if the signals do."""
    if timed and index is None:
        raise ValueError(
            "labels have no times, but the signals of their recording do, so it is not "
            "known when each label holds; give them the index of the signals that they "
            f"were made for, such as pd.Series(labels, index=recording[{name!r}].index)."
        )
    if not timed and index is not None and time_kind(index) is not None:
        raise ValueError(
            f"labels have an index of {time_kind(index)}, but the signals of their "
            "recording are arrays without times; give those an index too, or pass "
            "labels.to_numpy() if there is a label every 1 / label_rate seconds."
        )


def _read_labels(number: int, labels: Any) -> SampleLabels:
    array = label_array(labels)
    if array.ndim != 1:
        raise ValueError(
            f"The labels of recording {number} have shape {array.shape}; expected "
            "(n_samples,), one for each moment."
        )
    index = labels.index if has_index(labels) else None
    absent = np.zeros(len(array), dtype=bool)
    if array.dtype == object:
        absent[:] = [is_missing(label) for label in array]
    try:
        values, present = np.unique(array[~absent], return_inverse=True)
    except TypeError as error:
        types = sorted({type(label).__name__ for label in array[~absent]})
        raise ValueError(
            f"The labels of recording {number} mix the types {types}; give labels of one "
            "type, and NaN or None where there is none."
        ) from error
    if len(values) > _MAX_CLASSES:
        raise ValueError(
            f"The labels of recording {number} have {len(values)} different values; "
            "expected classes, of which a window gets the most frequent one. Pass a "
            "target that is a number as one more modality, and take its mean in each "
            "window."
        )
    codes = np.full(len(array), len(values))
    codes[~absent] = present
    if absent.any():
        values = np.array([*values, None], dtype=object)
    return SampleLabels(values, codes, index)
