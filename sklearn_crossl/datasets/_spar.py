"""SPAR: shoulder exercises by a smartwatch."""

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

__all__ = ["fetch_spar"]

EXERCISES = (
    "pendulum",
    "abduction",
    "forward_elevation",
    "internal_rotation",
    "external_rotation",
    "trapezius_row",
    "bent_over_row",
)
RATE = 50.0
DATASET = DataSet(
    name="spar",
    subjects=tuple(range(1, 21)),
    modalities={
        "acc": ("acc_x", "acc_y", "acc_z"),
        "gyro": ("gyro_x", "gyro_y", "gyro_z"),
    },
    rates={"acc": RATE, "gyro": RATE},
    units={"acc": "g", "gyro": "rad/s"},
    target_names=EXERCISES,
    label_rate=RATE,
)
FILE = r"S(\d+)_E(\d+)_([LR])\.csv"  # subject, exercise, arm
COMMIT = "d68b43998fc39d73846cb84f7e7bb304c4b10795"
REMOTE = RemoteFile(
    f"SPAR-dataset-{COMMIT}.zip",
    (f"https://github.com/dmbee/SPAR-dataset/archive/{COMMIT}.zip",),
    holds=FILE,
)


@validate_fetcher()
def fetch_spar(
    *,
    subjects: Iterable[int] | None = None,
    as_windows: bool = True,
    window_seconds: float = 2.56,
    step_seconds: float = 1.28,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load SPAR: seven exercises of the shoulder, by a watch on either wrist.

    20 subjects, an accelerometer and a gyroscope at 50 Hz; each exercise twenty times
    with each arm. ``DESCR`` says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 1 to 20; None is all.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=2.56
        Length of a window: about one repetition.
    step_seconds : float, default=1.28
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
            ``acc`` and ``gyro``, both of shape (n_windows, 3, n_timepoints). If not
            ``as_windows``, a list of recordings, one for each exercise of each arm of
            each subject: dicts of arrays (3, n_samples).
        target : int ndarray of shape (n_windows,)
            Positions in ``target_names``. If not ``as_windows``, a list with an array of
            labels for each recording.
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
    Burns, Leung, Hardisty, Whyne, Henry, McLachlin. Shoulder physiotherapy exercise
    recognition: machine learning the inertial signals from a smartwatch. Physiological
    Measurement 39(7):075007, 2018, arXiv:1802.01489.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_spar
    >>> spar = fetch_spar(subjects=[1, 2])  # doctest: +SKIP
    >>> spar.data["gyro"].shape[1:]  # doctest: +SKIP
    (3, 128)
    """
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        found = files.find(FILE)
        chosen = choose_subjects(DATASET, subjects, (subject for subject, _, _ in found))
        recordings = [
            _read(member, int(subject), int(exercise))
            for (subject, exercise, _), member in found.items()
            if int(subject) in chosen
        ]
    return make_bunch(
        DATASET,
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _read(member: Member, subject: int, exercise: int) -> Recording:
    table = read_table(member, delimiter=",", skiprows=1)
    n_columns = sum(len(channels) for channels in DATASET.modalities.values())
    if exercise >= len(EXERCISES) or table.shape[1] != n_columns:
        raise OSError(
            f"{member.name} is not as published: exercise {exercise} of "
            f"{len(EXERCISES)}, {table.shape[1]} columns; expected {n_columns}."
        )
    acc, gyro = np.ascontiguousarray(table.T).reshape(2, 3, -1)  # (6, n) to (2, 3, n)
    return Recording(subject, {"acc": acc, "gyro": gyro}, np.full(len(table), exercise))
