"""One change of the default recipe at a time, on subjects that are never tested on.

Run ``python -m benchmarks.quality.search --data DIR --out DIR``. The table tells what
each change does to the macro-F1 of a logistic regression, and how well measures that
need no labels order the variants: the effective rank and the agreement of clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import f1_score

from sklearn_crossl import CroSSLTransformer, _augmentation
from sklearn_crossl._summary import (
    features,
    fitting,
    kernels,
    learnt,
    mean_shift,
    neighbours,
    noise_whitening,
)
from sklearn_crossl.aggregators import AGGREGATORS, SetAggregator
from sklearn_crossl.encoders import ENCODERS
from sklearn_crossl.inspection import effective_rank
from sklearn_crossl.objectives import OBJECTIVES, InfoNCE, VICReg

from ..shared import fit_classifier
from .protocols import label_draws
from .recordings import arguments_parser, found, load, search_split, select, without
from .resumed import Row, measure_and_report


class Variant(NamedTuple):
    """Parameters of the estimator, and private constants, that differ."""

    params: dict[str, Any] = {}
    constants: tuple[tuple[Any, str, Any], ...] = ()
    by_subject: bool = False  # whether ``fit`` is told whose each window is


STAGES = {"encoder": ENCODERS, "aggregator": AGGREGATORS, "objective": OBJECTIVES}
DEFAULTS = CroSSLTransformer().get_params()
RANK, AGREEMENT = UNLABELLED = ("effective rank", "cluster agreement")
COMPARED = ("3 per class", "1 %")

BARE: dict[str, dict[str, Any]] = {  # changes of what is learnt alone
    **{f"infonce at {t}": {"objective": InfoNCE(t)} for t in (0.1, 0.2, 0.5)},
    "cocoa": {"objective": "cocoa", "output": "modalities"},
    "gmc": {"objective": "gmc", "masking_ratio": 0.0},
    **{name: {"objective": name} for name in ("triplet", "reconstruction")},
    "vicreg with reconstruction": {"objective": VICReg(reconstruction=30.0)},
    "masking ratio 0.1": {"masking_ratio": 0.1},
    "masking ratio 0.5": {"masking_ratio": 0.5},
    "masking ratio 0.9": {"masking_ratio": 0.9},
    "temporal masking": {"masking": "temporal"},
    "random masking": {"masking": "random"},
    "two views": {"n_views": 2},
    "attention": {"aggregator": "attention"},
    "mlp": {"aggregator": "mlp"},
    "covariance 10": {"objective": VICReg(covariance=10.0)},
    "3 epochs": {"max_epochs": 3},
}

VARIANTS = {
    "default": Variant(),
    "subjects": Variant(by_subject=True),
    "no neighbours in the scaling": Variant(
        {}, ((noise_whitening, "_NEIGHBOUR_WEIGHT", 0.0),)
    ),
    "neighbours weigh as much as augmentations": Variant(
        {}, ((noise_whitening, "_NEIGHBOUR_WEIGHT", 1.0),)
    ),
    "twice as many neighbours": Variant({}, ((neighbours, "_NEAR", 0.02),)),
    "no summary": Variant({"summary_size": 0}),
    **{
        f"no summary, {name}": Variant({"summary_size": 0, **params})
        for name, params in BARE.items()
    },
    "summary of 256 units": Variant({"summary_size": 256}),
    "summary of 1024 units": Variant({"summary_size": 1024}),
    "no learnt units": Variant({}, ((learnt, "_SIZE", 1),)),
    "64 learnt units": Variant({}, ((learnt, "_SIZE", 64),)),
    "256 learnt units": Variant({}, ((learnt, "_SIZE", 256),)),
    "random convolutions alone": Variant({}, ((features, "_WEIGHTS", (1.0, 0.0)),)),
    "statistics alone": Variant({}, ((features, "_WEIGHTS", (0.0, 1.0)),)),
    "both weigh the same": Variant({}, ((features, "_WEIGHTS", (1.0, 1.0)),)),
    "no scaling within windows": Variant({}, ((noise_whitening, "_RIDGE", 1e6),)),
    "less regularised scaling": Variant({}, ((noise_whitening, "_RIDGE", 0.1),)),
    "crops alone": Variant({}, ((fitting, "_AUGMENTATIONS", (_augmentation.crop,)),)),
    "warps alone": Variant(
        {}, ((fitting, "_AUGMENTATIONS", (_augmentation.warp_and_scale,)),)
    ),
    "no scaling of channels": Variant({}, ((_augmentation, "_GAIN", 0.0),)),
    "all kernels padded": Variant({}, ((kernels, "_FITTING", 2.0),)),
    "half unpadded if they fit at all": Variant({}, ((kernels, "_FITTING", 1e-6),)),
    "no step to the nearest": Variant({}, ((mean_shift, "_WIDTH", 1e-9),)),
    "nearest weigh more": Variant(
        {}, ((mean_shift, "_MAX_TOTAL_WEIGHT", np.inf), (mean_shift, "_WIDTH", 0.15))
    ),
    "10 nearest": Variant({}, ((mean_shift, "_NEAREST", 10),)),
    "nearest along all axes": Variant({}, ((mean_shift, "_AXES", 512),)),
    "nearest count alike": Variant({}, ((mean_shift, "_WIDTH", 1e6),)),
    "masking ratio 0.1": Variant({"masking_ratio": 0.1}),
    "masking ratio 0.5": Variant({"masking_ratio": 0.5}),
    "masking ratio 0.9": Variant({"masking_ratio": 0.9}),
    "two views": Variant({"n_views": 2}),
    "temporal masking": Variant({"masking": "temporal"}),
    "set with residual MLP": Variant({"aggregator": SetAggregator(hidden_size=256)}),
    "covariance 1": Variant({"objective": VICReg(covariance=1.0)}),
    "vicreg with reconstruction": Variant({"objective": VICReg(reconstruction=30.0)}),
    "20 epochs": Variant({"max_epochs": 20}),
    **{  # every stage with a short name but for the default ones
        name: Variant({role: name})
        for role, registry in STAGES.items()
        for name in registry
        if name != DEFAULTS[role]
    },
}


def measure(dataset: str, variant: str, split: int, folder: Path) -> Iterator[Row]:
    """Pretrain a variant and score it on validation subjects, in one row."""
    recordings = load(dataset, folder)
    training, validation = search_split(recordings, split)
    X, y = select(recordings.X, training), recordings.y[training]
    X_test, y_test = select(recordings.X, validation), recordings.y[validation]
    params, constants, by_subject = VARIANTS[variant]
    with ExitStack() as stack:
        for owner, name, value in constants:
            stack.enter_context(mock.patch.object(owner, name, value))
        embedder = CroSSLTransformer(random_state=split, **params)
        groups = recordings.subject[training] if by_subject else None
        embedder.fit(X, groups=groups)
        Z, Z_test = embedder.transform(X), embedder.transform(X_test)
        incomplete = [embedder.transform(without(X_test, name)) for name in X]
        # Label-free measures are of the validation windows, as in a search.
        unlabelled = {
            RANK: effective_rank(Z_test),
            AGREEMENT: embedder.score(X_test),
        }
    scores: dict[str, list[float]] = {}
    for labels, _, rows in label_draws(y):
        model = fit_classifier(Z[rows], y[rows])
        predicted = model.predict(Z_test)
        scores.setdefault(labels, []).append(f1_score(y_test, predicted, average="macro"))
    missing = [f1_score(y_test, model.predict(Z), average="macro") for Z in incomplete]
    result = {labels: float(np.mean(values)) for labels, values in scores.items()}
    result["one missing"] = float(np.mean(missing))
    yield {**result, **unlabelled}


def main() -> None:
    """Measure what is missing from the results, and print the tables."""
    parser = arguments_parser(__doc__)
    parser.add_argument("--variants", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--splits", nargs="*", type=int, default=[0, 1])
    arguments = parser.parse_args()
    folder = arguments.data
    datasets = found(arguments.datasets, folder)
    tasks = [
        {"dataset": dataset, "variant": name, "split": split}
        for split, name, dataset in product(
            arguments.splits, arguments.variants, datasets
        )
    ]
    measured = partial(measure, folder=folder)
    measure_and_report(arguments.out, "search", tasks, measured, report)


def report(results: pd.DataFrame) -> str:
    """Make a table for each set, and one of rank correlations."""
    lines: list[str] = []
    correlations: list[str] = []
    for dataset, rows in results.groupby("dataset", sort=False):
        mean = rows.groupby("variant", sort=False).mean(numeric_only=True)
        mean = mean.drop(columns="split")
        lines += [f"## {dataset}", "", f"| change | {' | '.join(mean.columns)} |"]
        lines.append("|" + " --- |" * (len(mean.columns) + 1))
        for name, values in mean.iterrows():
            digits = [1 if column == RANK else 3 for column in mean.columns]
            cells = [f"{v:.{d}f}" for v, d in zip(values, digits, strict=True)]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
        correlations += _correlations(str(dataset), mean)
    lines += ["## Spearman's correlation of what needs no labels with macro-F1", ""]
    pairs = [f"{measure}, {labels}" for measure in UNLABELLED for labels in COMPARED]
    lines += [f"| set | variants | number | {' | '.join(pairs)} |"]
    lines.append("|" + " --- |" * (3 + len(pairs)))
    return "\n".join([*lines, *correlations, ""])


def _correlations(dataset: str, mean: pd.DataFrame) -> list[str]:
    """Spearman's, over groups of variants, a row of the table each."""
    bare = mean.index.str.startswith("no summary")
    ratios = mean.index.str.contains("masking ratio")
    groups = {
        "all": mean,
        "with a summary": mean[~bare],
        "no summary": mean[bare],
        "masking ratios, with a summary": mean[ratios & ~bare],
        "masking ratios, no summary": mean[ratios & bare],
    }
    rows = []
    for group, some in groups.items():
        if len(some) < 3:
            continue
        found = [
            f"{spearmanr(some[measure], some[labels]).statistic:.2f}"
            for measure in UNLABELLED
            for labels in COMPARED
        ]
        rows.append(f"| {dataset} | {group} | {len(some)} | {' | '.join(found)} |")
    return rows


if __name__ == "__main__":
    main()
