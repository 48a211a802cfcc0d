"""A grid search over recordings of several rates.

Each set goes in as a mapping of its modalities, each with its own number of timepoints.
The pipeline is searched over the masking ratio by ``GridSearchCV`` in two processes,
folds by subject, pretraining inside each training fold. For comparison, the score of
always predicting the most frequent class. Run ``python -m benchmarks.several_rates --data
DIR``.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from skorch.helper import SliceDict

from sklearn_crossl import CroSSLTransformer

from .arguments import data_parser
from .quality.recordings import found

SETS = {"emg_lower_limb": "y", "utd_mhad": "y", "stress_predict": "y_stress"}
RATIOS = [0.3, (0.1, 0.9)]
EPOCHS = 10
FOLDS = GroupKFold(3)  # by subject


def load(path: Path, target: str) -> tuple[SliceDict, np.ndarray, np.ndarray, str]:
    """Read the modalities, the labels, the subjects, and what the rates are."""
    with np.load(path) as data:
        names = [str(name) for name in data["modalities"]]
        X = SliceDict(**{name: data[f"x_{name}"].astype(np.float32) for name in names})
        pairs = zip(names, data["rate"], strict=True)
        forms = [f"{n} {X[n].shape[1]}x{X[n].shape[2]} @ {rate:g}" for n, rate in pairs]
        return X, data[target], data["subject"], ", ".join(forms)


def search(X: SliceDict, y: np.ndarray, subject: np.ndarray) -> GridSearchCV:
    """Search the masking ratio."""
    steps = [
        ("crossl", CroSSLTransformer(max_epochs=EPOCHS, summary_size=0, random_state=0)),
        ("scale", StandardScaler()),
        ("classify", LogisticRegression(max_iter=1000)),
    ]
    grid = {"crossl__masking_ratio": RATIOS}
    how = {"scoring": "f1_macro", "cv": FOLDS, "n_jobs": 2}
    grid_search = GridSearchCV(Pipeline(steps), grid, **how)
    return grid_search.fit(X, y, groups=subject)


def main() -> None:
    """Print a row for each set."""
    folder = data_parser(__doc__).parse_args().data
    print("| set | modalities (channels x timepoints @ Hz) | macro-F1 | guessing | s |")
    print("| --- | --- | --- | --- | --- |")
    for name in found(tuple(SETS), folder):
        X, y, subject, forms = load(folder / f"{name}.npz", SETS[name])
        start = time.perf_counter()
        searched = search(X, y, subject)
        seconds = time.perf_counter() - start
        blind = np.zeros((len(y), 1))
        how = {"groups": subject, "cv": FOLDS, "scoring": "f1_macro"}
        guess = cross_val_score(DummyClassifier(), blind, y, **how)
        scores = f"{searched.best_score_:.3f} | {guess.mean():.3f} | {seconds:.0f}"
        print(f"| {name} | {forms} | {scores} |", flush=True)


if __name__ == "__main__":
    main()
