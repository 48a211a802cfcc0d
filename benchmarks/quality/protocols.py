"""The protocols: few labels, sensors missing, other seeds, a penalty that was chosen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.metrics import f1_score

from ..few_labels import DRAWS, draw, whether_it_converges_or_not
from .heads import SELF_TRAINING, chosen_by_subject, fit_head
from .recordings import Recordings, Windows, select, test_windows, without, without_pairs
from .resumed import Row

LABELS = {"3 per class": 3, "1 %": 0.01, "5 %": 0.05, "10 %": 0.1, "100 %": 1.0}
HALF = 0.5  # of the (window, modality) pairs that are removed
PROTOCOLS = ("labels", "missing", "seeds", "penalty")
SEEDS = (1, 2)  # beside the first, with all labels
BINS = 15  # of the calibration error


def applies(protocol: str, method: Any) -> bool:
    """Tell whether a method can be measured so: a penalty is of linear models alone."""
    return protocol != "penalty" or hasattr(method, "transform")


def run(recordings: Recordings, method: Any, split: int, protocol: str) -> Iterator[Row]:
    """Measure a method on one split: macro-F1 and seconds, a row each."""
    with_all_labels = {"seeds": _by_seeds, "penalty": _by_penalty}
    if protocol in with_all_labels:
        yield from with_all_labels[protocol](recordings, method, split)
        return
    X, y, subject, X_test, y_test = _parts(recordings, split)
    tests = _tests(X_test, protocol)
    if protocol == "missing":
        X = without_pairs(X, HALF, seed=split)
    start = time.perf_counter()
    method.fit(X, split, subject)
    fitted = time.perf_counter()
    yield {"measure": "seconds of fit", "value": fitted - start}
    learner = None
    if hasattr(method, "transform"):
        learner = _Frozen(method, X, tests)
        seconds = learner.seconds
        yield {"measure": "seconds of transform", "value": seconds}

    for head in method.heads:
        for labels, number, rows in label_draws(y):
            start = time.perf_counter()
            if learner is not None:
                predict = learner.classifier(head, y, rows, subject)
            else:
                classifier, predict = _trained(method, select(X, rows), y[rows], tests)
                if hasattr(classifier, "predict_proba"):
                    error = calibration_error(classifier, X_test, y_test)
                    measure = f"{labels} calibration error"
                    yield {"measure": measure, "value": error, "draw": number}
            if labels == "100 %":
                seconds = time.perf_counter() - start
                yield {"measure": "seconds of classifier", "value": seconds, "head": head}
            # What is missing at test alone is asked of the classifier with all labels.
            complete_only = protocol == "labels" and labels != "100 %"
            for variant in [""] if complete_only else tests:
                score = f1_score(y_test, predict(variant), average="macro")
                measure = f"{labels} {variant}".strip()
                yield {"measure": measure, "value": score, "draw": number, "head": head}


def _tests(X_test: Windows, protocol: str) -> dict[str, Windows]:
    """Make the variants of the test windows, by what their scores are called."""
    if protocol == "missing":
        return {"half missing in training and test": _half(X_test)}
    one = {f"without {name}": without(X_test, name) for name in X_test}
    return {"": X_test, "half missing": _half(X_test), **one}


def _by_seeds(recordings: Recordings, method: Any, split: int) -> Iterator[Row]:
    """Fit a method to all labels once more for each seed."""
    X, y, subject, X_test, y_test = _parts(recordings, split)
    tests = {"": X_test}
    for number in SEEDS:
        method.fit(X, split + 10 * number, subject)
        learner = _Frozen(method, X, tests) if hasattr(method, "transform") else None
        for head in method.heads:
            if learner is not None:
                predict = learner.classifier(head, y, np.arange(len(y)), subject)
            else:
                _, predict = _trained(method, X, y, tests)
            score = f1_score(y_test, predict(""), average="macro")
            yield {"measure": "100 %", "value": score, "draw": number, "head": head}


def _by_penalty(recordings: Recordings, method: Any, split: int) -> Iterator[Row]:
    """Fit linear models to all labels, their penalty chosen on training subjects."""
    X, y, subject, X_test, y_test = _parts(recordings, split)
    method.fit(X, split, subject)
    learner = _Frozen(method, X, {"": X_test})
    for head in [head for head in method.heads if head != SELF_TRAINING]:
        with whether_it_converges_or_not():
            model = chosen_by_subject(head).fit(learner.Z, y, groups=subject)
        score = f1_score(y_test, model.predict(learner.Z_tests[""]), average="macro")
        yield {"measure": "100 %", "value": score, "head": head}


def _parts(
    recordings: Recordings, split: int
) -> tuple[Windows, np.ndarray, np.ndarray, Windows, np.ndarray]:
    """Part the windows and their classes by subject: training, then test.

    Returns the subjects of the training windows after their classes.
    """
    test = test_windows(recordings, split)
    training = select(recordings.X, np.flatnonzero(~test))
    known = recordings.y[~test], recordings.subject[~test]
    return (
        training,
        *known,
        select(recordings.X, np.flatnonzero(test)),
        recordings.y[test],
    )


def calibration_error(classifier: Any, X: Windows, y: np.ndarray) -> float:
    """Compute the expected calibration error.

    Windows go into bins by how sure the classifier is of what it says; in each the mean
    of that is compared with how often it is right.

    References
    ----------
    Guo, Pleiss, Sun, Weinberger, "On Calibration of Modern Neural Networks", ICML 2017,
    arXiv:1706.04599, equation 3.
    """
    p = classifier.predict_proba(X)
    right = classifier.classes_[p.argmax(axis=1)] == y
    sure = p.max(axis=1)
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [(right[bins == b].sum() - sure[bins == b].sum()) for b in range(BINS)]
    return float(np.abs(gaps).sum() / len(y))


def label_draws(y: np.ndarray) -> Iterator[tuple[str, int, np.ndarray]]:
    """Draw labelled windows, of each class at least one; all windows once."""
    for labels, amount in LABELS.items():
        for seed in range(1 if amount == 1.0 else DRAWS):
            yield labels, seed, draw(y, amount, seed)


class _Frozen:
    """Embeddings, computed once, and linear models on them."""

    def __init__(self, method: Any, X: Windows, tests: dict[str, Windows]):
        start = time.perf_counter()
        self.Z = method.transform(X)
        self.seconds = time.perf_counter() - start  # of the training windows
        self.Z_tests = {name: method.transform(X) for name, X in tests.items()}

    def classifier(
        self, head: str, y: np.ndarray, rows: np.ndarray, subject: np.ndarray
    ) -> Callable[[str], np.ndarray]:
        """Fit a linear model; returns what predicts a test by its name."""
        with whether_it_converges_or_not():
            model = fit_head(head, self.Z, y, rows, subject)
        return lambda variant: model.predict(self.Z_tests[variant])


def _trained(
    method: Any, X: Windows, y: np.ndarray, tests: dict[str, Windows]
) -> tuple[Any, Callable[[str], np.ndarray]]:
    """Train a method that learns from labels; returns it, and what predicts a test."""
    classifier = method.classifier(X, y)
    predict = getattr(classifier, "predict", classifier)
    return classifier, lambda variant: predict(tests[variant])


def _half(X: Windows) -> Windows:
    return without_pairs(X, HALF, seed=1000)
