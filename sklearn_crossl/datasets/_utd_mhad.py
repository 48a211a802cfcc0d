"""UTD-MHAD: short actions, by an inertial sensor and a depth camera."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.io import loadmat

from ._bunch import DataSet, Recording, make_bunch
from ._choices import validate_fetcher
from ._download import RemoteFile
from ._files import Files, Member, Members, damaged_as_oserror
from ._locate import open_files
from ._subjects import choose_subjects

__all__ = ["fetch_utd_mhad"]

ACTIONS = (
    "swipe_left",
    "swipe_right",
    "wave",
    "clap",
    "throw",
    "arm_cross",
    "basketball_shoot",
    "draw_x",
    "draw_circle_cw",
    "draw_circle_ccw",
    "draw_triangle",
    "bowling",
    "boxing",
    "baseball_swing",
    "tennis_swing",
    "arm_curl",
    "tennis_serve",
    "push",
    "knock",
    "catch",
    "pickup_throw",
    "jog",
    "walk",
    "sit2stand",
    "stand2sit",
    "lunge",
    "squat",
)
JOINTS = (
    "head",
    "shoulder_center",
    "spine",
    "hip_center",
    *(f"left_{joint}" for joint in ("shoulder", "elbow", "wrist", "hand")),
    *(f"right_{joint}" for joint in ("shoulder", "elbow", "wrist", "hand")),
    *(f"left_{joint}" for joint in ("hip", "knee", "ankle", "foot")),
    *(f"right_{joint}" for joint in ("hip", "knee", "ankle", "foot")),
)
INERTIAL_RATE = 50.0
DATASET = DataSet(
    name="utd_mhad",
    subjects=tuple(range(1, 9)),
    modalities={
        "acc": ("acc_x", "acc_y", "acc_z"),
        "gyro": ("gyro_x", "gyro_y", "gyro_z"),
        "skeleton": tuple(f"{joint}_{axis}" for joint in JOINTS for axis in "xyz"),
    },
    rates={"acc": INERTIAL_RATE, "gyro": INERTIAL_RATE, "skeleton": 30.0},
    units={"acc": "g", "gyro": "deg/s", "skeleton": "m"},
    target_names=ACTIONS,
    label_rate=INERTIAL_RATE,
)
# The second host's certificate lacks a link of its chain, which not every client finds.
HOSTS = ("https://www.utdallas.edu/~kehtar", "https://personal.utdallas.edu/~kehtar")
REMOTE = (
    RemoteFile(
        "Inertial.zip",
        tuple(f"{host}/UTD-MAD/Inertial.zip" for host in HOSTS),
        holds=r"a\d+_s\d+_t\d+_inertial\.mat",
        # As the repository Maisha2001/video-imu-action-recognition states it.
        sha256="1900de05775c04626dee30b34638b79dd739d481786f0a788f2fbb00663abea4",
    ),
    RemoteFile(
        "Skeleton.zip",
        tuple(f"{host}/UTD-MAD/Skeleton.zip" for host in HOSTS),
        holds=r"a\d+_s\d+_t\d+_skeleton\.mat",
    ),
)


@validate_fetcher()
def fetch_utd_mhad(
    *,
    subjects: Iterable[int] | None = None,
    as_windows: bool = True,
    window_seconds: float | None = None,
    step_seconds: float | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load UTD-MHAD: 27 actions by an inertial sensor and the joints of the body.

    8 subjects, an accelerometer and a gyroscope at 50 Hz, the positions of 20 joints at
    30 Hz, 861 trials of 2 to 7 seconds. ``DESCR`` says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 1 to 8; None is all.
    as_windows : bool, default=True
        Whether to cut windows, or to return the trials as recordings.
    window_seconds : float, default=None
        Length of a window. None is the usual choice: one window is one whole trial. Of
        the shortest trial, the joints were recorded for 1.4 seconds; trials shorter than
        a window are left out.
    step_seconds : float, default=None
        From the start of one window to that of the next; None is ``window_seconds``.
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

        data : SliceDict of str to object ndarray of shape (n_trials,)
            ``acc`` and ``gyro``, arrays (3, n_samples), and ``skeleton``, arrays
            (60, n_frames), float32, of unequal lengths: ``CroSSLTransformer`` takes them
            as they are. With ``window_seconds``, float32 arrays (n_windows, n_channels,
            n_timepoints). If not ``as_windows``, a list of trials: dicts of arrays.
        target : int ndarray of shape (n_trials,) or (n_windows,)
            Positions in ``target_names``. If not ``as_windows``, a list with an array of
            labels for each trial.
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
    Chen, Jafari, Kehtarnavaz. UTD-MHAD: A Multimodal Dataset for Human Action Recognition
    Utilizing a Depth Camera and a Wearable Inertial Sensor. ICIP, 2015.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_utd_mhad
    >>> actions = fetch_utd_mhad(subjects=[1])  # doctest: +SKIP
    >>> [x.shape for x in actions.data["skeleton"][:3]]  # doctest: +SKIP
    [(60, 48), (60, 52), (60, 53)]
    """
    with open_files(DATASET.name, REMOTE, data_home, download_if_missing) as files:
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
    # action, subject, trial, and which of the two recorded it
    found = files.find(r"a(\d+)_s(\d+)_t(\d+)_(inertial|skeleton)\.mat")
    chosen = choose_subjects(DATASET, subjects, (subject for _, subject, _, _ in found))
    trials = dict.fromkeys(groups[:3] for groups in found)
    return [_read_trial(found, *trial) for trial in trials if int(trial[1]) in chosen]


def _read_trial(found: Members, action: str, subject: str, trial: str) -> Recording:
    inertial = _read_matrix(found[action, subject, trial, "inertial"], "d_iner").T
    skeleton = _read_matrix(found[action, subject, trial, "skeleton"], "d_skel")
    signals = {
        "acc": inertial[:3],
        "gyro": inertial[3:],
        "skeleton": skeleton.reshape(-1, skeleton.shape[-1]),  # (20, 3, n) to (60, n)
    }
    labels = np.full(inertial.shape[1], int(action) - 1)
    return Recording(int(subject), signals, labels)


def _read_matrix(member: Member, name: str) -> np.ndarray:
    with member.open() as file, damaged_as_oserror(member.name):
        matrices = loadmat(file, variable_names=[name])
    if name not in matrices:
        raise OSError(f"{member.name} is not as published: it has no {name}.")
    return np.ascontiguousarray(matrices[name], dtype=np.float32)
