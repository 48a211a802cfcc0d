"""RealWorld HAR: seven smartphones on the body, 8 activities out of doors."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ._bunch import DataSet, Recording, make_bunch
from ._choices import choose_parts, validate_fetcher
from ._download import RemoteFile
from ._files import Files, Member
from ._locate import open_files
from ._subjects import choose_subjects
from ._tables import read_table

__all__ = ["fetch_realworld_har"]

logger = logging.getLogger(__name__)

ACTIVITIES = (
    "climbingdown",
    "climbingup",
    "jumping",
    "lying",
    "running",
    "sitting",
    "standing",
    "walking",
)
POSITIONS = ("chest", "forearm", "head", "shin", "thigh", "upperarm", "waist")
FILE_NAMES = {"acc": "acc", "gyr": "Gyroscope", "mag": "MagneticField"}
UNITS = {"acc": "m/s^2", "gyr": "rad/s", "mag": "uT"}
PERIOD = 20  # milliseconds, as the files have them
RATE = 1000 / PERIOD
LONGEST_GAP = 100
REMOTE = RemoteFile(
    "realworld2016_dataset.zip",
    (
        "https://wifo5-14.informatik.uni-mannheim.de/sensor/dataset/realworld2016/"
        "realworld2016_dataset.zip",
        "http://wifo5-14.informatik.uni-mannheim.de/sensor/dataset/realworld2016/"
        "realworld2016_dataset.zip",
    ),
    holds=r"proband\d+/data/acc_.*",
)

DATASET = DataSet(
    name="realworld_har",
    subjects=tuple(range(1, 16)),
    modalities={
        f"{position}_{sensor}": tuple(f"{position}_{sensor}_{axis}" for axis in "xyz")
        for position in POSITIONS
        for sensor in FILE_NAMES
    },
    rates={f"{p}_{sensor}": RATE for p in POSITIONS for sensor in FILE_NAMES},
    units={f"{p}_{sensor}": UNITS[sensor] for p in POSITIONS for sensor in FILE_NAMES},
    target_names=ACTIVITIES,
    label_rate=RATE,
)


class Samples(NamedTuple):
    """The samples of one phone's sensor, and their times."""

    times: np.ndarray  # (n,), milliseconds, in order
    values: np.ndarray  # (n, 3)


