"""Each subject is tested on once, to see whether a difference of one point is real.

Run ``python -m benchmarks.quality.everybody --data DIR --out DIR``. The three splits of
the benchmark test on few people, so that a difference of one point may be chance. Here
the subjects of a set are split into eight folds, each of which is tested on once. With
all labels, linear models have their default penalty, and one that is chosen on training
subjects. Defaults were searched on two thirds of these people, so this shows the spread
between people rather than the score on new ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from .methods import METHODS
from .protocols import LABELS, Learner, label_draws, part
from .recordings import arguments_parser, found, load
from .report import table
from .resumed import Row, measure_and_report
from .scores import OURS

FOLDS = 8
COMPARED = (OURS, f"{OURS}, subjects", "features", "MiniRocket", "supervised network")
CHOSEN = "100 %, chosen penalty"


def fold_subjects(subject: np.ndarray, fold: int) -> np.ndarray:
    """Return the test subjects of a fold."""
    people = np.random.default_rng(0).permutation(np.unique(subject))
    return np.array_split(people, FOLDS)[fold]


def measure(dataset: str, method: str, fold: int, folder: Path) -> Iterator[Row]:
    """Fit a method to all other subjects; yield macro-F1, averaged over label draws."""
    recordings = load(dataset, folder)
    people = fold_subjects(recordings.subject, fold)
    parts = part(recordings, np.isin(recordings.subject, people))
    learner = Learner.fit(METHODS[method], parts, fold)
    for head in learner.supervised_heads:
        scores: dict[str, list[float]] = {}
        for labels, _, rows in label_draws(parts.y):
            _, predict = learner.learn(head, rows)
            scores.setdefault(labels, []).append(learner.score(predict))
        if learner.embeds:
            scores[CHOSEN] = [learner.score(learner.choose_penalty(head))]
        for labels, values in scores.items():
            yield {"head": head, "labels": labels, "value": float(np.mean(values))}


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
    """Make a table of means over folds for each share of labels, and of our lead."""
    results = results.assign(method=results["method"] + ", " + results["head"])
    texts = []
    for labels in (*LABELS, CHOSEN):
        rows = results[results["labels"] == labels]
        scores = rows.pivot_table(
            values="value", index=["dataset", "fold"], columns="method"
        )
        means = scores.groupby("dataset").mean()
        title = f"Macro-F1, everybody held out once, labels: {labels}"
        texts.append(table(title, means, list(means)))
        if not all(name.startswith(OURS) for name in means):
            texts.append(_lead(scores, means))
    return "\n\n".join(texts) + "\n"


def _lead(scores: pd.DataFrame, means: pd.DataFrame) -> str:
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
