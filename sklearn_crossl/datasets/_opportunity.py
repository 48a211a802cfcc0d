"""Opportunity: a kitchen, and people with sensors all over the body."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils._param_validation import StrOptions

from ._bunch import DataSet, Recording, encode_labels, make_bunch
from ._choices import validate_fetcher
from ._download import RemoteFile
from ._files import Files, Member
from ._locate import open_files
from ._subjects import choose_subjects
from ._tables import read_table

__all__ = ["fetch_opportunity"]

RATE = 30.0
# Columns count from 0, one less than in the publisher's column_names.txt.
ACCELEROMETERS = {
    "acc_right_knee_top": 1,
    "acc_hip": 4,
    "acc_left_upper_arm_top": 7,
    "acc_right_upper_arm_bottom": 10,
    "acc_left_hand": 13,
    "acc_back": 16,
    "acc_right_knee_bottom": 19,
    "acc_right_wrist": 22,
    "acc_right_upper_arm_top": 25,
    "acc_left_upper_arm_bottom": 28,
    "acc_left_wrist": 31,
    "acc_right_hand": 34,
}
INERTIAL_UNITS = {  # their quaternions, which follow, are left out
    "imu_back": 37,
    "imu_right_upper_arm": 50,
    "imu_right_lower_arm": 63,
    "imu_left_upper_arm": 76,
    "imu_left_lower_arm": 89,
}
SHOES = {"imu_left_shoe": 102, "imu_right_shoe": 118}
FIRST = ACCELEROMETERS | INERTIAL_UNITS | SHOES


def _axes(*sensors: str) -> tuple[str, ...]:
    return tuple(f"{sensor}_{axis}" for sensor in sensors for axis in "xyz")


CHANNELS = (
    dict.fromkeys(ACCELEROMETERS, _axes("acc"))
    | dict.fromkeys(INERTIAL_UNITS, _axes("acc", "gyro", "mag"))
    | dict.fromkeys(
        SHOES,
        (*_axes("euler", "nav_acc", "body_acc", "body_gyro", "nav_gyro"), "compass"),
    )
)
LABELS = {  # the column, and the classes by the publisher's codes
    "locomotion": (243, {1: "stand", 2: "walk", 4: "sit", 5: "lie"}),
    "gestures": (
        249,
        {
            406516: "open_door_1",
            406517: "open_door_2",
            404516: "close_door_1",
            404517: "close_door_2",
            406520: "open_fridge",
            404520: "close_fridge",
            406505: "open_dishwasher",
            404505: "close_dishwasher",
            406519: "open_drawer_1",
            404519: "close_drawer_1",
            406511: "open_drawer_2",
            404511: "close_drawer_2",
            406508: "open_drawer_3",
            404508: "close_drawer_3",
            408512: "clean_table",
            407521: "drink_from_cup",
            405506: "toggle_switch",
        },
    ),
}
REMOTE = RemoteFile(
    "opportunity+activity+recognition.zip",
    (
        "https://archive.ics.uci.edu/static/public/226/opportunity+activity+"
        "recognition.zip",
    ),
    holds=r"S\d-ADL\d\.dat",
)

DATASET = DataSet(
    name="opportunity",
    subjects=tuple(range(1, 5)),
    modalities={
        name: tuple(f"{name}_{channel}" for channel in CHANNELS[name]) for name in FIRST
    },
    rates=dict.fromkeys(FIRST, RATE),
    units=dict.fromkeys(ACCELEROMETERS, "mg")
    | dict.fromkeys(INERTIAL_UNITS, "acc mg, gyro and mag 1/1000 of an unstated unit")
    | dict.fromkeys(SHOES, "euler and compass deg, acc mg, gyro 1/1000 unstated"),
    target_names=(),
    label_rate=RATE,
)


@validate_fetcher(drill=["boolean"], target_name=[StrOptions(set(LABELS))])
def fetch_opportunity(
    *,
    subjects: Iterable[int] | None = None,
    target_name: str = "locomotion",
    drill: bool = True,
    as_windows: bool = True,
    window_seconds: float = 1.0,
    step_seconds: float = 0.5,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load Opportunity: morning in a kitchen, by 19 sensors on the body.

    4 subjects with 12 accelerometers, 5 inertial units and 2 inertial units on the shoes,
    at 30 Hz; posture and gestures are labelled (UCI 226). ``DESCR`` says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 1 to 4; None is all.
    target_name : {"locomotion", "gestures"}, default="locomotion"
        What the labels tell: one of 4 postures and ways to move, or one of 17 gestures,
        such as ``open_fridge``.
    drill : bool, default=True
        Whether to read also the drill runs, in which each gesture is repeated 20 times.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=1.0
        Length of a window; the usual choice.
    step_seconds : float, default=0.5
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

        data : SliceDict of str to float32 ndarray of shape (n_windows, n_channels, 30)
            12 accelerometers, such as ``acc_hip``, of 3 channels; 5 inertial units, such
            as ``imu_back``, of 9; and ``imu_left_shoe`` and ``imu_right_shoe``, of 16.
            NaN where the radio lost samples. If not ``as_windows``, a list of
            recordings, one for each file: dicts of arrays (n_channels, n_samples).
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
        If there is no such subject or target, or no window fits.

    Warns
    -----
    UserWarning
        If all subjects are asked for and files of some are not there.

    References
    ----------
    Chavarriaga, Sagha, Calatroni, Digumarti, Tröster, Millán, Roggen. The Opportunity
    challenge: A benchmark database for on-body sensor-based activity recognition. Pattern
    Recognition Letters 34(15), 2013.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_opportunity
    >>> opportunity = fetch_opportunity(subjects=[1], drill=False)  # doctest: +SKIP
    >>> opportunity.data["imu_back"].shape[1:]  # doctest: +SKIP
    (9, 30)
    """
    column, classes = LABELS[target_name]
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        recordings = _read(files, subjects, drill, column, list(classes))
    return make_bunch(
        replace(DATASET, target_names=tuple(classes.values())),
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _read(
    files: Files,
    subjects: Iterable[int] | None,
    drill: bool,
    label_column: int,
    codes: list[int],
) -> list[Recording]:
    found = files.find(r"S(\d)-(ADL\d|Drill)\.dat" if drill else r"S(\d)-(ADL\d)\.dat")
    chosen = choose_subjects(DATASET, subjects, (number for number, _ in found))
    return [
        _read_run(member, int(number), label_column, codes)
        for (number, _), member in found.items()
        if int(number) in chosen
    ]


def _read_run(
    member: Member, subject: int, label_column: int, codes: list[int]
) -> Recording:
    widths = [len(CHANNELS[name]) for name in FIRST]
    columns = [
        first + offset
        for first, width in zip(FIRST.values(), widths, strict=True)
        for offset in range(width)
    ]
    *channels, marks = read_table(member, usecols=[*columns, label_column]).T
    parts = np.split(np.array(channels), np.cumsum(widths)[:-1])
    signals = dict(zip(FIRST, parts, strict=True))
    return Recording(subject, signals, encode_labels(marks, codes))
