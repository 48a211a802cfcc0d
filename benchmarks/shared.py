"""Draws of labels and of missing sensors, and the linear models of embeddings."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

DRAWS = 5  # of labels
# Steps are too small to change a weight: the encoders stay as they were initialised.
UNTRAINED = {"max_epochs": 1, "lr": 1e-12, "lr_schedule": "constant", "weight_decay": 0.0}


def draw(y: np.ndarray, amount: float, seed: int) -> np.ndarray:
    """Draw a share of each class's rows, one at least; an int is a number of rows."""
    rng = np.random.default_rng(seed)
    rows = []
    for label in np.unique(y):
        of_class = np.flatnonzero(y == label)
        number = amount
        if isinstance(amount, float):
            number = max(1, round(amount * len(of_class)))
        rows.append(rng.choice(of_class, min(number, len(of_class)), replace=False))
    return np.concatenate(rows)


def draw_pairs(n_windows: int, n_modalities: int, share: float, seed: int) -> np.ndarray:
    """Draw a share of the (window, modality) pairs; every window keeps one.

    Returns bool of shape (n_windows, n_modalities).
    """
    rng = np.random.default_rng(seed)
    drawn = np.zeros((n_windows, n_modalities), dtype=bool)
    to_go = round(share * drawn.size)
    for pair in rng.permutation(drawn.size):
        window, modality = divmod(int(pair), n_modalities)
        if to_go and drawn[window].sum() < n_modalities - 1:
            drawn[window, modality] = True
            to_go -= 1
    return drawn


def logistic_regression() -> Pipeline:
    """Make the linear model of embeddings."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


def ridge_classifier() -> Pipeline:
    """Make the linear model of very many features, that of MiniRocket's authors."""
    return make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10)))


def fit_classifier(
    Z: np.ndarray, y: np.ndarray, make: Callable[[], Pipeline] = logistic_regression
) -> Pipeline:
    """Fit a linear model to labelled embeddings."""
    with ignore_convergence_warnings():
        return make().fit(Z, y)


def mean_f1(
    Z: np.ndarray,
    y: np.ndarray,
    Z_test: np.ndarray,
    y_test: np.ndarray,
    amount: float,
    n_draws: int = DRAWS,
    make: Callable[[], Pipeline] = logistic_regression,
) -> float:
    """Mean macro-F1 of a linear model over draws of labels; all labels are one draw."""
    scores = []
    for seed in range(1 if amount == 1.0 else n_draws):
        rows = draw(y, amount, seed)
        predicted = fit_classifier(Z[rows], y[rows], make).predict(Z_test)
        scores.append(f1_score(y_test, predicted, average="macro"))
    return float(np.mean(scores))


@contextmanager
def ignore_convergence_warnings() -> Iterator[None]:
    """Accept a linear model that has not converged, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
