"""Stress-Predict: a wristband during stress-inducing tasks, and between them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ._bunch import NO_LABEL, DataSet, Recording, make_bunch
from ._choices import validate_fetcher
from ._download import RemoteFile
from ._files import Members
from ._locate import open_files
from ._subjects import choose_subjects
from ._tables import read_table
from ._time_logs import read_time_logs

__all__ = ["fetch_stress_predict"]

CONDITIONS = ("baseline", "stroop", "interview", "hyperventilation", "relax")
HOUR = 3600.0
LABEL_RATE = 1.0
DATASET = DataSet(
    name="stress_predict",
    subjects=tuple(range(1, 36)),
    modalities={
        "acc": ("acc_x", "acc_y", "acc_z"),
        "bvp": ("bvp",),
        "eda": ("eda",),
        "temp": ("temp",),
        "hr": ("hr",),
    },
    rates={"acc": 32.0, "bvp": 64.0, "eda": 4.0, "temp": 4.0, "hr": 1.0},
    units={"acc": "g", "bvp": "a.u.", "eda": "uS", "temp": "degC", "hr": "1/min"},
    target_names=CONDITIONS,
    label_rate=LABEL_RATE,
)
SCALES = {"acc": 1 / 64}  # the wristband writes 64ths of g
REMOTE = RemoteFile(
    "Stress-Predict-Dataset-main.zip",
    ("https://github.com/italha-d/Stress-Predict-Dataset/archive/refs/heads/main.zip",),
    holds=r"Raw_data/S\d+/ACC\.csv",
)


@validate_fetcher()
def fetch_stress_predict(
    *,
    subjects: Iterable[int] | None = None,
    as_windows: bool = True,
    window_seconds: float = 30.0,
    step_seconds: float = 30.0,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load Stress-Predict: five streams of a wristband, of five different rates.

    35 subjects; acceleration at 32 Hz, blood volume pulse at 64 Hz, electrodermal
    activity and skin temperature at 4 Hz, heart rate at 1 Hz; a Stroop test, an interview
    and hyperventilation, with rest in between. ``DESCR`` says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 1 to 35; None is all.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=30.0
        Length of a window: some heartbeats, and a response of the skin.
    step_seconds : float, default=30.0
        From the start of one window to that of the next.
    data_home : str or path-like, default=None
        Where the recordings lie; see :func:`get_data_home`.
    download_if_missing : bool, default=True
        Whether to download what is not there.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` alone.

    Returns
    -------
    Bunch
        With these keys:

        data : SliceDict of str to float32 ndarray
            ``acc`` of shape (n_windows, 3, n_timepoints); ``bvp``, ``eda``, ``temp`` and
            ``hr`` of shape (n_windows, 1, n_timepoints). If not ``as_windows``, a list
            of recordings, one for each subject: dicts of arrays (n_channels, n_samples).
            The heart rate is NaN in the first ten seconds of a recording.
        target : int ndarray of shape (n_windows,)
            Positions in ``target_names``: what most of the window shows. Windows that
            mostly have no label are left out. If not ``as_windows``, a list with an
            array of labels for each recording, one for each second, -1 where there is
            none.
        groups : int ndarray of shape (n_windows,) or (n_recordings,)
            Subjects.
        modalities : dict of str to tuple of str
            The channels of each modality.
        rates, units : dict
            Samples per second and unit of each modality.
        target_names : ndarray of str
            The classes.
        label_rate : float
            Labels per second; only if not ``as_windows``.
        DESCR : str
            What was recorded, by whom, under which licence.
    (data, target) : tuple
        If ``return_X_y``.

    Raises
    ------
    OSError
        If the files are not there and may not or cannot be downloaded.
    ValueError
        If there is no such subject, or no window fits.

    Warns
    -----
    UserWarning
        If all subjects are asked for and files of some are not there.

    References
    ----------
    Iqbal et al. Stress Monitoring Using Wearable Sensors: A Pilot Study and
    Stress-Predict Dataset. Sensors 22(21):8135, 2022.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_stress_predict
    >>> stress = fetch_stress_predict(subjects=[1, 2])  # doctest: +SKIP
    >>> {name: x.shape[1:] for name, x in stress.data.items()}  # doctest: +SKIP
    {'acc': (3, 960), 'bvp': (1, 1920), 'eda': (1, 120), 'temp': (1, 120), 'hr': (1, 30)}
    """
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        found = files.find(r"Raw_data/S(\d+)/(ACC|BVP|EDA|TEMP|HR)\.csv")
        chosen = choose_subjects(DATASET, subjects, (number for number, _ in found))
        logs = read_time_logs(files.one(r"Processed_data/Time_logs\.xlsx"))
        numbers = dict.fromkeys(number for number, _ in found)
        recordings = [
            _read_subject(found, number, logs)
            for number in numbers
            if int(number) in chosen
        ]
    return make_bunch(
        DATASET,
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _read_subject(
    found: Members, number: str, logs: Mapping[int, list[tuple[str, float, float]]]
) -> Recording:
    tables = {
        name: read_table(found[number, name.upper()], dtype=np.float64, delimiter=",")
        for name in DATASET.modalities
    }
    start = min(table[0, 0] for table in tables.values())
    signals = {}
    for name, table in tables.items():
        # First row: when it starts, in seconds since 1970. Second row: the rate.
        late = round((table[0, 0] - start) * DATASET.rates[name])
        if table[1, 0] != DATASET.rates[name]:
            raise OSError(
                f"{found[number, name.upper()].name} has a rate of {table[1, 0]} Hz; "
                f"expected {DATASET.rates[name]} Hz."
            )
        values = table[2:].T * SCALES.get(name, 1.0)
        gap = ((0, 0), (late, 0))  # some streams start later
        signals[name] = np.pad(values, gap, constant_values=np.nan).astype(np.float32)
    if int(number) not in logs:
        raise OSError(f"Time_logs.xlsx has no row for S{number}.")
    seconds = signals["acc"].shape[1] / DATASET.rates["acc"]
    return Recording(int(number), signals, _labels(logs[int(number)], start, seconds))


def _labels(
    log: Iterable[tuple[str, float, float]], start: float, seconds: float
) -> np.ndarray:
    """Label each second of a recording; where times overlap, the later task counts."""
    labels = np.full(int(seconds * LABEL_RATE), NO_LABEL)
    for condition, *times in sorted(log, key=lambda entry: _since(entry[1], start)):
        first, end = (max(0, round(_since(time, start) * LABEL_RATE)) for time in times)
        labels[first:end] = CONDITIONS.index(condition)
    return labels


def _since(time: float, start: float) -> float:
    """Compute how many seconds after the start of a recording a time of the log is.

    The log has times without a.m. or p.m., so they are known only up to 12 hours. It was
    kept in winter in Ireland, whose time is then UTC, like that of the wristband.
    """
    return (time - start + 6 * HOUR) % (12 * HOUR) - 6 * HOUR
