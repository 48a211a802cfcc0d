"""The protocols: few labels, sensors missing, other seeds, a penalty that was chosen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import f1_score

from ..shared import DRAWS, draw, ignore_convergence_warnings
from .heads import SELF_TRAINING, chosen_by_subject, fit_head
from .recordings import Recordings, Windows, select, test_windows, without, without_pairs
from .resumed import Row

LABELS = {"3 per class": 3, "1 %": 0.01, "5 %": 0.05, "10 %": 0.1, "100 %": 1.0}
HALF = 0.5  # of the (window, modality) pairs that are removed
PROTOCOLS = ("labels", "missing", "seeds", "penalty")
SEEDS = (1, 2)  # beside the first, with all labels
BINS = 15  # of the calibration error
Predict = Callable[[str], np.ndarray]  # classes of a test's windows, by its name


class Parts(NamedTuple):
    """Training windows, their classes and subjects, and the windows tested on."""

    X: Windows
    y: np.ndarray
    subject: np.ndarray
    X_test: Windows
    y_test: np.ndarray


def applies(protocol: str, method: Any) -> bool:
    """Return whether a protocol applies: only linear models have a penalty."""
    return protocol != "penalty" or hasattr(method, "transform")


def run(recordings: Recordings, method: Any, split: int, protocol: str) -> Iterator[Row]:
    """Measure a method on one split: macro-F1 and seconds, a row each."""
    parts = part(recordings, test_windows(recordings, split))
    with_all_labels = {"seeds": _by_seeds, "penalty": _by_penalty}
    if protocol in with_all_labels:
        yield from with_all_labels[protocol](parts, method, split)
        return
    tests = _tests(parts.X_test, protocol)
    if protocol == "missing":
        parts = parts._replace(X=without_pairs(parts.X, HALF, seed=split))
    start = time.perf_counter()
    method.fit(parts.X, split, parts.subject)
    fitted = time.perf_counter()
    yield {"measure": "seconds of fit", "value": fitted - start}
    learner = Learner(method, parts, tests)
    if learner.embeds:
        yield {"measure": "seconds of transform", "value": learner.seconds}

    for head in method.heads:
        for labels, number, rows in label_draws(parts.y):
            start = time.perf_counter()
            classifier, predict = learner.learn(head, rows)
            if not learner.embeds and hasattr(classifier, "predict_proba"):
                error = calibration_error(classifier, parts.X_test, parts.y_test)
                measure = f"{labels} calibration error"
                yield {"measure": measure, "value": error, "draw": number}
            if labels == "100 %":
                seconds = time.perf_counter() - start
                yield {"measure": "seconds of classifier", "value": seconds, "head": head}
            # Sensors are removed at test only for the classifier with all labels.
            complete_only = protocol == "labels" and labels != "100 %"
            for variant in [""] if complete_only else tests:
                score = learner.score(predict, variant)
                measure = f"{labels} {variant}".strip()
                yield {"measure": measure, "value": score, "draw": number, "head": head}


def _tests(X_test: Windows, protocol: str) -> dict[str, Windows]:
    """Make the variants of the test windows, by what their scores are called."""
    if protocol == "missing":
        return {"half missing in training and test": _half(X_test)}
    one = {f"without {name}": without(X_test, name) for name in X_test}
    return {"": X_test, "half missing": _half(X_test), **one}


def _by_seeds(parts: Parts, method: Any, split: int) -> Iterator[Row]:
    """Fit a method to all labels once more for each seed."""
    for number in SEEDS:
        learner = Learner.fit(method, parts, split + 10 * number)
        for head in method.heads:
            _, predict = learner.learn(head, np.arange(len(parts.y)))
            score = learner.score(predict)
            yield {"measure": "100 %", "value": score, "draw": number, "head": head}


def _by_penalty(parts: Parts, method: Any, split: int) -> Iterator[Row]:
    """Fit linear models to all labels, their penalty chosen on training subjects."""
    learner = Learner.fit(method, parts, split)
    for head in learner.supervised_heads:
        score = learner.score(learner.choose_penalty(head))
        yield {"measure": "100 %", "value": score, "head": head}


def part(recordings: Recordings, test: np.ndarray) -> Parts:
    """Split windows, classes and subjects into training and test."""
    training = ~test
    return Parts(
        select(recordings.X, np.flatnonzero(training)),
        recordings.y[training],
        recordings.subject[training],
        select(recordings.X, np.flatnonzero(test)),
        recordings.y[test],
    )


def calibration_error(classifier: Any, X: Windows, y: np.ndarray) -> float:
    """Compute the expected calibration error.

    Windows are binned by the classifier's confidence; in each bin the mean confidence is
    compared with the accuracy.

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


def label_draws(
    y: np.ndarray, n_draws: int = DRAWS
) -> Iterator[tuple[str, int, np.ndarray]]:
    """Draw labelled windows, of each class at least one; all windows once."""
    for labels, amount in LABELS.items():
        for seed in range(1 if amount == 1.0 else n_draws):
            yield labels, seed, draw(y, amount, seed)


class Learner:
    """A fitted method that learns from labels: a linear model on it, or a network.

    Embeddings are computed once.

    Parameters
    ----------
    method : object
        One of the methods, fitted to the training windows.
    parts : Parts
        What it learns from.
    tests : dict of str to Windows
        What it predicts, by name.
    """

    def __init__(self, method: Any, parts: Parts, tests: dict[str, Windows]):
        self.method, self.parts, self.tests = method, parts, tests
        self.embeds = hasattr(method, "transform")
        if self.embeds:
            start = time.perf_counter()
            self.Z = method.transform(parts.X)
            self.seconds = time.perf_counter() - start  # of the training windows
            self.Z_tests = {name: method.transform(X) for name, X in tests.items()}

    @classmethod
    def fit(cls, method: Any, parts: Parts, seed: int) -> Learner:
        """Fit a method to the training windows, and predict those tested on."""
        method.fit(parts.X, seed, parts.subject)
        return cls(method, parts, {"": parts.X_test})

    @property
    def supervised_heads(self) -> list[str]:
        """The method's heads that learn from labelled windows alone."""
        return [head for head in self.method.heads if head != SELF_TRAINING]

    def learn(self, head: str, rows: np.ndarray) -> tuple[Any, Predict]:
        """Learn from labelled rows; return the model and a function that predicts."""
        X, y, subject = self.parts[:3]
        if self.embeds:
            with ignore_convergence_warnings():
                model = fit_head(head, self.Z, y, rows, subject)
            return model, lambda name: model.predict(self.Z_tests[name])
        model = self.method.train(select(X, rows), y[rows])
        predict = getattr(model, "predict", model)
        return model, lambda name: predict(self.tests[name])

    def choose_penalty(self, head: str) -> Predict:
        """Learn from all labels, with the penalty that does best on subjects held out."""
        with ignore_convergence_warnings():
            model = chosen_by_subject(head)
            model.fit(self.Z, self.parts.y, groups=self.parts.subject)
        return lambda name: model.predict(self.Z_tests[name])

    def score(self, predict: Predict, test: str = "") -> float:
        """Compute the macro-F1 of what is predicted of a test."""
        return f1_score(self.parts.y_test, predict(test), average="macro")


def _half(X: Windows) -> Windows:
    return without_pairs(X, HALF, seed=1000)
