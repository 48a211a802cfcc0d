"""Targets that are numbers: what one sensor shows, from the others.

Run ``python -m benchmarks.quality.regression --data DIR --out DIR``. The sensor is taken
away, and its mean over a window is the target: the heart rate of Stress-Predict, in beats
per minute, which the wristband computes from its pulse wave, and the knee's angle beside
the muscles in Lower Limb, in degrees. Subjects are parted as in the benchmark, and what
learns without labels sees the training subjects only.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import mean_absolute_error

from sklearn_crossl import CroSSLRegressor

from ..shared import DRAWS
from .heads import REGRESSION
from .methods import FROM_SCRATCH, METHODS, FineTuned
from .protocols import Learner, Parts, part
from .recordings import SPLITS, Windows, arguments_parser, found, load, test_windows
from .resumed import Row, measure_and_report

TARGETS = {"stress_predict": "hr", "emg_lower_limb": "knee"}  # the sensor of each set
SHARES = {"1 %": 0.01, "5 %": 0.05, "10 %": 0.1, "100 %": 1.0}
CONSTANT = "mean of the labelled windows"


class Constant:
    """The same vector for all windows: what knows nothing of them."""

    def fit(self, X: Windows, seed: int, subject: np.ndarray) -> None:
        """Learn nothing."""

    def transform(self, X: Windows) -> np.ndarray:
        """Return zeros, of which a linear model can predict its intercept alone."""
        return np.zeros((len(next(iter(X.values()))), 1))


LEARNERS: dict[str, Any] = {
    "CroSSLRegressor": FineTuned(CroSSLRegressor),
    "CroSSLRegressor, from scratch": FineTuned(CroSSLRegressor, **FROM_SCRATCH),
    **{
        name: METHODS[name]
        for name in ("CroSSLTransformer", "features", "MiniRocket", "statistics")
    },
    CONSTANT: Constant(),
}


def load_target(dataset: str, folder: Path, split: int) -> Parts:
    """Load the windows without the target's sensor, their target in place of classes."""
    recordings, sensor = load(dataset, folder), TARGETS[dataset]
    with np.load(folder / f"{dataset}.npz") as data:
        target = data[f"x_{sensor}"].mean(axis=(1, 2))  # (n_windows,)
    X = {name: x for name, x in recordings.X.items() if name != sensor}
    recordings = recordings._replace(X=X, y=target)
    return part(recordings, test_windows(recordings, split))


def measure(dataset: str, method: str, split: int, folder: Path) -> Iterator[Row]:
    """Yield the mean absolute error with each share of targets, a mean over draws."""
    parts = load_target(dataset, folder, split)
    learner = Learner.fit(LEARNERS[method], parts, split)
    n_windows = len(parts.y)
    for labels, share in SHARES.items():
        errors = []
        for seed in range(1 if share == 1 else DRAWS):
            rng = np.random.default_rng(seed)
            rows = rng.permutation(n_windows)[: max(2, round(share * n_windows))]
            _, predict = learner.learn(REGRESSION, rows)
            errors.append(mean_absolute_error(parts.y_test, predict("")))
        yield {"labels": labels, "value": float(np.mean(errors))}


def main() -> None:
    """Measure what is missing from the results, and write the table."""
    parser = arguments_parser(__doc__)
    parser.set_defaults(datasets=list(TARGETS))
    parser.add_argument("--methods", nargs="*", choices=LEARNERS, default=LEARNERS)
    parser.add_argument("--splits", nargs="*", type=int, default=SPLITS)
    arguments = parser.parse_args()
    datasets = found([d for d in arguments.datasets if d in TARGETS], arguments.data)
    tasks = [
        {"dataset": dataset, "method": method, "split": split}
        for dataset, split, method in product(
            datasets, arguments.splits, arguments.methods
        )
    ]
    measured = partial(measure, folder=arguments.data)
    measure_and_report(arguments.out, "regression", tasks, measured, report)


def report(results: pd.DataFrame) -> str:
    """Make a table of mean absolute errors over splits for each set."""
    lines = []
    for dataset, rows in results.groupby("dataset", sort=False):
        means = rows.groupby(["method", "labels"], sort=False)["value"].mean()
        table = means.unstack("labels")[list(SHARES)]
        lines += [f"## {dataset}, mean absolute error by share of targets", ""]
        lines += [f"| method | {' | '.join(table.columns)} |"]
        lines.append("|" + " --- |" * (1 + len(table.columns)))
        for name, values in table.iterrows():
            lines.append(f"| {name} | {' | '.join(f'{v:.2f}' for v in values)} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
