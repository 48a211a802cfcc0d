"""Cost and benefit of sampling long windows less densely.

Windows of 3,000 timepoints are made by joining three consecutive windows of the leg
muscle recordings that have the same subject and class. Transformers with
``TCNEncoder(long_window=2048)``, the default, and ``long_window=None`` are fitted in
turns, on the same subjects. Their embeddings are scored by a logistic regression on the
other subjects. Run ``python -m benchmarks.long_windows --data DIR``.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.encoders import TCNEncoder

from .arguments import data_parser
from .quality.recordings import found
from .shared import mean_f1

N_JOINED = 3
N_SPLITS = 4
PER_CLASS = 10
SUMMARY_SIZES = {"with": CroSSLTransformer().summary_size, "without": 0}


def load(path: Path) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Read the modalities, labels and subjects, consecutive windows joined."""
    with np.load(path) as data:
        y, subject = data["y"], data["subject"]
        rows = joined_rows(y, subject)
        X = {}
        for name in map(str, data["modalities"]):
            x = data[f"x_{name}"].astype(np.float32)[rows]
            # (n, joined, channels, time) to (n, channels, joined * time)
            X[name] = x.transpose(0, 2, 1, 3).reshape(len(x), x.shape[2], -1)
    return X, y[rows[:, 0]], subject[rows[:, 0]]


def joined_rows(y: np.ndarray, subject: np.ndarray) -> np.ndarray:
    """Find windows to join, (n, N_JOINED), of one subject and one class each."""
    rows = np.arange(len(y) // N_JOINED * N_JOINED).reshape(-1, N_JOINED)
    alike = [(values[rows] == values[rows[:, :1]]).all(1) for values in (y, subject)]
    return rows[np.logical_and(*alike)]


def measure(
    X: dict[str, np.ndarray],
    y: np.ndarray,
    training: np.ndarray,
    test: np.ndarray,
    **params: object,
) -> tuple[float, float, float]:
    """Return seconds of fit, and the scores with few labels and with all."""
    start = time.perf_counter()
    embedder = CroSSLTransformer(random_state=0, **params)
    embedder.fit({name: x[training] for name, x in X.items()})
    seconds = time.perf_counter() - start
    Z = embedder.transform(X)
    parts = Z[training], y[training], Z[test], y[test]
    return seconds, mean_f1(*parts, PER_CLASS), mean_f1(*parts, 1.0)


def main() -> None:
    """Print a row for each split, summary and encoder, and the means."""
    folder = data_parser(__doc__).parse_args().data
    (name,) = found(["emg_lower_limb"], folder)
    X, y, subject = load(folder / f"{name}.npz")
    print("| summary | long_window | split | fit, s | 10 per class | all labels |")
    print("| --- | --- | --- | --- | --- | --- |")
    results: dict[tuple[str, int | None], list[tuple[float, ...]]] = {}
    folds = list(GroupKFold(N_SPLITS).split(y, groups=subject))
    for split, (training, test) in enumerate(folds):
        for summary, size in SUMMARY_SIZES.items():
            for long_window in (TCNEncoder().long_window, None):
                params = {"encoder": TCNEncoder(long_window=long_window)}
                row = measure(X, y, training, test, summary_size=size, **params)
                results.setdefault((summary, long_window), []).append(row)
                print(_line(summary, long_window, split, row), flush=True)
    for (summary, long_window), rows in results.items():
        print(_line(summary, long_window, "mean", np.mean(rows, axis=0)))


def _line(summary: str, long_window: int | None, split: object, row: object) -> str:
    seconds, few, everything = np.asarray(row)
    figures = f"{seconds:.1f} | {few:.3f} | {everything:.3f}"
    return f"| {summary} | {long_window} | {split} | {figures} |"


if __name__ == "__main__":
    main()
