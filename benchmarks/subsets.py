"""What it costs to score every subset of the modalities, beside transforming once.

Run ``python -m benchmarks.subsets``. Windows are noise: their content does not matter to
the time.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.inspection import modality_importance


def main() -> None:
    """Print seconds of both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modalities", type=int, default=6)
    parser.add_argument("--windows", type=int, nargs="*", default=[1000, 4000])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    for n_windows in arguments.windows:
        transform, subsets = measure(arguments.modalities, n_windows, arguments.repeats)
        print(
            f"{n_windows} windows of {arguments.modalities} modalities: transform "
            f"{transform:.2f} s, importance {subsets:.2f} s, {subsets / transform:.2f} x"
        )


def measure(n_modalities: int, n_windows: int, repeats: int) -> tuple[float, float]:
    """Time a transform, and Shapley values, encoding included; medians of seconds."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_windows, 3 * n_modalities, 128)).astype(np.float32)
    y = rng.integers(4, size=n_windows)
    embedder = CroSSLTransformer([3] * n_modalities, max_epochs=1, random_state=0)
    model = make_pipeline(embedder, LogisticRegression(max_iter=50, tol=1.0))
    model.fit(X, y)
    transforms, importances = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        embedder.transform(X)
        middle = time.perf_counter()
        modality_importance(model, X, y, n_repeats=1, random_state=0)
        transforms.append(middle - start)
        importances.append(time.perf_counter() - middle)
    return float(np.median(transforms)), float(np.median(importances))


if __name__ == "__main__":
    main()
