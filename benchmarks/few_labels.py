"""Macro-F1 of the learnt embedding alone over the share of labels, on HAPT.

The six basic activities and the publisher's split, which is by subject. Each method
learns from all training windows without labels; then StandardScaler and
LogisticRegression learn from a stratified share of the labels, at least one window of
each class, drawn five times. The last column removes one sensor at test time from the
classifier with all labels. Scores are means over draws and seeds.

Run ``python -m benchmarks.few_labels --data DIR``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import f1_score

from sklearn_crossl import CroSSLTransformer
from sklearn_crossl.aggregators import SetAggregator
from sklearn_crossl.objectives import VICReg

from .arguments import data_parser
from .hapt import MODALITIES, Data, load_hapt
from .shared import UNTRAINED, fit_classifier, mean_f1

SHARES = (0.002, 0.01, 0.05, 1.0)
OUTPUTS = ("global", "modalities")


def make(**params) -> CroSSLTransformer:
    """Make an estimator of the learnt embedding alone."""
    return CroSSLTransformer(MODALITIES, summary_size=0, **params)


METHODS = {
    "default": make(),
    "untrained": make(**UNTRAINED),
    "mlp aggregator": make(aggregator="mlp"),
    "attention aggregator": make(aggregator="attention"),
    "set with residual MLP": make(aggregator=SetAggregator(hidden_size=256)),
    "covariance 1": make(objective=VICReg(covariance=1.0)),
    "random masking": make(masking="random"),
    "temporal masking": make(masking="temporal"),
    "published": CroSSLTransformer.from_paper(MODALITIES),
}


def few_label_scores(Z, y, Z_test, y_test) -> list[float]:
    """Mean macro-F1 over the draws, for each share of labels."""
    return [mean_f1(Z, y, Z_test, y_test, share) for share in SHARES]


def missing_scores(embedder, data: Data, Z: np.ndarray) -> list[float]:
    """Macro-F1 with each modality removed from the test windows."""
    classifier, scores = fit_classifier(Z, data.y), []
    for channels in MODALITIES.values():
        X = data.X_test.copy()
        X[:, channels] = np.nan
        predicted = classifier.predict(embedder.transform(X))
        scores.append(f1_score(data.y_test, predicted, average="macro"))
    return scores


def run(name: str, data: Data, seeds: Sequence[int]) -> str:
    """Measure one method and return its rows of the table, means over the seeds."""
    found: dict[str, list[list[float]]] = {output: [] for output in OUTPUTS}
    for seed in seeds:
        embedder = METHODS[name].set_params(random_state=seed).fit(data.X)
        for output, of_seeds in found.items():
            embedder.set_params(output=output)
            Z, Z_test = embedder.transform(data.X), embedder.transform(data.X_test)
            scores = few_label_scores(Z, data.y, Z_test, data.y_test)
            of_seeds.append([*scores, *missing_scores(embedder, data, Z)])
    rows = []
    for output, of_seeds in found.items():
        means = np.mean(of_seeds, axis=0)
        cells = [f"{score:.3f}" for score in means[: len(SHARES)]]
        cells.append(" / ".join(f"{score:.2f}" for score in means[len(SHARES) :]))
        rows.append(f"| {name}, {output} ({len(seeds)}) | {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    """Print the table, a row as soon as it is measured."""
    parser = data_parser(__doc__)
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    arguments = parser.parse_args()
    data = load_hapt(arguments.data)
    shares = " | ".join(f"{share:.1%}" for share in SHARES)
    print(f"| method | {shares} | without acc / gyro |")
    print("| --- |" + " --- |" * (len(SHARES) + 1))
    for name in arguments.methods:
        print(run(name, data, arguments.seeds), flush=True)


if __name__ == "__main__":
    main()
