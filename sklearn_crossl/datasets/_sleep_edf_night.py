"""One night of Sleep-EDF: signals, and their scoring in another file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ._bunch import NO_LABEL, Recording
from ._files import Member, damaged_as_oserror

EPOCH_SECONDS = 30
_N_RECORDS = slice(236, 244)  # the bytes of an EDF header that count what follows it


class Signal(NamedTuple):
    """The publisher's name of a signal, its rate and its unit."""

    label: str
    rate: float
    unit: str


SIGNALS = {
    "eeg_fpz_cz": Signal("EEG Fpz-Cz", 100.0, "uV"),
    "eeg_pz_oz": Signal("EEG Pz-Oz", 100.0, "uV"),
    "eog": Signal("EOG horizontal", 100.0, "uV"),
    "emg": Signal("EMG submental", 1.0, "uV"),
    "resp": Signal("Resp oro-nasal", 1.0, "a.u."),
    "temp": Signal("Temp rectal", 1.0, "degC"),
}


def read_night(
    psg: Member,
    hypnogram: Member,
    subject: int,
    codes: Mapping[str, int],
    wake_margin_minutes: float | None,
) -> Recording:
    """Read one night.

    Parameters
    ----------
    psg : Member
        The signals, in EDF.
    hypnogram : Member
        The scoring, as annotations in EDF+.
    subject : int
        Its number.
    codes : mapping of str to int
        The class of each stage, by the publisher's letters and digits. Being awake is 0.
    wake_margin_minutes : float or None
        How much to keep around the sleep; None is all.

    Returns
    -------
    Recording
        With a label for each second.

    Raises
    ------
    OSError
        If the files do not belong together, or a signal has another rate.
    """
    edfio = _edfio()
    with damaged_as_oserror(psg.name):
        content = psg.read()
        recorded = edfio.read_edf(content)
        announced = int(content[_N_RECORDS])
        if announced > recorded.num_data_records:
            raise EOFError(f"{recorded.num_data_records} of {announced} records")
    with damaged_as_oserror(hypnogram.name):
        scored = edfio.read_edf(hypnogram.read())
        annotations = list(scored.annotations)
    if recorded.starttime != scored.starttime:
        raise OSError(
            f"{psg.name} starts at {recorded.starttime}, but {hypnogram.name} at "
            f"{scored.starttime}; they must be of the same night."
        )
    labels = _labels(annotations, int(recorded.duration), codes)
    kept = _around_sleep(labels, wake_margin_minutes)
    signals = {
        name: _signal(found, expected, kept, psg.name)
        for found in recorded.signals
        for name, expected in SIGNALS.items()
        if found.label == expected.label
    }
    return Recording(subject, signals, labels[kept])


def _labels(
    annotations: Iterable[Any], n_seconds: int, codes: Mapping[str, int]
) -> np.ndarray:
    """Return a label for each second; the scoring may go on after the signals end."""
    labels = np.full(n_seconds, NO_LABEL)
    for onset, duration, text in annotations:
        first = round(onset)
        code = codes.get(text.removeprefix("Sleep stage "), NO_LABEL)
        labels[first : first + round(duration or 0)] = code
    return labels


def _around_sleep(labels: np.ndarray, margin_minutes: float | None) -> slice:
    """Return the seconds to keep; they begin with an epoch."""
    asleep = np.flatnonzero(labels > 0)
    if margin_minutes is None or not len(asleep):
        return slice(0, len(labels))
    margin = round(60 * margin_minutes)
    first = max(asleep[0] - margin, 0)
    return slice(first - first % EPOCH_SECONDS, asleep[-1] + 1 + margin)


def _signal(found: Any, expected: Signal, kept: slice, name: str) -> np.ndarray:
    if found.sampling_frequency != expected.rate:
        raise OSError(
            f"{name} has {expected.label} at {found.sampling_frequency} Hz; expected "
            f"{expected.rate} Hz."
        )
    rate = int(expected.rate)
    values = found.data[kept.start * rate : kept.stop * rate]
    return values[None].astype(np.float32)  # (1, n_samples)


def _edfio() -> ModuleType:
    try:
        import edfio
    except ImportError as error:
        raise ImportError(
            "Sleep-EDF's files are read by edfio: pip install 'sklearn-crossl[datasets]'."
        ) from error
    return edfio
