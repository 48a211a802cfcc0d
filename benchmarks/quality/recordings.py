"""The recordings, and how subjects are split into training and test.

A third of each set's subjects are held out: no default was ever chosen on them. Split 0
tests on all of these (on HAPT they are the publisher's test subjects), splits 1 and 2 on
a half each, and all other subjects are for training. On a set that no default was chosen
on, each split tests on another third of the subjects.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..arguments import data_parser
from ..shared import draw_pairs

DATASETS = ("hapt", "dsads", "utd_mhad", "emg_lower_limb", "stress_predict")
UNSEEN = ("spar",)  # first used after all defaults had been chosen
SPLITS = (0, 1, 2)

Windows = dict[str, np.ndarray]  # modality -> (n_windows, n_channels, n_timepoints)
Moments = dict[str, tuple[np.ndarray, np.ndarray]]  # mean and scale of channels


class Recordings(NamedTuple):
    """All windows of a set; NaN where a modality is missing."""

    X: Windows
    y: np.ndarray
    subject: np.ndarray
    tests: tuple[np.ndarray, ...]  # the test subjects of each split


def arguments_parser(
    description: str | None, more: Sequence[str] = ()
) -> argparse.ArgumentParser:
    """Make the parser of a command: where the recordings are, where results go, which.

    ``more`` names sets that may be asked for beside those for development.
    """
    parser = data_parser(description)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--datasets", nargs="*", choices=(*DATASETS, *more), default=DATASETS
    )
    return parser


def found(names: Sequence[str], folder: Path) -> list[str]:
    """Leave out the sets that the folder does not have, and say so."""
    there = [name for name in names if (folder / f"{name}.npz").is_file()]
    if not there:
        raise SystemExit(f"{folder} has none of {', '.join(names)} as .npz files.")
    for name in names:
        if name not in there:
            print(f"{folder / name}.npz is not there: {name} is left out.")
    return there


def load(name: str, folder: Path) -> Recordings:
    """Load a set.

    From HAPT only the six basic activities are taken. Stress-Predict has the classes
    stress and no stress, and its sensors are standardised by subject, for every method.
    """
    with np.load(folder / f"{name}.npz") as data:
        y, subject = data["y"], data["subject"]
        X = {m: data[f"x_{m}"].astype(np.float32) for m in data["modalities"].tolist()}
        if name == "stress_predict":
            y = data["y_stress"]
            for x in X.values():
                _standardize_subjects(x, subject)
        subjects = np.unique(subject)
        n_held_out = max(3, len(subjects) * 3 // 10)
        rng = np.random.default_rng(0)
        held_out = np.sort(rng.choice(subjects, n_held_out, replace=False))
        if name == "hapt":
            basic = y < 6
            held_out = np.unique(subject[data["official_test"]])
            X = {m: x[basic] for m, x in X.items()}
            y, subject = y[basic], subject[basic]
    if name in UNSEEN:
        parts = np.array_split(rng.permutation(subjects), len(SPLITS))
        return Recordings(X, y, subject, tuple(parts))
    return Recordings(X, y, subject, (held_out, *np.array_split(held_out, 2)))


def test_windows(recordings: Recordings, split: int) -> np.ndarray:
    """Return which windows are for the test, by subject."""
    return np.isin(recordings.subject, recordings.tests[split])


def search_split(recordings: Recordings, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Split the subjects that are never tested on, for choosing defaults.

    Returns which windows are for training and which for validation.
    """
    subjects = np.setdiff1d(recordings.subject, np.concatenate(recordings.tests))
    n_chosen = max(2, len(subjects) // 3)
    chosen = np.random.default_rng(number).choice(subjects, n_chosen, replace=False)
    validation = np.isin(recordings.subject, chosen)
    return np.isin(recordings.subject, subjects) & ~validation, validation


def select(X: Windows, rows: np.ndarray) -> Windows:
    """Select windows."""
    return {name: x[rows] for name, x in X.items()}


def without(X: Windows, name: str) -> Windows:
    """Remove one modality from all windows."""
    return {m: np.full_like(x, np.nan) if m == name else x for m, x in X.items()}


def without_pairs(X: Windows, share: float, seed: int) -> Windows:
    """Remove a share of the (window, modality) pairs; every window keeps one."""
    gone = draw_pairs(len(next(iter(X.values()))), len(X), share, seed)
    return {
        name: np.where(gone[:, index, None, None], np.float32(np.nan), x)
        for index, (name, x) in enumerate(X.items())
    }


def channel_moments(X: Windows) -> Moments:
    """Mean and scale (n_channels, 1) of each modality's channels, gaps apart."""
    return {
        name: (np.nanmean(x, (0, 2))[:, None], np.nanstd(x, (0, 2))[:, None] + 1e-6)
        for name, x in X.items()
    }


def standardize(X: Windows, moments: Moments) -> Windows:
    """Centre and scale each channel; what is missing is at its mean."""
    return {
        name: np.nan_to_num((x - moments[name][0]) / moments[name][1])
        for name, x in X.items()
    }


def stretch(x: np.ndarray, n_timepoints: int) -> np.ndarray:
    """Interpolate windows (..., time) at evenly spaced places."""
    last = x.shape[-1] - 1
    places = np.linspace(0, last, n_timepoints)
    before = places.astype(int)
    after = np.minimum(before + 1, last)
    return x[..., before] + (places - before) * (x[..., after] - x[..., before])


def _standardize_subjects(x: np.ndarray, subject: np.ndarray) -> None:
    for one in np.unique(subject):
        rows = subject == one
        mean = x[rows].mean(axis=(0, 2), keepdims=True)
        x[rows] = (x[rows] - mean) / (x[rows].std(axis=(0, 2), keepdims=True) + 1e-6)
