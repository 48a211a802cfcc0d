"""Prepare the windows that the benchmarks read, from the publishers' files.

Run ``python -m benchmarks.prepare --out DIR``. What is not in ``--data-home`` is
downloaded. Each set becomes ``DIR/NAME.npz`` with ``x_<modality>`` (n_windows,
n_channels, n_timepoints), ``y``, ``subject``, ``classes``, ``modalities`` and ``rate``.
No window has two labels, unlike what the fetchers return. There is no fetcher of
``emg_lower_limb`` (UCI, "EMG dataset in Lower Limb").
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from sklearn_crossl.datasets import (
    fetch_daily_sports,
    fetch_hapt,
    fetch_spar,
    fetch_stress_predict,
    fetch_utd_mhad,
)

from .quality.recordings import stretch

Arrays = dict[str, np.ndarray]

_TEST_SUBJECTS = (2, 4, 9, 10, 12, 13, 18, 20, 24)  # of HAPT, by its publisher
_STRESS = ("stroop", "interview", "hyperventilation")
_HIPS = slice(9, 12)  # coordinates of their centre in a frame of the skeleton
_STEPS = {"acc": 128, "gyro": 128, "skeleton": 64}  # of UTD-MHAD's windows


def hapt(**where: object) -> Arrays:
    """HAPT, with the transitions and the publisher's test subjects."""
    found = fetch_hapt(transitions=True, as_windows=False, **where)
    arrays = _cut(found, seconds=2.56, step=1.28)
    arrays["official_test"] = np.isin(arrays["subject"], _TEST_SUBJECTS)
    return arrays


def dsads(**where: object) -> Arrays:
    """Daily and Sports Activities."""
    found = fetch_daily_sports(**where)
    return _arrays(found, dict(found.data), found.target, found.groups)


def stress_predict(**where: object) -> Arrays:
    """Stress-Predict; the first ten seconds of each task are left out."""
    found = fetch_stress_predict(as_windows=False, **where)
    arrays = _cut(found, seconds=30, step=30, settling=10)
    names = arrays["classes"][arrays["y"]]
    arrays["y_stress"] = np.isin(names, _STRESS).astype(int)
    return arrays


def spar(**where: object) -> Arrays:
    """SPAR, the ten subjects that come with the package seglearn, too."""
    found = fetch_spar(subjects=range(1, 11), **where)
    return _arrays(found, dict(found.data), found.target, found.groups)


def utd_mhad(**where: object) -> Arrays:
    """UTD-MHAD, trials resampled to one length, skeletons centred at the first hips."""
    found = fetch_utd_mhad(**where)
    X = {name: list(windows) for name, windows in found.data.items()}
    X["skeleton"] = [x - np.tile(x[_HIPS, :1], (20, 1)) for x in X["skeleton"]]
    stretched = {
        name: np.stack([stretch(x, _STEPS[name]) for x in windows])
        for name, windows in X.items()
    }
    # In the order of the files' names: it decides which windows a draw of labels takes.
    names = [f"a{y + 1}_s{s}" for y, s in zip(found.target, found.groups, strict=True)]
    order = np.argsort(names, kind="stable")
    X = {name: x[order] for name, x in stretched.items()}
    return _arrays(found, X, found.target[order], found.groups[order])


PREPARED: dict[str, Callable[..., Arrays]] = {
    "hapt": hapt,
    "dsads": dsads,
    "utd_mhad": utd_mhad,
    "stress_predict": stress_predict,
    "spar": spar,
}


def _cut(found: Bunch, seconds: float, step: float, settling: float = 0) -> Arrays:
    """Cut windows from each stretch of one label, some seconds after it begins."""
    X: dict[str, list[np.ndarray]] = {name: [] for name in found.modalities}
    y, subject = [], []
    for recording, labels, group in zip(
        found.data, found.target, found.groups, strict=True
    ):
        for first, last in _stretches(labels, found.label_rate):
            for start in np.arange(first + settling, last - seconds + 1e-6, step):
                for name, rate in found.rates.items():
                    at = round(start * rate)
                    X[name].append(recording[name][:, at : at + round(seconds * rate)])
                y.append(labels[round(start * found.label_rate)])
                subject.append(group)
    stacked = {name: np.stack(windows) for name, windows in X.items()}
    return _arrays(found, stacked, np.array(y), np.array(subject))


def _stretches(labels: np.ndarray, rate: float) -> Iterator[tuple[float, float]]:
    """Yield start and end, in seconds, of each run of one label; skip unlabelled ones."""
    changes = np.flatnonzero(np.diff(labels)) + 1
    for first, last in zip(np.r_[0, changes], np.r_[changes, len(labels)], strict=True):
        if labels[first] >= 0:
            yield first / rate, last / rate


def _arrays(found: Bunch, X: Arrays, y: np.ndarray, subject: np.ndarray) -> Arrays:
    return {
        **{f"x_{name}": np.asarray(x, dtype=np.float32) for name, x in X.items()},
        "y": y,
        "subject": subject,
        "classes": np.asarray(found.target_names),
        "modalities": np.array(list(X)),
        "rate": np.array([found.rates[name] for name in X]),
    }


def main() -> None:
    """Write a file for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data-home", type=Path)
    parser.add_argument("--datasets", nargs="*", choices=PREPARED, default=PREPARED)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.datasets:
        arrays = PREPARED[name](data_home=arguments.data_home)
        np.savez(arguments.out / f"{name}.npz", **arrays)
        print(f"{name}: {len(arrays['y'])} windows", flush=True)


if __name__ == "__main__":
    main()
