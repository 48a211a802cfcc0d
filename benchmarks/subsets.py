"""The cost of scoring every subset of the modalities, relative to transforming once.

Run ``python -m benchmarks.subsets``: a linear model on the frozen embedding is compared
with ``transform``, and the fine-tuned classifier with ``decision_function``. Windows are
noise, since their content does not affect the time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer
from sklearn_crossl.inspection import modality_importance


def main() -> None:
    """Print seconds of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modalities", type=int, default=6)
    parser.add_argument("--windows", type=int, nargs="*", default=[1000, 4000])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    for n_windows in arguments.windows:
        X, y = windows(arguments.modalities, n_windows)
        embedder = CroSSLTransformer(
            [3] * arguments.modalities, max_epochs=1, random_state=0
        )
        linear = make_pipeline(embedder, LogisticRegression(max_iter=50, tol=1.0))
        tuned = CroSSLClassifier(embedder, max_epochs=1, random_state=0)
        for name, model, once in (
            ("linear model", linear.fit(X, y), embedder.transform),
            ("classifier", tuned.fit(X, y), tuned.decision_function),
        ):
            full, subsets = measure(model, once, X, y, arguments.repeats)
            print(
                f"{name}, {n_windows} windows of {arguments.modalities} modalities: "
                f"once {full:.2f} s, importance {subsets:.2f} s, {subsets / full:.2f} x"
            )


def windows(n_modalities: int, n_windows: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw noise of three channels a modality, and four classes."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_windows, 3 * n_modalities, 128)).astype(np.float32)
    return X, rng.integers(4, size=n_windows)


def measure(
    model: Any, once: Callable, X: np.ndarray, y: np.ndarray, repeats: int
) -> tuple[float, float]:
    """Time one pass of X, and Shapley values, encoding included; medians of seconds."""
    passes, importances = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        once(X)
        middle = time.perf_counter()
        modality_importance(model, X, y, n_repeats=1, random_state=0)
        passes.append(middle - start)
        importances.append(time.perf_counter() - middle)
    return float(np.median(passes)), float(np.median(importances))


if __name__ == "__main__":
    main()
