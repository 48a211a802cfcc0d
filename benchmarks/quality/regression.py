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
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_crossl import CroSSLRegressor, CroSSLTransformer

from ..few_labels import DRAWS
from .methods import METHODS
from .protocols import Parts, part
from .recordings import SPLITS, arguments_parser, found, load, select, test_windows
from .resumed import Row, measure_and_report

TARGETS = {"stress_predict": "hr", "emg_lower_limb": "knee"}  # the sensor of each set
SHARES = {"1 %": 0.01, "5 %": 0.05, "10 %": 0.1, "100 %": 1.0}
PENALTIES = np.logspace(-3, 5, 17)
LINEAR = ("CroSSLTransformer", "features", "MiniRocket", "statistics")
NETWORKS: dict[str, dict[str, Any]] = {
    "CroSSLRegressor": {},
    "CroSSLRegressor, from scratch": {"pretrain": False, "lr": 1e-3, "head_lr": 1e-2},
}
CONSTANT = "mean of the labelled windows"


class Linear:
    """Ridge regression on what a method of the benchmark makes of the windows."""

    def __init__(self, name: str, parts: Parts, seed: int):
        method = METHODS[name]
        method.fit(parts.X, seed, parts.subject)
        self.Z, self.Z_test = method.transform(parts.X), method.transform(parts.X_test)

    def predict(self, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Learn from some windows' targets, and predict those of the test windows."""
        model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
        return model.fit(self.Z[rows], target).predict(self.Z_test)


class Network:
    """A fine-tuned network, pretrained once, or one from random weights."""

    def __init__(self, name: str, parts: Parts, seed: int):
        self.parts = parts
        self.params = {"random_state": seed, **NETWORKS[name]}
        if self.params.get("pretrain", True):
            pretrained = CroSSLTransformer(random_state=seed).fit(parts.X)
            self.params["pretrained"] = pretrained

    def predict(self, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Learn from some windows' targets, and predict those of the test windows."""
        model = CroSSLRegressor(**self.params).fit(select(self.parts.X, rows), target)
        return model.predict(self.parts.X_test)


class Constant:
    """The mean of the targets: what knows nothing of the windows."""

    def __init__(self, name: str, parts: Parts, seed: int):
        self.n_windows = len(parts.y_test)

    def predict(self, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Predict the mean for all test windows."""
        model = DummyRegressor().fit(rows[:, None], target)
        return model.predict(np.empty((self.n_windows, 1)))


LEARNERS: dict[str, Any] = {
    **dict.fromkeys(NETWORKS, Network),
    **dict.fromkeys(LINEAR, Linear),
    CONSTANT: Constant,
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
    learner = LEARNERS[method](method, parts, split)
    n_windows = len(parts.y)
    for labels, share in SHARES.items():
        errors = []
        for seed in range(1 if share == 1 else DRAWS):
            rng = np.random.default_rng(seed)
            rows = rng.permutation(n_windows)[: max(2, round(share * n_windows))]
            predicted = learner.predict(rows, parts.y[rows])
            errors.append(mean_absolute_error(parts.y_test, predicted))
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
