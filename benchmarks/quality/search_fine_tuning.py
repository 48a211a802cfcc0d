"""One change of fine-tuning at a time, on subjects that are never tested on.

Run ``python -m benchmarks.quality.search_fine_tuning --data DIR --out DIR``. All variants
start from the same transformer; linear models on its embedding stand beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pandas as pd
from sklearn.metrics import f1_score

from sklearn_crossl import CroSSLClassifier, CroSSLTransformer

from ..few_labels import whether_it_converges_or_not
from .heads import fit_head
from .protocols import LABELS, label_draws
from .recordings import Recordings, arguments_parser, found, load, search_split, select
from .report import table

SPLITS = (0, 1)
DRAWS = 3
KEY = ["dataset", "split", "variant"]

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
    "from scratch, head_lr 1e-2": {"pretrain": False, "lr": 1e-3, "head_lr": 1e-2},
}

Row = dict[str, Any]


def measure(recordings: Recordings, split: int, names: list[str]) -> Iterator[Row]:
    """Score variants on validation subjects: macro-F1, a row for each draw of labels."""
    training, validation = search_split(recordings, split)
    X, y = select(recordings.X, training), recordings.y[training]
    X_test, y_test = select(recordings.X, validation), recordings.y[validation]
    transformer = CroSSLTransformer(random_state=split).fit(X)
    Z, Z_test = transformer.transform(X), transformer.transform(X_test)
    for name in names:
        for labels, draw, rows in label_draws(y):
            if draw >= DRAWS:
                continue
            if name in LINEAR:
                with whether_it_converges_or_not():
                    model = fit_head(name, Z, y, rows, recordings.subject[training])
                predicted = model.predict(Z_test)
            else:
                classifier = make_classifier(name, transformer, split)
                classifier.fit(select(X, rows), y[rows])
                predicted = classifier.predict(X_test)
            score = f1_score(y_test, predicted, average="macro")
            yield {"variant": name, "measure": labels, "draw": draw, "value": score}


def make_classifier(
    name: str, transformer: CroSSLTransformer, seed: int
) -> CroSSLClassifier:
    """Make a variant; a calibrated one predicts the same."""
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
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / "search_fine_tuning.csv"
    results = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=KEY)
    for split, dataset in product(arguments.splits, datasets):
        done = set(results[KEY].itertuples(index=False, name=None))
        left = [n for n in arguments.variants if (dataset, split, n) not in done]
        if left:
            print(dataset, split, *left, sep=", ", flush=True)
            rows = pd.DataFrame(measure(load(dataset, arguments.data), split, left))
            rows = rows.assign(dataset=dataset, split=split)
            results = pd.concat([results, rows]) if len(results) else rows
            results.to_csv(path, index=False)
    (arguments.out / "search_fine_tuning.md").write_text(report(results))


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
