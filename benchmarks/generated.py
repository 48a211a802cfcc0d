"""How difficult the simulated recordings of ``make_multimodal_series`` are.

A third of the subjects of each set are for testing. Each method learns from all windows
of the others without labels; then StandardScaler and LogisticRegression learn from a few
labels of each activity, drawn ten times, or from all. The learnt embedding alone
(``summary_size=0``) is compared with that of untrained encoders. Then the default
transformer is run on one modality at a time. Run ``python -m benchmarks.generated``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np
from sklearn.utils import Bunch

from sklearn_crossl.datasets import make_multimodal_series

from .quality.methods import Ours, Statistics
from .shared import UNTRAINED, mean_f1

METHODS = {
    "untrained encoders": Ours(summary_size=0, **UNTRAINED),
    "learnt embedding": Ours(summary_size=0),
    "statistics": Statistics(),
    "CroSSLTransformer()": Ours(),
}
DRAWS = 10
AMOUNTS = (3, 5, 1.0)  # labels of each activity; the float is a share


def main() -> None:
    """Print a row for each method and for each modality alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    sets = [make_multimodal_series(random_state=seed) for seed in seeds]
    print("| features | modalities | 3 labels | 5 labels | all labels |")
    print("| --- | --- | --- | --- | --- |")
    names = list(sets[0].modalities)
    for title, method in METHODS.items():
        _print_row(
            title, "all", [scores(method, b, names, s) for s, b in enumerate(sets)]
        )
    for name in names:  # by the last method, the default transformer
        _print_row(
            title, name, [scores(method, b, [name], s) for s, b in enumerate(sets)]
        )


def scores(
    method: Ours | Statistics, found: Bunch, names: list[str], seed: int
) -> list[float]:
    """Score a method on new subjects: macro-F1, mean of the draws, for each amount."""
    train = found.groups < len(np.unique(found.groups)) * 2 // 3
    method.fit(_rows(found.data, names, train), seed)
    Z = method.transform(_rows(found.data, names, train))
    Z_test = method.transform(_rows(found.data, names, ~train))
    y, y_test = found.target[train], found.target[~train]
    return [mean_f1(Z, y, Z_test, y_test, amount, DRAWS) for amount in AMOUNTS]


def _rows(
    X: Mapping[str, np.ndarray], names: list[str], rows: np.ndarray
) -> dict[str, np.ndarray]:
    return {name: X[name][rows] for name in names}


def _print_row(title: str, modalities: str, rows: list[list[float]]) -> None:
    """Print means over the seeds, and their standard deviation."""
    means, spreads = np.mean(rows, axis=0), np.std(rows, axis=0)
    cells = [f"{m:.3f} ± {s:.3f}" for m, s in zip(means, spreads, strict=True)]
    print(f"| {title} | {modalities} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
