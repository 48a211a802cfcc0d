"""Self-training with other parameters, on subjects that are never tested on.

Run ``python -m benchmarks.quality.self_training --data DIR --out DIR``. The default
transformer gets the subject of each window, and all variants learn from its embedding:
once with all classes of every person, and once with some classes of each person removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.semi_supervised import GroupSelfTrainingClassifier

from ..shared import ignore_convergence_warnings
from .heads import known_labels
from .protocols import label_draws
from .recordings import arguments_parser, found, load, search_split, select
from .report import table
from .resumed import Row, measure_and_report

SPLITS = (0, 1)
FEW = ("3 per class", "1 %", "5 %")
DRAWS = 3
LACKING = 0.4  # of the pairs of a person and a class
COMPLETE, INCOMPLETE = "everybody did everything", "people lack classes"

_MODEL = LogisticRegression(max_iter=300)
_DEFAULT = GroupSelfTrainingClassifier(_MODEL)
VARIANTS: dict[str, Any] = {  # those told whose each window is
    "default": {},
    "one round": {"n_rounds": 1},
    "one round, share 0.3": {"n_rounds": 1, "share": 0.3},
    "four rounds": {"n_rounds": 4},
    "share 0.3": {"share": 0.3},
    "share 1": {"share": 1.0},
    "weights of 1": {"max_weight": 1.0},
    "weights up to 1.4": {"max_weight": 1.4},
    "weights up to 4": {"max_weight": 4.0},
}
OTHERS = {
    "no self-training": _MODEL,
    "all windows as one person's": _DEFAULT,
    "scikit-learn's": SelfTrainingClassifier(_MODEL),
}


def measure(dataset: str, split: int, folder: Path) -> Iterator[Row]:
    """Score each variant on validation subjects: macro-F1, a row for each draw."""
    recordings = load(dataset, folder)
    training, validation = search_split(recordings, split)
    X, y = select(recordings.X, training), recordings.y[training]
    subject, y_test = recordings.subject[training], recordings.y[validation]
    embedder = CroSSLTransformer(random_state=split).fit(X, groups=subject)
    scaler = StandardScaler()
    Z = scaler.fit_transform(embedder.transform(X))
    Z_test = scaler.transform(embedder.transform(select(recordings.X, validation)))
    done = {COMPLETE: np.arange(len(y)), INCOMPLETE: some_classes(y, subject, split)}
    for people, rows in done.items():
        for labels, draw, known in label_draws(y[rows], DRAWS):
            if labels not in FEW:
                continue
            for name, model in _fitted(Z[rows], y[rows], known, subject[rows]):
                score = f1_score(y_test, model.predict(Z_test), average="macro")
                row = {"people": people, "variant": name, "measure": labels}
                yield {**row, "draw": draw, "value": score}


def some_classes(y: np.ndarray, subject: np.ndarray, seed: int) -> np.ndarray:
    """Leave out windows so that people lack classes, but every class remains."""
    rng = np.random.default_rng(seed)
    keep = np.ones(len(y), bool)
    for label in np.unique(y):
        people = np.unique(subject[y == label])
        lacking = people[rng.random(len(people)) < LACKING][: len(people) - 1]
        keep &= ~((y == label) & np.isin(subject, lacking))
    return np.flatnonzero(keep)


def _fitted(
    Z: np.ndarray, y: np.ndarray, rows: np.ndarray, subject: np.ndarray
) -> Iterator[tuple[str, Any]]:
    """Fit each variant to embeddings of which some rows have labels."""
    known = known_labels(y, rows)
    with ignore_convergence_warnings():
        for name, params in VARIANTS.items():
            model = clone(_DEFAULT).set_params(**params)
            yield name, model.fit(Z, known, groups=subject)
        for name, model in OTHERS.items():
            used = rows if model is _MODEL else slice(None)
            yield name, clone(model).fit(Z[used], known[used])


def main() -> None:
    """Measure what is missing from the results, and write the tables."""
    parser = arguments_parser(__doc__)
    parser.add_argument("--splits", nargs="*", type=int, default=SPLITS)
    arguments = parser.parse_args()
    folder = arguments.data
    datasets = found(arguments.datasets, folder)
    tasks = [
        {"dataset": dataset, "split": split}
        for split, dataset in product(arguments.splits, datasets)
    ]
    measured = partial(measure, folder=folder)
    measure_and_report(arguments.out, "self_training", tasks, measured, report)


def report(results: pd.DataFrame) -> str:
    """Make a table for each number of labels, of either kind of people."""
    texts = []
    for people in (COMPLETE, INCOMPLETE):
        for labels in FEW:
            of_both = (results["people"] == people) & (results["measure"] == labels)
            scores = results[of_both].pivot_table(
                values="value", index="dataset", columns="variant"
            )
            title = f"Macro-F1, labels: {labels}, {people}"
            texts.append(table(title, scores, [*VARIANTS, *OTHERS]))
    return "\n\n".join(texts) + "\n"


if __name__ == "__main__":
    main()
