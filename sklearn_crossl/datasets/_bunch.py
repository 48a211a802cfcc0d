"""Make what a fetcher returns from the recordings that were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import Bunch
from skorch.helper import SliceDict

from ..segmentation import sliding_windows

NO_LABEL = -1


class Recording(NamedTuple):
    """One stretch of time of one subject.

    Parameters
    ----------
    subject : int
        The publisher's number of the subject.
    signals : mapping of str to ndarray of shape (n_channels, n_samples)
        Float32, all from the same start; it may lack modalities.
    labels : ndarray of int of shape (n_samples,)
        The class of each moment, at the data set's ``label_rate``; -1 for none.
    """

    subject: int
    signals: Mapping[str, np.ndarray]
    labels: np.ndarray


@dataclass(frozen=True)
class DataSet:
    """What is the same for all recordings of a data set.

    Parameters
    ----------
    name : str
        Also that of its description, ``descr/NAME.rst``.
    subjects : tuple of int
        The publisher's numbers of all of them.
    modalities : mapping of str to tuple of str
        The names of each modality's channels.
    rates, units : mapping
        Samples per second, and the unit, of each modality.
    target_names : tuple of str
        The classes; labels are positions in it.
    label_rate : float
        Labels per second.
    """

    name: str
    subjects: tuple[int, ...]
    modalities: Mapping[str, tuple[str, ...]]
    rates: Mapping[str, float]
    units: Mapping[str, str]
    target_names: tuple[str, ...]
    label_rate: float


def encode_labels(
    marks: np.ndarray, codes: Iterable[float], dtype: Any = int
) -> np.ndarray:
    """Turn the publisher's codes (n_samples,) into positions among ``codes``, else -1."""
    labels = np.full(len(marks), NO_LABEL, dtype=dtype)
    for position, code in enumerate(codes):
        labels[marks == code] = position
    return labels


def make_bunch(
    about: DataSet,
    recordings: Sequence[Recording],
    *,
    as_windows: bool,
    window_seconds: float | None,
    step_seconds: float | None,
    return_X_y: bool,
) -> Any:
    """Make the Bunch that a fetcher returns.

    Parameters
    ----------
    about : DataSet
        What is the same for all recordings.
    recordings : sequence of Recording
        At least one. Modalities that none of them has are left out.
    as_windows : bool
        Whether to cut windows; those without a label are left out.
    window_seconds : float or None
        Their length. None takes each recording, which then has one label, as one window:
        ``data`` has object arrays of arrays (n_channels, n_samples) of unequal lengths,
        None where a recording lacks the modality.
    step_seconds : float or None
        From the start of one to that of the next; None is ``window_seconds``.
    return_X_y : bool
        Whether to return data and target alone.

    Returns
    -------
    Bunch, or tuple of data and target
        As each fetcher describes it.
    """
    bunch = fill_bunch(about, recordings, as_windows, window_seconds, step_seconds)
    bunch.DESCR = _description(about.name)
    return (bunch.data, bunch.target) if return_X_y else bunch


def fill_bunch(
    about: DataSet,
    recordings: Sequence[Recording],
    as_windows: bool,
    window_seconds: float | None,
    step_seconds: float | None,
) -> Bunch:
    """Collect all that :func:`make_bunch` returns, except the description."""
    _check(about, recordings)
    names = [
        name for name in about.modalities if any(name in r.signals for r in recordings)
    ]
    rates = {name: about.rates[name] for name in names}
    bunch = Bunch(
        modalities={name: about.modalities[name] for name in names},
        rates=rates,
        units={name: about.units[name] for name in names},
        target_names=np.array(about.target_names),
    )
    if not as_windows:
        bunch.update(
            data=[dict(r.signals) for r in recordings],
            target=[r.labels for r in recordings],
            groups=np.array([r.subject for r in recordings]),
            label_rate=about.label_rate,
        )
    elif window_seconds is None:
        bunch.update(_whole(recordings, names, step_seconds))
    else:
        bunch.update(_windows(about, recordings, rates, window_seconds, step_seconds))
    return bunch


def _check(about: DataSet, recordings: Sequence[Recording]) -> None:
    """Raise OSError unless there are recordings, with labels of the classes."""
    if not recordings:
        raise OSError(f"{about.name} has no recordings of what was asked for.")
    for recording in recordings:
        odd = (recording.labels < NO_LABEL) | (
            recording.labels >= len(about.target_names)
        )
        if odd.any():
            raise OSError(
                f"The labels of subject {recording.subject} are not as published: "
                f"{recording.labels[odd][0] + 1} is none of the classes 1 to "
                f"{len(about.target_names)}."
            )


def _windows(
    about: DataSet,
    recordings: Sequence[Recording],
    rates: Mapping[str, float],
    window_seconds: float,
    step_seconds: float | None,
) -> dict[str, Any]:
    X, y, groups = sliding_windows(
        [r.signals for r in recordings],
        rates,
        window_seconds,
        window_seconds if step_seconds is None else step_seconds,
        [r.labels for r in recordings],
        [r.subject for r in recordings],
        label_rate=about.label_rate,
    )
    target = np.asarray(y, dtype=np.int64)
    labelled = target != NO_LABEL
    if not labelled.any():
        raise ValueError(
            f"No window of {window_seconds} s has a label for half of its length; choose "
            "shorter windows, or more subjects."
        )
    data = {name: x[labelled].astype(np.float32, copy=False) for name, x in X.items()}
    return {
        "data": SliceDict(**data),
        "target": target[labelled],
        "groups": groups[labelled],
    }


def _whole(
    recordings: Sequence[Recording], names: Sequence[str], step_seconds: float | None
) -> dict[str, Any]:
    """Take each recording as one window, of its own length."""
    if step_seconds is not None:
        raise ValueError(
            f"step_seconds={step_seconds!r} is from window to window, and "
            "window_seconds=None takes each recording as one; give both, or none."
        )
    for index, recording in enumerate(recordings):
        if len(np.unique(recording.labels)) != 1:
            raise ValueError(
                "window_seconds=None takes each recording as one window, but recording "
                f"{index} has several labels; give a length in seconds."
            )
    data = {name: np.empty(len(recordings), dtype=object) for name in names}
    for index, recording in enumerate(recordings):
        for name in names:
            data[name][index] = recording.signals.get(name)
    return {
        "data": SliceDict(**data),
        "target": np.array([r.labels[0] for r in recordings], dtype=np.int64),
        "groups": np.array([r.subject for r in recordings]),
    }


def _description(name: str) -> str:
    folder = resources.files(__package__) / "descr"
    return (folder / f"{name}.rst").read_text(encoding="utf-8")
