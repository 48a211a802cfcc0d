"""WESAD: stress and amusement, by devices on the chest and the wrist."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ._bunch import DataSet, Recording, encode_labels, make_bunch
from ._choices import choose_parts, validate_fetcher
from ._download import RemoteFile
from ._files import Member, damaged_as_oserror
from ._locate import open_files
from ._restricted_pickle import load_arrays
from ._subjects import choose_subjects

__all__ = ["fetch_wesad"]

CONDITIONS = {1: "baseline", 2: "stress", 3: "amusement", 4: "meditation"}
N_AFFECTS = 3  # without meditation, which the publisher's own tasks leave out
LABEL_RATE = 700.0  # the chest's


class Source(NamedTuple):
    """Where to find a modality in the publisher's dicts, and its properties."""

    device: str
    key: str
    rate: float
    unit: str
    axes: tuple[str, ...] = ("",)
    scale: float = 1.0


XYZ = ("_x", "_y", "_z")
SOURCES = {
    "chest_acc": Source("chest", "ACC", 700.0, "g", XYZ),
    "chest_ecg": Source("chest", "ECG", 700.0, "mV"),
    "chest_emg": Source("chest", "EMG", 700.0, "mV"),
    "chest_eda": Source("chest", "EDA", 700.0, "uS"),
    "chest_temp": Source("chest", "Temp", 700.0, "degC"),
    "chest_resp": Source("chest", "Resp", 700.0, "%"),
    "wrist_acc": Source("wrist", "ACC", 32.0, "g", XYZ, scale=1 / 64),
    "wrist_bvp": Source("wrist", "BVP", 64.0, "a.u."),
    "wrist_eda": Source("wrist", "EDA", 4.0, "uS"),
    "wrist_temp": Source("wrist", "TEMP", 4.0, "degC"),
}
REMOTE = RemoteFile(
    "WESAD.zip",
    ("https://uni-siegen.sciebo.de/s/HGdUkoNlW1Ub0Gx/download",),
    holds=r"S\d+\.pkl",
)

DATASET = DataSet(
    name="wesad",
    subjects=tuple(n for n in range(2, 18) if n != 12),
    modalities={
        name: tuple(name + axis for axis in source.axes)
        for name, source in SOURCES.items()
    },
    rates={name: source.rate for name, source in SOURCES.items()},
    units={name: source.unit for name, source in SOURCES.items()},
    target_names=tuple(CONDITIONS.values()),
    label_rate=LABEL_RATE,
)


@validate_fetcher(meditation=["boolean"])
def fetch_wesad(
    *,
    subjects: Iterable[int] | None = None,
    modalities: Iterable[str] | None = None,
    meditation: bool = False,
    as_windows: bool = True,
    window_seconds: float = 60.0,
    step_seconds: float = 30.0,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> Any:
    """Load WESAD: baseline, stress and amusement, by chest and wrist.

    15 subjects; ECG, EMG, EDA, respiration, temperature and acceleration at 700 Hz from a
    chest belt, and pulse wave, EDA, temperature and acceleration at 4 to 64 Hz from a
    wristband. ``DESCR`` says more.

    Parameters
    ----------
    subjects : iterable of int, default=None
        The numbers of those to read, 2 to 17 without 12; None is all.
    modalities : iterable of str, default=None
        Those to read: ``chest_`` and "acc", "ecg", "emg", "eda", "temp", "resp", or
        ``wrist_`` and "acc", "bvp", "eda", "temp"; None is all. Of all subjects, the
        recordings by the chest belt take 2 GB of memory, and windows of them some more.
    meditation : bool, default=False
        Whether meditation is a class too. The publisher's tasks are without it. If False,
        it has no label.
    as_windows : bool, default=True
        Whether to cut windows, or to return the recordings as they are.
    window_seconds : float, default=60.0
        Length of a window; the publisher's for all but movement, since skin and breath
        are slow.
    step_seconds : float, default=30.0
        From the start of one window to that of the next. The publisher's is 0.25.
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
            Each modality of shape (n_windows, n_channels, n_timepoints); 3 channels for
            ``chest_acc`` and ``wrist_acc``, 1 for the others. If not ``as_windows``, a
            list of recordings, one for each subject: dicts of arrays (n_channels,
            n_samples).
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
        If the files are not there and may not or cannot be downloaded, or lack
        something.
    ValueError
        If there is no such subject or modality, or no window fits.
    pickle.UnpicklingError
        If a file holds anything but plain containers and arrays of numbers. The
        publisher's files are pickles, which can hold programs; none is ever run.

    Warns
    -----
    UserWarning
        If all subjects are asked for and files of some are not there.

    References
    ----------
    Schmidt, Reiss, Duerichen, Marberger, Van Laerhoven. Introducing WESAD, a Multimodal
    Dataset for Wearable Stress and Affect Detection. ICMI 2018.

    Examples
    --------
    >>> from sklearn_crossl.datasets import fetch_wesad
    >>> wesad = fetch_wesad(
    ...     subjects=[2, 3], modalities=["wrist_bvp", "wrist_eda"]
    ... )  # doctest: +SKIP
    >>> wesad.data["wrist_bvp"].shape[1:]  # doctest: +SKIP
    (1, 3840)
    """
    names = choose_parts("modalities", modalities, tuple(SOURCES))
    n_classes = len(CONDITIONS) if meditation else N_AFFECTS
    with open_files(DATASET.name, [REMOTE], data_home, download_if_missing) as files:
        # The wristband's own files, in archives, are not needed.
        found = files.find(r"S(\d+)\.pkl", inside=r"^(?!.*_E4_Data)")
        chosen = choose_subjects(DATASET, subjects, (number for (number,) in found))
        recordings = [
            _read(found[str(subject),], subject, names, n_classes) for subject in chosen
        ]
    return make_bunch(
        replace(
            DATASET,
            modalities={name: DATASET.modalities[name] for name in names},
            target_names=DATASET.target_names[:n_classes],
        ),
        recordings,
        as_windows=as_windows,
        window_seconds=window_seconds,
        step_seconds=step_seconds,
        return_X_y=return_X_y,
    )


def _read(
    member: Member, subject: int, names: tuple[str, ...], n_classes: int
) -> Recording:
    with member.open() as file:
        content = load_arrays(file)
    with damaged_as_oserror(member.name):
        signals = {name: _signal(content["signal"], SOURCES[name]) for name in names}
        conditions = content["label"].ravel()
    labels = encode_labels(conditions, list(CONDITIONS)[:n_classes], np.int8)
    return Recording(subject, signals, labels)


def _signal(devices: Mapping[str, Any], source: Source) -> np.ndarray:
    values = devices[source.device][source.key]
    values = values.reshape(-1, len(source.axes))  # (n_samples, n_channels)
    signal = np.ascontiguousarray(values.T, dtype=np.float32)
    signal *= np.float32(source.scale)
    return signal
