"""HAPT: embedding windows, and the time to a quality, against the ROCKETs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from aeon.transformations.collection.convolution_based import MiniRocket, MultiRocket
from sklearn.metrics import f1_score

from sklearn_crossl import CroSSLTransformer

from ..hapt import MODALITIES, Data, load_hapt
from ..shared import (
    DRAWS,
    draw,
    fit_classifier,
    logistic_regression,
    ridge_classifier,
)
from .timing import in_turns, ratio, spread

SHARE = 0.01
EPOCHS = (1, 2, 3, 5, 10, 20)
SEEDS = (0, 1, 2)


def transform(folder: Path) -> dict[str, Any]:
    """Embed the training windows by each method in turns, all with two threads."""
    X = load_hapt(folder).X
    ours = CroSSLTransformer(MODALITIES, max_epochs=1, summary_size=0, random_state=0)
    ours.fit(X)
    peers = {
        "with the summary": CroSSLTransformer(MODALITIES, max_epochs=1).fit(X),
        "MiniRocket": MiniRocket(random_state=0, n_jobs=2).fit(X),
        "MultiRocket": MultiRocket(random_state=0, n_jobs=2).fit(X),
    }
    functions = {"ours": lambda: ours.transform(X)}
    functions |= {name: lambda p=p: p.transform(X) for name, p in peers.items()}
    seconds = in_turns(functions, 5)
    return {
        "windows_per_second": {
            name: spread([len(X) / s for s in values]) for name, values in seconds.items()
        },
        "speedup": {name: ratio(seconds[name], seconds["ours"]) for name in peers},
    }


def time_to_quality(folder: Path) -> dict[str, Any]:
    """Find the epochs, and so the seconds, that reach MiniRocket's score with 1 % labels.

    Both learn from the training windows and embed those that have labels and the test
    windows; ours pays for its pretraining. MiniRocket's kernels are compiled before.
    """
    data = load_hapt(folder)
    MiniRocket(n_jobs=2).fit_transform(data.X[:50])
    rows = []
    for seed in SEEDS:
        rocket = MiniRocket(random_state=seed, n_jobs=2)
        rows.append({"method": "MiniRocket", **_run(rocket, data, ridge_classifier)})
        for n_epochs in EPOCHS:
            ours = CroSSLTransformer(
                MODALITIES, max_epochs=n_epochs, summary_size=0, random_state=seed
            )
            rows.append(
                {"method": f"{n_epochs} epochs", **_run(ours, data, logistic_regression)}
            )
    methods = dict.fromkeys(row["method"] for row in rows)
    return {
        method: {
            key: float(np.mean([row[key] for row in rows if row["method"] == method]))
            for key in ("seconds", "seconds_labelled", "score")
        }
        for method in methods
    }


def _run(transformer: Any, data: Data, make: Any) -> dict[str, float]:
    """Score draws of labels; time fit, embedding and one classifier."""
    start = time.perf_counter()
    transformer.fit(data.X)
    fitted = time.perf_counter() - start
    start = time.perf_counter()
    Z_test = transformer.transform(data.X_test)
    tested = time.perf_counter() - start
    rows = [draw(data.y, SHARE, seed) for seed in range(DRAWS)]
    start = time.perf_counter()
    Z = transformer.transform(data.X)
    embedded = time.perf_counter() - start
    start = time.perf_counter()
    models = [fit_classifier(Z[i], data.y[i], make) for i in rows]
    classified = (time.perf_counter() - start) / DRAWS
    scores = [f1_score(data.y_test, m.predict(Z_test), average="macro") for m in models]
    return {
        "score": float(np.mean(scores)),
        "seconds": fitted + embedded + tested + classified,
        "seconds_labelled": fitted + embedded * SHARE + tested + classified,
    }
