"""Macro-F1 of the learnt embedding alone over the share of labels, on HAPT.

The six basic activities and the publisher's split, which is by subject. Each method
learns from all training windows without labels; then StandardScaler and
LogisticRegression learn from a stratified share of the labels, at least one window of
each class, drawn five times. The last column removes one sensor at test time from the
classifier with all labels. Scores are means over draws and seeds.

Run ``python -m benchmarks.few_labels --data DIR``.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.aggregators import SetAggregator
from sklearn_crossl.objectives import VICReg

from .arguments import data_parser

MODALITIES = {"acc": slice(0, 3), "gyro": slice(3, 6)}
SHARES = (0.002, 0.01, 0.05, 1.0)
DRAWS = 5
OUTPUTS = ("global", "modalities")
# Steps are too small to change a weight: the encoders stay as they were initialised.
UNTRAINED = {"max_epochs": 1, "lr": 1e-12, "lr_schedule": "constant", "weight_decay": 0.0}


def make(**params) -> CroSSLTransformer:
    """Make an estimator of the learnt embedding alone."""
    return CroSSLTransformer(MODALITIES, summary_size=0, **params)


METHODS = {
    "default": make(),
    "untrained": make(**UNTRAINED),
    "mlp aggregator": make(aggregator="mlp"),
    "attention aggregator": make(aggregator="attention"),
    "set with residual MLP": make(aggregator=SetAggregator(hidden_size=256)),
    "covariance 1": make(objective=VICReg(covariance=1.0)),
    "random masking": make(masking="random"),
    "temporal masking": make(masking="temporal"),
    "published": CroSSLTransformer.from_paper(MODALITIES),
}


class Data(NamedTuple):
    """Training and test windows with their labels."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def load_hapt(folder: Path) -> Data:
    """Load the basic activities, split as the publisher did."""
    with np.load(folder / "hapt.npz") as data:
        basic = data["y"] < 6
        X = np.concatenate([data["x_acc"], data["x_gyro"]], axis=1)[basic]
        y, test = data["y"][basic], data["official_test"][basic]
    return Data(X[~test], y[~test], X[test], y[test])


def draw(y: np.ndarray, amount: float, seed: int) -> np.ndarray:
    """Draw a share of each class's rows, one at least; an int is a number of rows."""
    rng = np.random.default_rng(seed)
    rows = []
    for label in np.unique(y):
        of_class = np.flatnonzero(y == label)
        number = amount
        if isinstance(amount, float):
            number = max(1, round(amount * len(of_class)))
        rows.append(rng.choice(of_class, min(number, len(of_class)), replace=False))
    return np.concatenate(rows)


def fit_classifier(Z: np.ndarray, y: np.ndarray):
    """Fit the linear model that every embedding is judged by."""
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    with ignore_convergence_warnings():
        return classifier.fit(Z, y)


@contextmanager
def ignore_convergence_warnings() -> Iterator[None]:
    """Accept a linear model that has not converged, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def few_label_scores(Z, y, Z_test, y_test) -> list[float]:
    """Mean macro-F1 over the draws, for each share of labels."""
    scores = []
    for share in SHARES:
        draws = range(DRAWS if share < 1 else 1)
        chosen = (draw(y, share, seed) for seed in draws)
        predictions = (fit_classifier(Z[i], y[i]).predict(Z_test) for i in chosen)
        scores.append(
            np.mean([f1_score(y_test, p, average="macro") for p in predictions])
        )
    return scores


def missing_scores(embedder, data: Data, Z: np.ndarray) -> list[float]:
    """Macro-F1 with each modality removed from the test windows."""
    classifier, scores = fit_classifier(Z, data.y), []
    for channels in MODALITIES.values():
        X = data.X_test.copy()
        X[:, channels] = np.nan
        predicted = classifier.predict(embedder.transform(X))
        scores.append(f1_score(data.y_test, predicted, average="macro"))
    return scores


def run(name: str, data: Data, seeds: Sequence[int]) -> str:
    """Measure one method and return its rows of the table, means over the seeds."""
    found: dict[str, list[list[float]]] = {output: [] for output in OUTPUTS}
    for seed in seeds:
        embedder = METHODS[name].set_params(random_state=seed).fit(data.X)
        for output, of_seeds in found.items():
            embedder.set_params(output=output)
            Z, Z_test = embedder.transform(data.X), embedder.transform(data.X_test)
            scores = few_label_scores(Z, data.y, Z_test, data.y_test)
            of_seeds.append([*scores, *missing_scores(embedder, data, Z)])
    rows = []
    for output, of_seeds in found.items():
        means = np.mean(of_seeds, axis=0)
        cells = [f"{score:.3f}" for score in means[: len(SHARES)]]
        cells.append(" / ".join(f"{score:.2f}" for score in means[len(SHARES) :]))
        rows.append(f"| {name}, {output} ({len(seeds)}) | {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    """Print the table, a row as soon as it is measured."""
    parser = data_parser(__doc__)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    arguments = parser.parse_args()
    data = load_hapt(arguments.data)
    shares = " | ".join(f"{share:.1%}" for share in SHARES)
    print(f"| method | {shares} | without acc / gyro |")
    print("| --- |" + " --- |" * (len(SHARES) + 1))
    for name in arguments.methods:
        print(run(name, data, arguments.seeds), flush=True)


if __name__ == "__main__":
    main()
