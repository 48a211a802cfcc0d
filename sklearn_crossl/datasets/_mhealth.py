"""MHEALTH: motion of three parts of the body, and the electrocardiogram."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from ._bunch import DataSet, Recording, make_bunch
from ._choices import validate_fetcher
from ._download import RemoteFile
from ._files import Member
from ._locate import open_files
from ._subjects import choose_subjects
from ._tables import read_table

__all__ = ["fetch_mhealth"]

ACTIVITIES = (
    "standing",
    "sitting",
    "lying",
    "walking",
    "climbing_stairs",
    "waist_bends",
    "arm_elevation",
    "knees_bending",
    "cycling",
    "jogging",
    "running",
    "jumping",
)
# In the order of the columns; the last one, after these, is the label.
COLUMNS = {
    "chest_acc": ("x", "y", "z"),
    "ecg": ("lead_1", "lead_2"),
    "ankle_acc": ("x", "y", "z"),
    "ankle_gyro": ("x", "y", "z"),
    "ankle_mag": ("x", "y", "z"),
    "arm_acc": ("x", "y", "z"),
    "arm_gyro": ("x", "y", "z"),
    "arm_mag": ("x", "y", "z"),
}
UNITS = {"acc": "m/s^2", "ecg": "mV", "gyro": "deg/s", "mag": "a.u."}
RATE = 50.0
DATASET = DataSet(
    name="mhealth",
    subjects=tuple(range(1, 11)),
    modalities={
        name: tuple(f"{name}_{channel}" for channel in channels)
        for name, channels in COLUMNS.items()
    },
    rates=dict.fromkeys(COLUMNS, RATE),
    units={name: UNITS[name.split("_")[-1]] for name in COLUMNS},
    target_names=ACTIVITIES,
    label_rate=RATE,
)
REMOTE = RemoteFile(
    "mhealth+dataset.zip",
    ("https://archive.ics.uci.edu/static/public/319/mhealth+dataset.zip",),
    holds=r"mHealth_subject\d+\.log",
    # As the repository OpenTSLM/TimeNet states it, and others independently.
    sha256="16ad0ce709f3f00df18f348610d15bce0884b79e2143f57f446493673f02b8e0",
)


@validate_fetcher()
def fetch_mhealth(
    *,
    subjects: Iterable[int] | None = None,
    as_windows: bool = True,
    window_seconds: float = 5.0,
    step_seconds: float = 2.5,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load MHEALTH: motion of chest, ankle and arm, and two leads of ECG.

    10 subjects, 8 modalities at 50 Hz, 12 activities (UCI 319). ``DESCR`` says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 1 to 10; None is all.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=5.0
        Length of a window: long enough for a few heartbeats and a slow repetition.
    step_seconds : float, default=2.5
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
            ``chest_acc``, ``ankle_acc``, ``ankle_gyro``, ``ankle_mag``, ``arm_acc``,
            ``arm_gyro`` and ``arm_mag`` of shape (n_windows, 3, n_timepoints), ``ecg`` of
            shape (n_windows, 2, n_timepoints). If not ``as_windows``, a list of
            recordings, one for each subject: dicts of arrays (n_channels, n_samples).
        target : int ndarray of shape (n_windows,)
            Positions in ``target_names``: what most of the window shows. Windows that
            mostly have no label are left out. If not ``as_windows``, a list with an
            array of labels for each recording, -1 where there is none.
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
    Banos, Garcia, Holgado-Terriza, Damas, Pomares, Rojas, Saez, Villalonga. mHealthDroid:
    a novel framework for agile development of mobile health applications. IWAAL, 2014.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_mhealth
    >>> mhealth = fetch_mhealth(subjects=[1])  # doctest: +SKIP
    >>> mhealth.data["ecg"].shape[1:]  # doctest: +SKIP
    (2, 250)
    """
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        found = files.find(r"mHealth_subject(\d+)\.log")
        chosen = choose_subjects(DATASET, subjects, (number for (number,) in found))
        recordings = [
            _read_subject(int(number), member)
            for (number,), member in found.items()
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


def _read_subject(number: int, member: Member) -> Recording:
    ends = np.cumsum([len(channels) for channels in COLUMNS.values()])
    table = read_table(member, usecols=range(ends[-1] + 1))
    channels = np.ascontiguousarray(table[:, :-1].T)  # (23, n_samples)
    signals = dict(zip(COLUMNS, np.split(channels, ends[:-1]), strict=True))
    return Recording(number, signals, table[:, -1].astype(np.int64) - 1)  # 0 was none
