"""PAMAP2: three inertial units and a heart rate monitor, 18 activities."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from .._regular_grid import place_on_grid
from ._bunch import DataSet, Recording, encode_labels, make_bunch
from ._choices import validate_fetcher
from ._download import RemoteFile
from ._files import Files, Member
from ._locate import open_files
from ._subjects import choose_subjects
from ._tables import read_table

__all__ = ["fetch_pamap2"]

ACTIVITIES = {  # by the publisher's codes; those of the protocol first
    1: "lying",
    2: "sitting",
    3: "standing",
    4: "walking",
    5: "running",
    6: "cycling",
    7: "nordic_walking",
    12: "ascending_stairs",
    13: "descending_stairs",
    16: "vacuum_cleaning",
    17: "ironing",
    24: "rope_jumping",
    9: "watching_tv",
    10: "computer_work",
    11: "car_driving",
    18: "folding_laundry",
    19: "house_cleaning",
    20: "playing_soccer",
}
N_PROTOCOL = 12
RATE = 100
HEART_RATE = 10  # the monitor measures about 9 times a second: none is lost
LONGEST_HOLD = RATE  # one second
TIME, ACTIVITY, HEART = 0, 1, 2
PLACES = {"hand": 3, "chest": 20, "ankle": 37}  # where a unit's columns begin
SENSORS = {"acc": 1, "gyro": 7, "mag": 10}  # where a sensor's begin among those
FIRST = {
    f"{place}_{sensor}": start + offset
    for place, start in PLACES.items()
    for sensor, offset in SENSORS.items()
}
COLUMNS = [TIME, ACTIVITY, HEART] + [
    c + axis for c in FIRST.values() for axis in range(3)
]
REMOTE = RemoteFile(
    "pamap2+physical+activity+monitoring.zip",
    (
        "https://archive.ics.uci.edu/static/public/231/pamap2+physical+activity+"
        "monitoring.zip",
    ),
    holds=r"Protocol/subject\d+\.dat",
    # As the repository OpenTSLM/TimeNet states it (packages/timenet-connectors/src/
    # timenet_connectors/datasets/uci/pamap2/connector.py), and another independently.
    sha256="76b3580bd5a804121f507717cb498c66a312ef5c774f4a78ac470e6558add352",
)

DATASET = DataSet(
    name="pamap2",
    subjects=tuple(range(101, 110)),
    modalities={name: tuple(f"{name}_{axis}" for axis in "xyz") for name in FIRST}
    | {"heart_rate": ("heart_rate",)},
    rates=dict.fromkeys(FIRST, float(RATE)) | {"heart_rate": float(HEART_RATE)},
    units={
        name: {"acc": "m/s^2", "gyro": "rad/s", "mag": "uT"}[name.split("_")[1]]
        for name in FIRST
    }
    | {"heart_rate": "1/min"},
    target_names=tuple(ACTIVITIES.values()),
    label_rate=float(RATE),
)


@validate_fetcher(optional=["boolean"])
def fetch_pamap2(
    *,
    subjects: Iterable[int] | None = None,
    optional: bool = False,
    as_windows: bool = True,
    window_seconds: float = 5.12,
    step_seconds: float = 1.0,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load PAMAP2: 18 activities by hand, chest and ankle, with the heart rate.

    9 subjects, each with an accelerometer, a gyroscope and a magnetometer at three places
    at 100 Hz, and a heart rate monitor (UCI 231). ``DESCR`` says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 101 to 109; None is all.
    optional : bool, default=False
        Whether to read also the recordings of the 6 activities outside of the protocol,
        which 5 subjects did, and to have 18 classes instead of 12.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=5.12
        Length of a window. The publisher's, and most others'.
    step_seconds : float, default=1.0
        From the start of one window to that of the next; the publisher's, too.
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
            ``hand_acc``, ``hand_gyro``, ``hand_mag`` and the same of ``chest`` and
            ``ankle``, of shape (n_windows, 3, 512), and ``heart_rate``, of shape
            (n_windows, 1, 51). NaN where the radio lost samples. If not
            ``as_windows``, a list of recordings, one for each file: dicts of arrays
            (n_channels, n_samples).
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
    Reiss, Stricker. Introducing a New Benchmarked Dataset for Activity Monitoring. ISWC
    2012.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_pamap2
    >>> pamap2 = fetch_pamap2(subjects=[101, 102])  # doctest: +SKIP
    >>> pamap2.data["hand_acc"].shape[1:]  # doctest: +SKIP
    (3, 512)
    """
    folders = ("Protocol", "Optional") if optional else ("Protocol",)
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        recordings = _read(files, subjects, folders)
    names = DATASET.target_names if optional else DATASET.target_names[:N_PROTOCOL]
    return make_bunch(
        replace(DATASET, target_names=names),
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _read(
    files: Files, subjects: Iterable[int] | None, folders: tuple[str, ...]
) -> list[Recording]:
    found = files.find(rf"({'|'.join(folders)})/subject(\d+)\.dat")
    for folder in folders:
        if not any(where == folder for where, _ in found):
            raise OSError(f"No file of the folder {folder} was found beside the others.")
    chosen = choose_subjects(DATASET, subjects, (number for _, number in found))
    return [
        _read_file(found[folder, str(subject)], subject)
        for subject in chosen
        for folder in folders
        if (folder, str(subject)) in found
    ]


def _read_file(member: Member, subject: int) -> Recording:
    table = read_table(member, usecols=COLUMNS, dtype=np.float64)
    times = table[:, TIME]
    # Moments without a row become NaN, like values that the radio lost.
    activity, heart, *axes = place_on_grid(times, table[:, 1:], times.min(), RATE)
    stacked = np.array(axes, dtype=np.float32).reshape(len(FIRST), 3, -1)
    signals = dict(zip(FIRST, stacked, strict=True))
    signals["heart_rate"] = _held(heart, RATE // HEART_RATE)[None].astype(np.float32)
    return Recording(subject, signals, encode_labels(activity, ACTIVITIES))


def _held(values: np.ndarray, step: int) -> np.ndarray:
    """Return the last measurement at every ``step``-th sample; NaN if it is too old."""
    moments = np.arange(len(values))
    last = np.maximum.accumulate(np.where(np.isnan(values), -1, moments))
    recent = (last >= 0) & (moments - last <= LONGEST_HOLD)
    return np.where(recent, values[last], np.nan)[::step]
