"""One change of fine-tuning at a time, on subjects that are never tested on.

Run ``python -m benchmarks.quality.search_fine_tuning --data DIR --out DIR``. All variants
start from the same transformer; linear models on its embedding stand beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer

from ..shared import ignore_convergence_warnings
from .heads import fit_head
from .methods import FROM_SCRATCH
from .protocols import LABELS, label_draws
from .recordings import Windows, arguments_parser, found, load, search_split, select
from .report import table
from .resumed import Row, measure_and_report

SPLITS = (0, 1)
DRAWS = 3

LINEAR = ("logistic", "ridge")
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "head_lr 1e-3": {"head_lr": 1e-3},
    "head_lr 1e-2": {"head_lr": 1e-2},
    "lr 3e-4": {"lr": 3e-4},
    "lr 1e-3": {"lr": 1e-3},
    "no dropout": {"dropout": 0.0},
    "no label smoothing": {"label_smoothing": 0.0},
    "no modality dropout": {"modality_dropout": 0.0},
    "no gradual unfreezing": {"gradual_unfreezing": False},
    "encoders frozen": {"freeze": "encoder"},
    "all frozen": {"freeze": "all"},
    "from scratch": {"pretrain": False, "lr": 1e-3},
    "from scratch, head_lr 1e-2": FROM_SCRATCH,
}


class Task(NamedTuple):
    """Windows of search subjects, a transformer fitted to some, and all embeddings."""

    X: Windows
    y: np.ndarray
    subject: np.ndarray
    X_test: Windows
    y_test: np.ndarray
    transformer: CroSSLTransformer
    Z: np.ndarray
    Z_test: np.ndarray


@lru_cache(maxsize=1)
def pretrained(dataset: str, split: int, folder: Path) -> Task:
    """Fit the default transformer, once for all variants."""
    recordings = load(dataset, folder)
    training, validation = search_split(recordings, split)
    X, X_test = select(recordings.X, training), select(recordings.X, validation)
    transformer = CroSSLTransformer(random_state=split).fit(X)
    return Task(
        X,
        recordings.y[training],
        recordings.subject[training],
        X_test,
        recordings.y[validation],
        transformer,
        transformer.transform(X),
        transformer.transform(X_test),
    )


def measure(dataset: str, split: int, variant: str, folder: Path) -> Iterator[Row]:
    """Score a variant on validation subjects: macro-F1, a row for each draw of labels."""
    task = pretrained(dataset, split, folder)
    for labels, draw, rows in label_draws(task.y, DRAWS):
        if variant in LINEAR:
            with ignore_convergence_warnings():
                model = fit_head(variant, task.Z, task.y, rows, task.subject)
            predicted = model.predict(task.Z_test)
        else:
            classifier = make_classifier(variant, task.transformer, split)
            classifier.fit(select(task.X, rows), task.y[rows])
            predicted = classifier.predict(task.X_test)
        score = f1_score(task.y_test, predicted, average="macro")
        yield {"measure": labels, "draw": draw, "value": score}


def make_classifier(
    name: str, transformer: CroSSLTransformer, seed: int
) -> CroSSLClassifier:
    """Make a variant; without calibration, which does not change predicted classes."""
    params = {"calibrate": False, "random_state": seed, **VARIANTS[name]}
    if params.get("pretrain", True):
        return CroSSLClassifier(pretrained=transformer, **params)
    return CroSSLClassifier(CroSSLTransformer(random_state=seed), **params)


def main() -> None:
    """Measure what is missing from the results, and write the tables."""
    names = [*LINEAR, *VARIANTS]
    parser = arguments_parser(__doc__)
    parser.add_argument("--splits", nargs="*", type=int, default=SPLITS)
    parser.add_argument("--variants", nargs="*", choices=names, default=names)
    arguments = parser.parse_args()
    datasets = found(arguments.datasets, arguments.data)
    tasks = [
        {"dataset": dataset, "split": split, "variant": name}
        for split, dataset, name in product(
            arguments.splits, datasets, arguments.variants
        )
    ]
    measured = partial(measure, folder=arguments.data)
    measure_and_report(arguments.out, "search_fine_tuning", tasks, measured, report)


def report(results: pd.DataFrame) -> str:
    """Make a table for each number of labels."""
    texts = []
    for labels in LABELS:
        scores = results[results["measure"] == labels].pivot_table(
            values="value", index="dataset", columns="variant"
        )
        texts.append(table(f"Macro-F1, labels: {labels}", scores, [*LINEAR, *VARIANTS]))
    return "\n\n".join(texts) + "\n"


if __name__ == "__main__":
    main()
