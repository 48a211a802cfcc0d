"""Macro-F1 of the learnt embedding on HAPT with sensors missing, and with growing gaps.

Three in ten (window, modality) pairs are removed, from training and test windows alike,
so that every window keeps one modality at least. 5 % of the labels are drawn five times,
for two seeds of everything else. MiniRocket with a ridge classifier is compared: on
complete windows, with missing values set to zero or to the training mean, and as three
models, one for each set of sensors that a test window may have. These are trained on
complete windows, so they also see what was removed from training. Run ``python -m
benchmarks.missing --data DIR``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics import f1_score, pairwise_distances

from sklearn_crossl import CroSSLTransformer

from .arguments import data_parser
from .hapt import MODALITIES, Data, load_hapt
from .shared import (
    DRAWS,
    draw,
    draw_pairs,
    fit_classifier,
    logistic_regression,
    mean_f1,
    ridge_classifier,
)

SHARE = 0.3
LABELS = 0.05
SEEDS = (0, 1)
GAPS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
CHANNELS = {f"channel{i}": slice(i, i + 1) for i in range(6)}


def remove(X: np.ndarray, modalities: dict[str, slice], seed: int) -> np.ndarray:
    """Remove a share of the (window, modality) pairs; every window keeps one."""
    X = X.copy()
    gone = draw_pairs(len(X), len(modalities), SHARE, seed)
    for channels, of_modality in zip(modalities.values(), gone.T, strict=True):
        X[of_modality, channels] = np.nan
    return X


def gaps(X: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Remove one stretch of each modality of each window."""
    rng = np.random.default_rng(seed)
    X, length = X.copy(), round(share * X.shape[-1])
    for window in X:
        for channels in MODALITIES.values():
            start = rng.integers(X.shape[-1] - length + 1)
            window[channels, start : start + length] = np.nan
    return X


def score(Z, Z_test, data: Data, make: Callable = logistic_regression) -> float:
    """Mean macro-F1 of a classifier over draws of the labels."""
    return mean_f1(Z, data.y, Z_test, data.y_test, LABELS, make=make)


def rocket(X: np.ndarray, X_test: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Transform windows by MiniRocket."""
    from aeon.transformations.collection.convolution_based import MiniRocket

    features = MiniRocket(random_state=seed, n_jobs=2)
    return features.fit_transform(X), features.transform(X_test)


def separate_rockets(data: Data, X_test: np.ndarray, seed: int) -> float:
    """Score a MiniRocket for each set of sensors, trained on complete windows."""
    lost = [
        np.isnan(X_test[:, channels, 0]).any(axis=1) for channels in MODALITIES.values()
    ]
    parts = [(~lost[0] & ~lost[1], slice(0, 6)), (lost[1], slice(0, 3))]
    parts.append((lost[0], slice(3, 6)))
    predicted = np.empty((DRAWS, len(X_test)), dtype=data.y.dtype)
    for windows, channels in parts:
        Z, Z_test = rocket(data.X[:, channels], data.X_test[windows][:, channels], seed)
        for number in range(DRAWS):
            rows = draw(data.y, LABELS, number)
            model = fit_classifier(Z[rows], data.y[rows], ridge_classifier)
            predicted[number, windows] = model.predict(Z_test)
    scores = [f1_score(data.y_test, p, average="macro") for p in predicted]
    return float(np.mean(scores))


def embedded(modalities: dict[str, slice], X, X_test, data: Data, seed: int) -> float:
    """Pretrain on X and score the embedding."""
    embedder = CroSSLTransformer(modalities, summary_size=0, random_state=seed).fit(X)
    return score(embedder.transform(X), embedder.transform(X_test), data)


def missing_row(data: Data, seed: int) -> dict[str, float]:
    """Score every method once."""
    row = {}
    for title, modalities in (("two modalities", MODALITIES), ("six", CHANNELS)):
        X = remove(data.X, modalities, seed)
        X_test = remove(data.X_test, modalities, seed + 1000)
        row[f"CroSSL, {title}, complete"] = embedded(
            modalities, data.X, data.X_test, data, seed
        )
        row[f"CroSSL, {title}, 30 % missing"] = embedded(
            modalities, X, X_test, data, seed
        )
    X = remove(data.X, MODALITIES, seed)
    X_test = remove(data.X_test, MODALITIES, seed + 1000)
    complete = rocket(data.X, data.X_test, seed)
    row["MiniRocket, complete"] = score(*complete, data, ridge_classifier)
    mean = np.nanmean(X, axis=(0, 2))[:, None]
    for title, filling in (("zeros", 0.0), ("means", mean)):
        filled = (np.where(np.isnan(x), filling, x) for x in (X, X_test))
        Z, Z_test = rocket(*filled, seed)
        row[f"MiniRocket, {title}"] = score(Z, Z_test, data, ridge_classifier)
    row["MiniRocket for each set of sensors"] = separate_rockets(data, X_test, seed)
    return row


def print_gaps_and_retrieval(data: Data) -> None:
    """Score one embedder as gaps grow, and find windows from what is left of them."""
    embedder = CroSSLTransformer(
        MODALITIES, summary_size=0, random_state=0, max_missing=1.0
    )
    Z = embedder.fit(data.X).transform(data.X)
    scores = [score(Z, embedder.transform(gaps(data.X_test, g, 0)), data) for g in GAPS]
    print("\n| gap in test windows | " + " | ".join(f"{g:.0%}" for g in GAPS) + " |")
    print("| --- |" + " --- |" * len(GAPS))
    print("| macro-F1 | " + " | ".join(f"{s:.3f}" for s in scores) + " |")
    Z_test = embedder.transform(data.X_test)
    for name, channels in MODALITIES.items():
        X = data.X_test.copy()
        X[:, channels] = np.nan
        left = embedder.transform(X)
        distance = pairwise_distances(left, Z_test)
        rank = (distance < np.diag(distance)[:, None]).sum(axis=1)
        print(
            f"\nwithout {name}: the complete window is among the 10 nearest of "
            f"{len(rank)} for {(rank < 10).mean():.1%} (chance {10 / len(rank):.1%}), "
            f"median rank {np.median(rank):.0f}"
        )


def main() -> None:
    """Print the tables."""
    data = load_hapt(data_parser(__doc__).parse_args().data)
    rows = [missing_row(data, seed) for seed in SEEDS]
    print("| method | seeds " + ", ".join(map(str, SEEDS)) + " | mean |")
    print("| --- | --- | --- |")
    for method in rows[0]:
        values = [row[method] for row in rows]
        seeds = " ".join(f"{value:.3f}" for value in values)
        print(f"| {method} | {seeds} | {np.mean(values):.3f} |")
    print_gaps_and_retrieval(data)


if __name__ == "__main__":
    main()
