"""HAPT: a smartphone on the waist, and how people change their posture."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from ._bunch import NO_LABEL, DataSet, Recording, make_bunch
from ._choices import validate_fetcher
from ._download import RemoteFile
from ._files import Files, Members
from ._locate import open_files
from ._subjects import choose_subjects
from ._tables import read_table

__all__ = ["fetch_hapt"]

ACTIVITIES = (
    "walking",
    "walking_upstairs",
    "walking_downstairs",
    "sitting",
    "standing",
    "laying",
    "stand_to_sit",
    "sit_to_stand",
    "sit_to_lie",
    "lie_to_sit",
    "stand_to_lie",
    "lie_to_stand",
)
N_BASIC = 6  # the activities; what follows are the transitions between three of them
RATE = 50.0
SENSORS = ("acc", "gyro")
REMOTE = RemoteFile(
    "smartphone+based+recognition+of+human+activities+and+postural+transitions.zip",
    (
        "https://archive.ics.uci.edu/static/public/341/smartphone+based+recognition+of+"
        "human+activities+and+postural+transitions.zip",
    ),
    holds=r"RawData/labels\.txt",
    # As the repository BrianMills2718/linguistic-core states it
    # (evaluation/uci_posture_grounding/evaluate.py), and others independently.
    sha256="4ac4ae064227c07045a99551876b54d204837e995e298b6488559e209b3deb09",
)

DATASET = DataSet(
    name="hapt",
    subjects=tuple(range(1, 31)),
    modalities={name: tuple(f"{name}_{axis}" for axis in "xyz") for name in SENSORS},
    rates=dict.fromkeys(SENSORS, RATE),
    units={"acc": "g", "gyro": "rad/s"},
    target_names=ACTIVITIES,
    label_rate=RATE,
)


@validate_fetcher(transitions=["boolean"])
def fetch_hapt(
    *,
    subjects: Iterable[int] | None = None,
    transitions: bool = False,
    as_windows: bool = True,
    window_seconds: float = 2.56,
    step_seconds: float = 1.28,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load HAPT: activities and postural transitions by a smartphone on the waist.

    30 subjects, an accelerometer and a gyroscope at 50 Hz, 6 activities and 6
    transitions between postures (UCI 341). ``DESCR`` says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 1 to 30; None is all.
    transitions : bool, default=False
        Whether the 6 transitions, such as ``stand_to_sit``, are classes too. They are
        short and rare. If False, those moments have no label.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=2.56
        Length of a window; the publisher's.
    step_seconds : float, default=1.28
        From the start of one window to that of the next; the publisher's.
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
            ``acc`` and ``gyro``. If not ``as_windows``, a list of recordings, one for
            each experiment: dicts of arrays (3, n_samples).
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
    Reyes-Ortiz, Oneto, Sama, Parra, Anguita. Transition-Aware Human Activity Recognition
    Using Smartphones. Neurocomputing 171, 2016.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_hapt
    >>> hapt = fetch_hapt(subjects=[1, 2])  # doctest: +SKIP
    >>> hapt.data["acc"].shape  # doctest: +SKIP
    (746, 3, 128)
    """
    n_classes = len(ACTIVITIES) if transitions else N_BASIC
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        recordings = _read(files, subjects, n_classes)
    about = replace(DATASET, target_names=ACTIVITIES[:n_classes])
    return make_bunch(
        about,
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _read(
    files: Files, subjects: Iterable[int] | None, n_classes: int
) -> list[Recording]:
    found = files.find(r"RawData/(acc|gyro)_exp(\d+)_user(\d+)\.txt")
    experiments = {number: user for _, number, user in found}
    chosen = choose_subjects(DATASET, subjects, experiments.values())
    # experiment, user, activity, first and last sample; all of them count from 1
    marks = read_table(files.one(r"RawData/labels\.txt"), dtype=np.int64)
    marks = marks[marks[:, 2] <= n_classes]
    return [
        _read_experiment(found, number, user, marks[marks[:, 0] == int(number)])
        for number, user in experiments.items()
        if int(user) in chosen
    ]


def _read_experiment(
    found: Members, number: str, user: str, marks: np.ndarray
) -> Recording:
    """Read one experiment; marks has a row for each stretch of one activity."""
    signals = {
        sensor: np.ascontiguousarray(read_table(found[sensor, number, user]).T)
        for sensor in SENSORS
    }
    labels = np.full(signals["acc"].shape[1], NO_LABEL)
    for _, _, activity, first, last in marks:
        labels[first - 1 : last] = activity - 1
    return Recording(int(user), signals, labels)
