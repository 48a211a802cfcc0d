"""Daily and Sports Activities (DSADS): five units of nine sensors on the body."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ._bunch import DataSet, Recording, make_bunch
from ._choices import validate_fetcher
from ._download import RemoteFile
from ._files import Files, Member
from ._locate import open_files
from ._subjects import choose_subjects
from ._tables import read_table

__all__ = ["fetch_daily_sports"]

ACTIVITIES = (
    "sitting",
    "standing",
    "lying_back",
    "lying_right",
    "ascending_stairs",
    "descending_stairs",
    "standing_elevator",
    "moving_elevator",
    "walking_parking",
    "treadmill_flat_4kmh",
    "treadmill_incline_4kmh",
    "running_treadmill_8kmh",
    "stepper",
    "cross_trainer",
    "cycling_horizontal",
    "cycling_vertical",
    "rowing",
    "jumping",
    "basketball",
)
# Activities whose segments are not contiguous: from the end of one segment to the start
# of the next, signals change four times as much as from sample to sample.
IN_PIECES = ("ascending_stairs", "descending_stairs")
PLACES = ("torso", "rarm", "larm", "rleg", "lleg")  # right and left arm and leg
UNITS = {"acc": "m/s^2", "gyro": "rad/s", "mag": "a.u."}
NAMES = [f"{place}_{sensor}" for place in PLACES for sensor in UNITS]
RATE = 25.0
N_COLUMNS = 45  # three for each name
DATASET = DataSet(
    name="daily_sports",
    subjects=tuple(range(1, 9)),
    modalities={name: tuple(f"{name}_{axis}" for axis in "xyz") for name in NAMES},
    rates=dict.fromkeys(NAMES, RATE),
    units={name: UNITS[name.split("_")[1]] for name in NAMES},
    target_names=ACTIVITIES,
    label_rate=RATE,
)
REMOTE = RemoteFile(
    "daily+and+sports+activities.zip",
    ("https://archive.ics.uci.edu/static/public/256/daily+and+sports+activities.zip",),
    holds=r"a01/p\d+/s\d+\.txt",
    # As the repository GuGuGu-coocoo/PsyMl_Toolkit states it (tools/cases).
    sha256="f42ad7744ecf14151c9fa3a86dfb5b24de9d7cb7ffe956ef5de242983459c77e",
)


@validate_fetcher()
def fetch_daily_sports(
    *,
    subjects: Iterable[int] | None = None,
    as_windows: bool = True,
    window_seconds: float = 5.0,
    step_seconds: float = 5.0,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load Daily and Sports Activities: 15 sensors on five parts of the body.

    8 subjects; an accelerometer, a gyroscope and a magnetometer on the torso, both arms
    and both legs, at 25 Hz; 19 activities of 5 minutes each (DSADS, UCI 256). ``DESCR``
    says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 1 to 8; None is all.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=5.0
        Length of a window; that of the publisher's segments.
    step_seconds : float, default=5.0
        From the start of one window to that of the next. The default gives the
        publisher's segments, one after another.
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

        data : SliceDict of str to float32 ndarray of shape (n_windows, 3, n_timepoints)
            ``torso_acc``, ``torso_gyro``, ``torso_mag``, and the same of ``rarm``,
            ``larm``, ``rleg`` and ``lleg``. If not ``as_windows``, a list of recordings,
            of one activity each: dicts of arrays (3, n_samples).
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
    Altun, Barshan, Tuncel. Comparative study on classifying human activities with
    miniature inertial and magnetic sensors. Pattern Recognition 43(10), 2010.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_daily_sports
    >>> sports = fetch_daily_sports(subjects=[1])  # doctest: +SKIP
    >>> sports.data["torso_acc"].shape  # doctest: +SKIP
    (1140, 3, 125)
    """
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        recordings = _read(files, subjects)
    return make_bunch(
        DATASET,
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _read(files: Files, subjects: Iterable[int] | None) -> list[Recording]:
    found = files.find(r"a(\d+)/p(\d+)/s(\d+)\.txt")  # activity, person, segment
    chosen = choose_subjects(DATASET, subjects, (person for _, person, _ in found))
    segments: dict[tuple[int, int], dict[int, Member]] = defaultdict(dict)
    for (activity, person, number), member in found.items():
        if int(person) in chosen:
            segments[int(activity) - 1, int(person)][int(number)] = member
    return [
        _join(activity, person, [members[number] for number in run])
        for (activity, person), members in segments.items()
        for run in _runs(list(members), ACTIVITIES[activity] in IN_PIECES)
    ]


def _runs(numbers: Sequence[int], in_pieces: bool) -> list[list[int]]:
    """Split ascending numbers of segments into runs that are contiguous in time."""
    runs: list[list[int]] = []
    for number in numbers:
        if in_pieces or not runs or runs[-1][-1] != number - 1:
            runs.append([])
        runs[-1].append(number)
    return runs


def _join(activity: int, person: int, members: Sequence[Member]) -> Recording:
    """Read segments that follow one another."""
    options: dict[str, Any] = {"delimiter": ",", "usecols": range(N_COLUMNS)}
    table = np.concatenate([read_table(member, **options) for member in members])
    channels = np.ascontiguousarray(table.T)  # (45, n_samples)
    signals = dict(zip(NAMES, np.split(channels, len(NAMES)), strict=True))
    return Recording(person, signals, np.full(len(table), activity))
