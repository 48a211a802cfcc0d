"""Everybody is held out once, with all labels, to tell whether a gap of a point is real.

Run ``python -m benchmarks.quality.everybody --data DIR --out DIR``. The three splits of
the benchmark test on few people, where a point is soon won or lost. Here the subjects of
a set are parted into eight folds, each the test once, under linear models with their
own penalty and with one that is chosen on training subjects. Defaults were searched on
two thirds of these people, so that this tells of their spread rather than of new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from ..few_labels import whether_it_converges_or_not
from .heads import HEADS, SELF_TRAINING, chosen_by_subject
from .methods import METHODS
from .recordings import arguments_parser, found, load, select
from .report import table
from .resumed import Row, measure_and_report
from .scores import OURS

FOLDS = 8
COMPARED = (OURS, f"{OURS}, subjects", "features", "MiniRocket")


def fold_subjects(subject: np.ndarray, fold: int) -> np.ndarray:
    """Say whom a fold tests on."""
    people = np.random.default_rng(0).permutation(np.unique(subject))
    return np.array_split(people, FOLDS)[fold]


def measure(dataset: str, method: str, fold: int, folder: Path) -> Iterator[Row]:
    """Fit a method to all other subjects: macro-F1, a row for each linear model."""
    X, y, subject, _ = load(dataset, folder)
    test = np.isin(subject, fold_subjects(subject, fold))
    training = np.flatnonzero(~test)
    X_train, people = select(X, training), subject[training]
    embedder = METHODS[method]
    embedder.fit(X_train, fold, people)
    Z, Z_test = embedder.transform(X_train), embedder.transform(select(X, test))
    for head in embedder.heads:
        if head == SELF_TRAINING:
            continue
        models = {
            "its own": (HEADS[head](), {}),
            "by subject": (chosen_by_subject(head), {"groups": people}),
        }
        for penalty, (model, params) in models.items():
            with whether_it_converges_or_not():
                model.fit(Z, y[training], **params)
            value = f1_score(y[test], model.predict(Z_test), average="macro")
            yield {"head": head, "penalty": penalty, "value": value}


def main() -> None:
    """Measure what is missing from the results, and write the tables."""
    parser = arguments_parser(__doc__)
    parser.add_argument("--methods", nargs="*", choices=COMPARED, default=COMPARED)
    parser.add_argument("--folds", nargs="*", type=int, default=range(FOLDS))
    arguments = parser.parse_args()
    datasets = found(arguments.datasets, arguments.data)
    tasks = [
        {"dataset": dataset, "method": method, "fold": fold}
        for dataset, fold, method in product(datasets, arguments.folds, arguments.methods)
    ]
    measured = partial(measure, folder=arguments.data)
    measure_and_report(arguments.out, "everybody", tasks, measured, report)


def report(results: pd.DataFrame) -> str:
    """Make a table of means over folds for each penalty, and one of what ours lacks."""
    texts = []
    for penalty, rows in results.groupby("penalty", sort=False):
        rows = rows.assign(method=rows["method"] + ", " + rows["head"])
        scores = rows.pivot_table(
            values="value", index=["dataset", "fold"], columns="method"
        )
        means = scores.groupby("dataset").mean()
        title = f"Macro-F1, all labels, everybody held out once, penalty: {penalty}"
        texts.append(table(title, means, list(means)))
        if not all(name.startswith(OURS) for name in means):
            texts.append(_behind(scores, means))
    return "\n\n".join(texts) + "\n"


def _behind(scores: pd.DataFrame, means: pd.DataFrame) -> str:
    """Compare ours with the best other, fold by fold: mean and standard error."""
    ours = [name for name in scores if name.startswith(OURS)]
    others = means.drop(columns=ours).idxmax(axis=1)
    lines = [f"| minus the best other | {' | '.join(means.index)} |"]
    lines.append("|" + " --- |" * (1 + len(means)))
    for name in ours:
        cells = []
        for dataset, best in others.items():
            gap = (scores[name] - scores[best]).loc[dataset]
            cells.append(f"{gap.mean():+.4f} ± {gap.sem():.4f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
