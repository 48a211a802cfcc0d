"""Sleep-EDF: nights at home, from the brain to the breath, scored by experts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from numbers import Real
from typing import Any

from sklearn.utils._param_validation import Interval, StrOptions

from ._bunch import DataSet, make_bunch
from ._choices import choose_parts, validate_fetcher
from ._files import Files, Member
from ._sleep_edf_files import NIGHTS, SUBJECTS, find_nights, open_nights
from ._sleep_edf_night import EPOCH_SECONDS, SIGNALS, read_night
from ._subjects import choose_subjects

__all__ = ["fetch_sleep_edf"]

STAGES = {  # the classes, and the position of each stage as it is scored
    "aasm": (
        ("W", "N1", "N2", "N3", "REM"),
        {"W": 0, "1": 1, "2": 2, "3": 3, "4": 3, "R": 4},
    ),
    "rk": (
        ("W", "S1", "S2", "S3", "S4", "REM"),
        {"W": 0, "1": 1, "2": 2, "3": 3, "4": 4, "R": 5},
    ),
}

DATASET = DataSet(
    name="sleep_edf",
    subjects=SUBJECTS,
    modalities={name: (name,) for name in SIGNALS},
    rates={name: signal.rate for name, signal in SIGNALS.items()},
    units={name: signal.unit for name, signal in SIGNALS.items()},
    target_names=(),
    label_rate=1.0,
)


@validate_fetcher(
    stages=[StrOptions(set(STAGES))],
    wake_margin_minutes=[Interval(Real, 0, None, closed="left"), None],
)
def fetch_sleep_edf(
    *,
    subjects: Iterable[int] | None = None,
    nights: Iterable[int] | None = None,
    stages: str = "aasm",
    wake_margin_minutes: float | None = 30.0,
    as_windows: bool = True,
    window_seconds: float = EPOCH_SECONDS,
    step_seconds: float = EPOCH_SECONDS,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load the cassette part of Sleep-EDF: sleep stages of 78 healthy people.

    153 nights at home with two EEG channels and one EOG channel at 100 Hz, and EMG,
    respiration and temperature at 1 Hz (PhysioNet, sleep-edfx 1.0.0). ``DESCR`` says
    more. Reading needs edfio: ``pip install 'sklearn-crossl[datasets]'``.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 0 to 82 without 39, 68, 69, 78 and 79; None is all.
        Only their files are downloaded, 50 MB for each night, 7 GB for all. Without
        ``download_if_missing``, None is all subjects whose files are there.
    nights : iterable of {1, 2}, default=None
        Which of each subject's nights; None is both. Three are lost.
    stages : {"aasm", "rk"}, default="aasm"
        The classes. The nights were scored after Rechtschaffen and Kales ("rk"), with
        stages 3 and 4; today these are one, N3 ("aasm").
    wake_margin_minutes : float, default=30.0
        How much to keep before the first and after the last moment of sleep. The recorder
        ran for about 20 hours, most of them awake. None keeps all.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=30.0
        Length of a window. Stages are scored for every 30 seconds.
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

        data : SliceDict of str to float32 ndarray of shape (n_windows, 1, n_timepoints)
            ``eeg_fpz_cz``, ``eeg_pz_oz`` and ``eog``, of 3000 timepoints, and ``emg``,
            ``resp`` and ``temp``, of 30. If not ``as_windows``, a list of recordings, one
            for each night: dicts of arrays (1, n_samples).
        target : int ndarray of shape (n_windows,)
            Positions in ``target_names``. Windows that mostly show movement, or were not
            scored, are left out. If not ``as_windows``, a list with an array of labels
            for each recording, -1 where there is none.
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
    ImportError
        If edfio is not installed.
    OSError
        If the files are not there and may not or cannot be downloaded.
    ValueError
        If there is no such subject or night, or no window fits.

    References
    ----------
    Kemp, Zwinderman, Tuk, Kamphuisen, Oberyé. Analysis of a sleep-dependent neuronal
    feedback loop: the slow-wave microcontinuity of the EEG. IEEE Transactions on
    Biomedical Engineering 47(9), 2000.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_sleep_edf
    >>> sleep = fetch_sleep_edf(subjects=[0, 1], nights=[1])  # doctest: +SKIP
    >>> sleep.data["eeg_fpz_cz"].shape[1:]  # doctest: +SKIP
    (1, 3000)
    """
    if isinstance(subjects, Iterator):
        subjects = tuple(subjects)  # it is iterated over twice
    names, codes = STAGES[stages]
    wanted = choose_parts("nights", nights, NIGHTS)
    with open_nights(subjects, wanted, data_home, download_if_missing) as files:
        found = _choose(files, subjects, wanted)
        recordings = [
            read_night(psg, hypnogram, subject, codes, wake_margin_minutes)
            for subject, psg, hypnogram in found
        ]
    return make_bunch(
        replace(DATASET, target_names=names),
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _choose(
    files: Files, subjects: Iterable[int] | None, nights: tuple[int, ...]
) -> list[tuple[int, Member, Member]]:
    """List subject, signals and scoring of each night that is asked for and there."""
    signals, scorings = find_nights(files)
    there = sorted({int(subject) for subject, _ in signals})
    # All files are many gigabytes, so without downloads some of them are enough.
    chosen = there if subjects is None else choose_subjects(DATASET, subjects, there)
    found = [
        (int(subject), member, scorings[subject, night])
        for (subject, night), member in signals.items()
        if int(subject) in chosen and int(night) in nights
    ]
    if not found:
        raise ValueError(f"There is no night {nights} of subjects {chosen}.")
    return found
