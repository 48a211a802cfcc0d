"""The linear models of embeddings: all that learns from labels.

Logistic regression as it is by default or, with ROCKET-like features, the ridge
classifier that their authors use, with ten penalties to choose from.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import (
    LogisticRegression,
    RidgeClassifier,
    RidgeClassifierCV,
)
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

_FOLDS = 3  # of subjects


def logistic_regression() -> Pipeline:
    """Make the linear model of embeddings."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))


def ridge_classifier() -> Pipeline:
    """Make the linear model of very many features."""
    return make_pipeline(StandardScaler(), RidgeClassifierCV(np.logspace(-3, 3, 10)))


HEADS = {"logistic": logistic_regression, "ridge": ridge_classifier}


def chosen_by_subject(head: str) -> GridSearchCV:
    """Make one whose penalty is what does best on subjects held out.

    ``fit`` is told whose each window is, by ``groups``.
    """
    if head == "logistic":
        model, grid = logistic_regression(), {"logisticregression__C": _decades(-4, 0)}
    else:
        model = make_pipeline(StandardScaler(), RidgeClassifier())
        grid = {"ridgeclassifier__alpha": _decades(0, 5)}
    return GridSearchCV(model, grid, scoring="f1_macro", cv=GroupKFold(_FOLDS))


def _decades(first: int, last: int) -> np.ndarray:
    return np.logspace(first, last, last - first + 1)