@validate_fetcher()
def fetch_realworld_har(
    *,
    subjects: Iterable[int] | None = None,
    sensors: Iterable[str] = ("acc", "gyr"),
    positions: Iterable[str] | None = None,
    as_windows: bool = True,
    window_seconds: float = 2.56,
    step_seconds: float = 1.28,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load RealWorld HAR: 8 activities by devices at seven places on the body.

    15 subjects in their everyday surroundings, with a phone or watch at each place, which
    recorded acceleration, angular velocity and magnetic field at about 50 Hz. ``DESCR``
    says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 1 to 15; None is all.
    sensors : iterable of {"acc", "gyr", "mag"}, default=("acc", "gyr")
        What to read. The magnetic field depends on the place more than on the activity.
    positions : iterable of str, default=None
        Where on the body: "chest", "forearm", "head", "shin", "thigh", "upperarm" and
        "waist"; None is all.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=2.56
        Length of a window: two steps or more.
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

        data : SliceDict of str to float32 ndarray of shape (n_windows, 3, n_timepoints)
            Such as ``chest_acc`` and ``chest_gyr``. All NaN where a subject lacks one;
            NaN in gaps. If not ``as_windows``, a list of recordings,
            one for each subject and activity, more where that was interrupted: dicts of
            arrays (3, n_samples).
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
        If there is no such subject, sensor or position, or no window fits.

    Warns
    -----
    UserWarning
        If all subjects are asked for and files of some are not there.

    References
    ----------
    Sztyler, Stuckenschmidt. On-body Localization of Wearable Devices: An Investigation of
    Position-Aware Activity Recognition. PerCom 2016.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_realworld_har
    >>> realworld = fetch_realworld_har(
    ...     subjects=[1], positions=["waist", "head"]
    ... )  # doctest: +SKIP
    >>> realworld.data["waist_acc"].shape[1:]  # doctest: +SKIP
    (3, 128)
    """
    kinds = choose_parts("sensors", sensors, tuple(FILE_NAMES))
    places = choose_parts("positions", positions, POSITIONS)
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        recordings = _read(files, subjects, kinds, places)
    wanted = [f"{place}_{kind}" for place in places for kind in kinds]
    return make_bunch(
        replace(DATASET, modalities={name: DATASET.modalities[name] for name in wanted}),
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _read(
    files: Files,
    subjects: Iterable[int] | None,
    kinds: tuple[str, ...],
    places: tuple[str, ...],
) -> list[Recording]:
    # To list the subjects, their archives need not be opened.
    outside = r"^(?!.*/proband\d+/data/)"
    known = files.find(r"proband(\d+)/data/acc_.*", inside=outside)
    chosen = choose_subjects(DATASET, subjects, (number for (number,) in known))
    numbers = "|".join(map(str, chosen))
    kind_of = {FILE_NAMES[kind]: kind for kind in kinds}
    # An activity's files are in an archive, perhaps unpacked, or in archives within it;
    # a file's own name says what it contains.
    found = files.find(
        rf"proband({numbers})/data/(?:.*/)?({'|'.join(kind_of)})_({'|'.join(ACTIVITIES)})"
        rf"(?:_(\d))?_({'|'.join(places)})\.csv",
        inside=rf"{outside}|/proband(?:{numbers})/data/(?:{'|'.join(kinds)})_",
    )
    runs: dict[tuple[int, int, str], dict[str, Member]] = {}
    for (number, sensor, activity, part, place), member in found.items():
        run = int(number), ACTIVITIES.index(activity), part
        runs.setdefault(run, {})[f"{place}_{kind_of[sensor]}"] = member
    return [
        _read_run(subject, activity, members)
        for (subject, activity, _), members in sorted(runs.items())
    ]


def _read_run(subject: int, activity: int, members: Mapping[str, Member]) -> Recording:
    samples = {name: _read_samples(member) for name, member in members.items()}
    samples = _at_the_same_time(samples, members)
    start = max(times[0] for times, _ in samples.values())
    end = min(times[-1] for times, _ in samples.values())
    grid = np.arange(start, end + 1, PERIOD)
    signals = {name: _at(grid, *pair) for name, pair in samples.items()}
    return Recording(subject, signals, np.full(len(grid), activity))


def _read_samples(member: Member) -> Samples:
    columns = (1, 2, 3, 4)  # time and the three axes, after a running number
    table = read_table(
        member,
        dtype=np.float64,
        may_be_empty=True,
        delimiter=",",
        skiprows=1,
        usecols=columns,
    )
    times, first = np.unique(table[:, 0], return_index=True)  # in order, none twice
    return Samples(times, table[first, 1:])


def _at(grid: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Interpolate linearly; NaN where the gap to the next sample is too long."""
    signal = np.array([np.interp(grid, times, axis) for axis in values.T], np.float32)
    after = np.searchsorted(times, grid).clip(1, len(times) - 1)
    in_gap = (times[after] - times[after - 1] > LONGEST_GAP) & (times[after] > grid)
    signal[:, in_gap] = np.nan
    return signal


def _at_the_same_time(
    samples: Mapping[str, Samples], members: Mapping[str, Member]
) -> dict[str, Samples]:
    """Leave out sensors that are empty or did not record the middle of the activity.

    Otherwise one phone that stopped early, or whose clock was wrong, would shorten the
    recordings of all others, since windows are cut only where all sensors overlap.
    """
    spans = {name: times[[0, -1]] for name, (times, _) in samples.items() if len(times)}
    if not spans:
        raise OSError(f"{[m.name for m in members.values()]} have no samples.")
    middles = sorted(span.mean() for span in spans.values())
    middle = middles[(len(middles) - 1) // 2]
    kept = {name: samples[name] for name, (a, b) in spans.items() if a <= middle <= b}
    for name in members.keys() - kept.keys():
        logger.warning(
            "%s is left out: it has nothing from the middle of the activity.",
            members[name].name,
        )
    return kept
